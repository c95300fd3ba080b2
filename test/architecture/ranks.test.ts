import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/** Who may import whom: a folder imports itself and folders of a lower rank. */
const ranks: Record<string, number> = {
  protocol: 0,
  call: 1,
  config: 1,
  stores: 1,
  dialects: 2,
  models: 2,
  secrets: 2,
  telemetry: 2,
  inbound: 3,
  providers: 3,
  routing: 4,
  admission: 4,
  cache: 4,
  ledger: 4,
  plugins: 4,
  gateway: 5,
  server: 6,
  daemon: 7,
  cli: 8,
  /** `main.ts` and `index.ts`. */
  '': 9,
};

const importPattern =
  /\b(?:import|export)\s+(?<type>type\b)?[^'";]*?\bfrom\s*'(?<from>[^']+)'|\bimport\s*\(\s*'(?<dynamic>[^']+)'|\bimport\s+'(?<bare>[^']+)'/g;

const root = fileURLToPath(new URL('../../src/', import.meta.url));
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.ts'))
  .map((path) => readSource(path));
const sources = files.filter(({ path }) => !path.endsWith('.test.ts'));

interface Import {
  /** As it is written. */
  from: string;
  /** The path below `src/` that a relative import leads to. */
  path: string | undefined;
  typesOnly: boolean;
}

interface Source {
  path: string;
  folder: string;
  text: string;
  /** Without comments. */
  code: string;
  lines: number;
  imports: Import[];
}

function readSource(path: string): Source {
  const text = readFileSync(join(root, path), 'utf8');
  const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '$1');
  const imports = [...code.matchAll(importPattern)].map(({ groups }): Import => {
    const from = groups!.from ?? groups!.dynamic ?? groups!.bare!;
    const target = from.startsWith('.')
      ? relative(root, join(root, dirname(path), from)).replaceAll('\\', '/')
      : undefined;
    return { from, path: target, typesOnly: groups!.type !== undefined };
  });
  return { path, folder: folderOf(path), text, code, lines: text.split('\n').length - 1, imports };
}

function folderOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : '';
}

/** What each of these files imports that satisfies the condition, as `file -> import`. */
function importsWhere(among: readonly Source[], condition: (entry: Import, source: Source) => boolean): string[] {
  return among.flatMap((source) =>
    source.imports.filter((entry) => condition(entry, source)).map(({ from }) => `${source.path} -> ${from}`),
  );
}

/** The places where the code of these files matches, as `file: match`. */
function matchesOf(among: readonly Source[], pattern: RegExp): string[] {
  return among.flatMap(({ path, code }) => [...code.matchAll(pattern)].map(([match]) => `${path}: ${match.trim()}`));
}

describe('the house', () => {
  it('is not empty, and every folder in it has a rank', () => {
    expect(sources.length).toBeGreaterThan(50);
    expect([...new Set(sources.map(({ folder }) => folder))].filter((folder) => ranks[folder] === undefined)).toEqual(
      [],
    );
  });

  it('imports only downwards', () => {
    const upwards = importsWhere(sources, ({ path }, { folder }) => {
      if (path === undefined || folderOf(path) === folder) return false;
      return ranks[folderOf(path)]! >= ranks[folder]!;
    });
    expect(upwards).toEqual([]);
  });

  it('imports nothing from outside of src but packages, and of the tests nothing at all', () => {
    const strange = importsWhere(sources, ({ path }) => {
      return path !== undefined && (path.startsWith('..') || path.endsWith('.test.ts'));
    });
    expect(strange).toEqual([]);
  });

  it('has no file that needs itself through others', () => {
    const needs = new Map(
      sources.map(({ path, imports }) => [
        path,
        imports.filter(({ typesOnly }) => !typesOnly).map((entry) => entry.path),
      ]),
    );
    expect(cyclesIn(needs)).toEqual([]);
  });

  it('reads the environment in config/env.ts alone', () => {
    const readers = sources.filter(({ code }) => /\bprocess\s*\.\s*env\b|\bprocess\[/.test(code));
    expect(readers.map(({ path }) => path)).toEqual(['config/env.ts']);
  });

  it('talks to upstreams in providers/transport.ts alone, and serves in server/', () => {
    const network = importsWhere(sources, ({ from, typesOnly }, { path, folder }) => {
      if (typesOnly || !/^(node:)?(https?|http2|net|tls|dgram)$|^undici\b/.test(from)) return false;
      // The commands and the daemon ask the router that runs.
      return !['server', 'daemon', 'cli'].includes(folder) && path !== 'providers/transport.ts';
    });
    expect(network).toEqual([]);
    const fetching = sources.filter(({ folder, code }) => {
      return !['daemon', 'cli'].includes(folder) && /(?<![.\w])fetch\s*\(/.test(code);
    });
    expect(fetching.map(({ path }) => path)).toEqual([]);
  });

  it('keeps wire formats and the protocol pure: no I/O, no clock, no randomness', () => {
    const pure = sources.filter(({ folder }) => ['dialects', 'inbound', 'protocol'].includes(folder));
    const impure = /^(node:)?(fs|net|tls|dgram|https?|http2|child_process|cluster|worker_threads|os|timers|dns)\b/;
    expect(importsWhere(pure, ({ from }) => impure.test(from))).toEqual([]);
    const clocks =
      /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\brandom(Bytes|UUID|Int)\b|\bperformance\.now\b|\bset(Timeout|Interval)\b/g;
    expect(matchesOf(pure, clocks)).toEqual([]);
  });

  it('keeps routing decisions pure: no I/O, no clock, no randomness', () => {
    const pure = sources.filter(({ folder }) => folder === 'routing');
    expect(importsWhere(pure, ({ from }) => /^node:(?!crypto|util)/.test(from))).toEqual([]);
    expect(matchesOf(pure, /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bset(Timeout|Interval)\b/g)).toEqual([]);
  });

  it('keeps SQL in ledger/ and Redis in stores/redis.ts', () => {
    const databases = importsWhere(sources, ({ from }, { path, folder }) => {
      if (/redis/.test(from) && !from.startsWith('.')) return path !== 'stores/redis.ts';
      return /^(pg|postgres|node:sqlite|@photostructure\/sqlite)$/.test(from) && folder !== 'ledger';
    });
    expect(databases).toEqual([]);
  });

  it('loops over targets in gateway/try-targets.ts alone', () => {
    const loops = sources.filter(
      ({ folder, code }) => folder === 'gateway' && /for\s*\([^)]*\bof\s+[\w.#]*targets\b/.test(code),
    );
    expect(loops.map(({ path }) => path)).toEqual(['gateway/try-targets.ts']);
  });
});

describe('every file', () => {
  it('is typed: no any, and no complaint silenced', () => {
    expect(matchesOf(files, /(?<=[:<(,|&]\s*|\bas\s+|\bextends\s+)\bany\b(?=\s*[>,;)=|&{[\]]|\s*$)/gm)).toEqual([]);
    const silenced = files.filter(({ text }) =>
      /@ts-(ignore|expect-error|nocheck)|biome-ignore|eslint-disable/.test(text),
    );
    expect(silenced.map(({ path }) => path)).toEqual([]);
  });

  it('is at most 400 lines long', () => {
    expect(sources.filter(({ lines }) => lines > 400).map(({ path, lines }) => `${path}: ${lines}`)).toEqual([]);
  });

  it('is not called after nothing in particular', () => {
    expect(
      files
        .map(({ path }) => path)
        .filter((path) => /(^|\/)(utils?|helpers?|managers?|misc|common)(\/|\.|$)/.test(path)),
    ).toEqual([]);
  });

  it('is not skipped or run alone', () => {
    expect(matchesOf(files, /\b(it|test|describe)\.(skip|only|todo)\b/g)).toEqual([]);
  });
});

/** Cycles in the graph, each told once, as `a -> b -> a`. */
function cyclesIn(needs: ReadonlyMap<string, readonly (string | undefined)[]>): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start !== -1) found.push([...trail.slice(start), path].join(' -> '));
    if (start !== -1 || done.has(path)) return;
    for (const next of needs.get(path) ?? []) if (next !== undefined) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of needs.keys()) visit(path, []);
  return found;
}
