import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import { beforeAll, describe, expect, it } from 'vitest';
import { describedProgram } from '../../src/cli/program.ts';
import { environmentFrom } from '../../src/config/env.ts';
import { assemble } from '../../src/daemon/assemble.ts';
import { findModel } from '../../src/models/catalog.ts';
import { parseCatalog } from '../../src/models/catalog-file.ts';
import { compileExpression, isExpressionProblem } from '../../src/routing/expression.ts';
import { readRoutingTests } from '../../src/routing/test-file.ts';
import { type Block, madeUpKeys, type Page, readPages, root } from './pages.ts';

const pages = readPages();
const blocks = pages.flatMap((page) => page.blocks);
const inLanguage = (language: string) => blocks.filter((block) => block.language === language);
const named = (chosen: readonly Block[]) => chosen.map((block) => [block.place, block] as const);

describe('the blocks of the pages', () => {
  it('are of kinds that are tested', () => {
    const known: Record<string, readonly string[]> = {
      sh: ['norun', 'keys'],
      json: ['claude-settings', 'earlier', 'catalogue'],
      js: [],
      jsonc: [],
      cel: [],
      text: [],
    };
    const kinds = blocks.filter(({ language }) => language !== 'yaml' && language !== 'ts');
    const strange = kinds.filter(({ language, info }) => !info.every((word) => known[language]?.includes(word)));
    expect([...kinds.filter(({ language }) => !(language in known)), ...strange].map(({ place }) => place)).toEqual([]);
  });

  it.each(named([...inLanguage('json').filter(({ info }) => info.length === 0), ...inLanguage('jsonc')]))(
    'load as a configuration, without a warning and with every model ready: %s',
    async (_, { text, language }) => {
      const folder = mkdtempSync(join(tmpdir(), 'router-docs-'));
      // Programs of the user's that the block names are there, and do nothing.
      for (const [, file] of text.matchAll(/"\.\/([\w-]+\.mjs)"/g)) {
        writeFileSync(join(folder, file!), 'export default class { onRequest() {} transformResponse() {} }');
      }
      // A part of a file, with comments, stands without the braces of the whole, and with the demo model.
      const isPart = language === 'jsonc';
      const environment = environmentFrom({ ...(isPart ? {} : madeUpKeys), HOME: folder, AWS_REGION: 'us-east-1' });
      for (const [, file] of text.matchAll(/"\.\/([\w-]+\.mjs)"/g)) writeFileSync(join(folder, file!), anyExtension);
      const configText = { text: isPart ? `{ ${text}\n}` : text, format: 'json' as const, directory: folder };
      const assembly = await assemble({ configText, environment });
      await assembly.transport.destroy();
      rmSync(folder, { recursive: true });
      expect(assembly.warnings).toEqual([]);
      const problems = assembly.registry.targets.filter(
        ({ problem, provider }) => problem && !needsLogin.has(provider),
      );
      expect(problems.map(({ name, problem }) => `${name}: ${problem}`)).toEqual([]);
    },
  );

  it.each(named(inLanguage('json').filter(({ info }) => info.includes('claude-settings'))))(
    'are settings that Claude Code knows: %s',
    (_, { text }) => {
      const settings = JSON.parse(text) as Record<string, unknown>;
      expect(['env', 'apiKeyHelper', 'statusLine']).toEqual(expect.arrayContaining(Object.keys(settings)));
    },
  );

  it.each(named(inLanguage('json').filter(({ info }) => info.includes('catalogue'))))(
    'are catalogues: %s',
    (_, { text }) => {
      const { providers } = parseCatalog(text);
      const named = Object.entries(providers).flatMap(([type, { models }]) =>
        Object.keys(models).map((id) => [type, id]),
      );
      expect(named.filter(([type, id]) => findModel(type!, id!) === undefined)).toEqual([]);
    },
  );

  it.each(named(inLanguage('cel')))('are expressions that can be checked: %s', (_, { text }) => {
    const problems = text.split('\n').filter((line) => isExpressionProblem(compileExpression(line)));
    expect(problems).toEqual([]);
  });

  it.each(named(inLanguage('yaml').filter(({ text }) => text.includes('expect:'))))(
    'are routing tests: %s',
    (_, { text }) => {
      expect(readRoutingTests(text).length).toBeGreaterThan(0);
    },
  );

  it('show a routing function that works', async () => {
    const { text } = inLanguage('js').find((block) => block.text.includes('routing.router'))!;
    const folder = mkdtempSync(join(tmpdir(), 'router-docs-'));
    writeFileSync(join(folder, 'choose.mjs'), text);
    type Choose = (request: { body: { messages: unknown[] } }, facts: { text: string }) => string | undefined;
    const { default: choose } = (await import(pathToFileURL(join(folder, 'choose.mjs')).href)) as { default: Choose };
    rmSync(folder, { recursive: true });
    const asked = { body: { messages: [] } };
    expect([choose(asked, { text: 'a legal matter' }), choose(asked, { text: 'hello' })]).toEqual([
      'claude-opus-5-5',
      undefined,
    ]);
  });
});

/** A file that is a plugin and a transformer, and changes nothing. */
const anyExtension = 'export default { onRequest() {}, transform: (value) => value };';

/** Clouds whose credential is a file of the machine. */
const needsLogin = new Set(['vertex']);

describe('the links of the pages', () => {
  const links = pages.flatMap(({ name, text }) =>
    [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => [`${name}: ${target}`, name, target!] as const),
  );
  it.each(links.filter(([, , target]) => !/^[a-z]+:/.test(target)))('%s leads somewhere', (_, name, target) => {
    const [file = '', anchor] = target.split('#');
    const path = file === '' ? join(root, name) : join(root, dirname(name), file);
    expect(existsSync(path), path).toBe(true);
    if (anchor !== undefined) expect(anchorsOf(readFileSync(path, 'utf8'))).toContain(anchor);
  });
});

/** What stands in code: in blocks of commands, and between backquotes. */
function codeOf({ text, blocks: all }: Page): string[] {
  const inline = [...prose(text).matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!);
  return [...all.filter(({ language }) => language === 'sh').map((block) => block.text), ...inline];
}

function prose(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```$/gm, '');
}

/** The anchors that GitHub gives headings. */
function anchorsOf(text: string): string[] {
  return [...prose(text).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(/\s/g, '-'),
  );
}

describe('the commands of the pages', () => {
  const mentions = pages
    .filter(({ name }) => name !== 'docs/cli.md')
    .flatMap((page) =>
      codeOf(page).flatMap((code) =>
        [...code.matchAll(/(?:^|[(>"|] ?)router ([a-z]+)([^\n]*)/gm)].map(([whole, command, rest]) => ({
          ...{ place: `${page.name}: ${whole.trim()}`, command: command!, rest: rest!.replace(/ -- .*| [|#;>].*/, '') },
        })),
      ),
    );
  let program: Command;
  beforeAll(async () => {
    program = await describedProgram();
  });
  const find = (name: string, within = program) => within.commands.find((command) => command.name() === name);

  it('are many', () => expect(mentions.length).toBeGreaterThan(40));

  it('are there, with the options that stand with them', () => {
    const wrong = mentions.filter(({ command: name, rest }) => {
      const command = find(name);
      if (!command) return true;
      const [, subName] = /^ ([a-z]+)\b/.exec(rest) ?? [];
      const inner = subName === undefined ? undefined : find(subName, command);
      const options = [...command.options, ...(inner?.options ?? [])].flatMap(({ long, short }) => [long, short]);
      const given = [...rest.replaceAll(/'[^']*'|"[^"]*"/g, '').matchAll(/ (--?[a-z][a-z-]*)/g)];
      return (
        (command.commands.length > 0 && subName !== undefined && !inner) ||
        !given.every(([, flag]) => options.includes(flag))
      );
    });
    expect(wrong.map(({ place }) => place)).toEqual([]);
  });
});
