import { existsSync, readFileSync } from 'node:fs';
import { dirname, extname, resolve } from 'node:path';
import { editConfig, writeConfigFile } from '../config/edit.ts';
import { loadConfig, readSource } from '../config/load.ts';
import { resolvePaths } from '../config/paths.ts';
import { ConfigError } from '../config/problems.ts';
import type { Config } from '../config/schema.ts';
import { masterKeysOf } from '../daemon/assemble.ts';
import { checkConfig } from '../daemon/check-config.ts';
import { readRunState } from '../daemon/run-state.ts';
import { SecretBox } from '../secrets/secret-box.ts';
import type { CommandContext } from './command.ts';

export type ConfigPath = (string | number)[];

/** The configuration that commands read and change: that of the running router, else the one a new router would take. */
export function configFileOf({ environment }: CommandContext, given?: string): string {
  if (given !== undefined) return resolve(given);
  const paths = resolvePaths(environment);
  const running = readRunState(paths.pidFile)?.configFile ?? undefined;
  return resolve(running ?? environment.router.config ?? paths.configFile);
}

/** The configuration as written, variables as their names; undefined where there is no file. Throws ConfigError where it can't be read. */
export async function readWritten(file: string): Promise<unknown> {
  return existsSync(file) ? (await readSource({ path: file })).read.value : undefined;
}

/** The configuration as a router takes it, with variables and encrypted values in place; undefined where there is no file. Throws ConfigError. */
export async function readConfig(file: string, { environment }: CommandContext): Promise<Config | undefined> {
  if (!existsSync(file)) return undefined;
  const box = new SecretBox(masterKeysOf(environment, resolvePaths(environment)), Date.now);
  return (await loadConfig({ path: file, environment, openValue: (sealed) => box.openText(sealed) })).config;
}

/** One change: the value at a path; undefined removes it. */
export interface ConfigChange {
  path: ConfigPath;
  value: unknown;
}

/**
 * Makes the changes in the file, comments and all else left as they are, where the result is a configuration that can be
 * used. Throws ConfigError, and leaves the file alone, where it is not.
 */
export async function changeConfig(
  file: string,
  changes: readonly ConfigChange[],
  context: CommandContext,
): Promise<void> {
  let text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  for (const { path, value } of changes) text = await editConfig(file, text, path, value);
  const format = ['.yaml', '.yml'].includes(extname(file).toLowerCase()) ? 'yaml' : 'json';
  const { environment } = context;
  try {
    await checkConfig({ text, format, directory: dirname(file), environment });
  } catch (error) {
    if (error instanceof ConfigError)
      throw new ConfigError(`${file} with this change; it was left as it is`, error.problems);
    throw error;
  }
  writeConfigFile(file, text);
}

/** `routing.defaultModel`, `models."gpt-4.1".provider`: the parts of a path, where quotes or brackets keep dots. */
export function parsePath(text: string, written: unknown): ConfigPath {
  const path: ConfigPath = [];
  let rest = text;
  let holder = written;
  while (rest !== '') {
    const { key, length } = nextKey(rest, holder);
    path.push(Array.isArray(holder) && /^\d+$/.test(key) ? Number(key) : key);
    holder = childOf(holder, key);
    rest = rest.slice(length).replace(/^\./, '');
  }
  return path;
}

/** The value at a path; undefined where there is none. */
export function valueAt(value: unknown, path: ConfigPath): unknown {
  return path.reduce((holder: unknown, key) => childOf(holder, key), value);
}

/** The next part: quoted, in brackets, the longest name that stands there, or up to the next dot. */
function nextKey(rest: string, holder: unknown): { key: string; length: number } {
  const quoted = /^(?:"([^"]*)"|'([^']*)'|\[(?:"([^"]*)"|'([^']*)'|(\d+))\])/.exec(rest);
  if (quoted) return { key: quoted.slice(1).find((part) => part !== undefined)!, length: quoted[0].length };
  const known = Object.keys(typeof holder === 'object' && holder !== null ? holder : {})
    .filter((name) => rest === name || rest.startsWith(`${name}.`))
    .sort((a, b) => b.length - a.length)[0];
  const key = known ?? /^[^.[]+/.exec(rest)?.[0] ?? rest;
  return { key, length: key.length };
}

function childOf(holder: unknown, key: string | number): unknown {
  if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, key)) return undefined;
  return (holder as Record<string | number, unknown>)[key];
}
