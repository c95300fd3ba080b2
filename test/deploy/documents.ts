import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import type { z } from 'zod';

/** The root of the repository. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/** The text of a file, by its path from the root. */
export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** The files in a folder and below it, by their path from the root. */
export function filesIn(folder: string, ending: RegExp): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => `${folder}/${path.replaceAll('\\', '/')}`)
    .filter((path) => ending.test(path))
    .sort();
}

/** The documents of a text in YAML; throws where it is none, or names a key twice. */
export function documentsOf(text: string): Record<string, unknown>[] {
  const documents = parseAllDocuments(text, { uniqueKeys: true });
  return [...documents].map((document) => {
    if (document.errors[0]) throw document.errors[0];
    return document.toJS() as Record<string, unknown>;
  });
}

/** What the schema finds wrong with a document, as `path: message`. */
export function problemsOf(document: unknown, schema: z.ZodType): string[] {
  const { error } = schema.safeParse(document);
  return error ? error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) : [];
}

/**
 * The keys of a document, as paths, that could be misspelt without the schema's saying so. Maps whose keys are free are
 * named by their last part.
 */
export function unguardedKeys(document: unknown, schema: z.ZodType, free: ReadonlySet<string>): string[] {
  return keyPaths(document, free)
    .filter((path) => schema.safeParse(withMisspelt(document, path)).success)
    .map((path) => path.join('.'));
}

type Path = readonly (string | number)[];

function keyPaths(value: unknown, free: ReadonlySet<string>, path: Path = []): Path[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => keyPaths(item, free, [...path, index]));
  if (typeof value !== 'object' || value === null || free.has(String(path.at(-1)))) return [];
  return Object.entries(value).flatMap(([key, item]) => [[...path, key], ...keyPaths(item, free, [...path, key])]);
}

function withMisspelt(value: unknown, [first, ...rest]: Path): unknown {
  if (Array.isArray(value)) return value.map((item, index) => (index === first ? withMisspelt(item, rest) : item));
  return Object.fromEntries(
    Object.entries(value as object).map(([key, item]) => {
      if (key !== first) return [key, item];
      return rest.length === 0 ? [`${key}z`, item] : [key, withMisspelt(item, rest)];
    }),
  );
}
