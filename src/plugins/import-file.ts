import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/** How long a file may take to load, in milliseconds. */
const limitMs = 10_000;

/** Tells one state of a file from the next. Throws where there is no such file. */
export function fileVersion(file: string): number {
  return statSync(file).mtimeMs;
}

/** What a file of JavaScript exports, by name, ESM or CommonJS; loaded anew when it has changed. Throws what it throws. */
export async function importFile(file: string): Promise<Record<string, unknown>> {
  const version = fileVersion(file);
  // What was CommonJS is remembered by its name alone.
  delete createRequire(import.meta.url).cache[file];
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it is not loaded after ${limitMs} ms`)), limitMs);
  });
  try {
    const loading = import(`${pathToFileURL(file).href}?version=${version}`) as Promise<Record<string, unknown>>;
    return await Promise.race([loading, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * What a file may be meant to give, likeliest first: what it exports by a usual name, as default, or alone. CommonJS may hold
 * all of that in its default export.
 */
export function mainExports(module: Record<string, unknown>, usualName?: string): unknown[] {
  const inner = isRecord(module.default) ? module.default : {};
  const named = usualName === undefined ? [] : [module[usualName], inner[usualName]];
  return [...named, module.default, inner.default, onlyOne(module), onlyOne(inner)].filter(
    (value) => value !== undefined,
  );
}

function onlyOne(record: Record<string, unknown>): unknown {
  const names = Object.keys(record).filter((name) => name !== 'module.exports' && name !== '__esModule');
  return names.length === 1 ? record[names[0]!] : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
