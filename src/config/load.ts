import { readFileSync } from 'node:fs';
import { dirname, extname, resolve } from 'node:path';
import type { Environment } from './env.ts';
import { problemsOf } from './issues.ts';
import { ConfigError, type ConfigProblem } from './problems.ts';
import { type Config, configSchema } from './schema.ts';
import { readJson, readYaml, type Source } from './source.ts';
import {
  type MissingVariable,
  type OpenValue,
  type Substituted,
  substitute,
  type UnopenedValue,
} from './substitute.ts';

export { ConfigError, type ConfigProblem, problemText } from './problems.ts';

type ConfigPlace = { path: string; text?: string } | { text: string; format: 'json' | 'yaml'; directory: string };

export type ConfigSource = ConfigPlace & {
  environment: Environment;
  /** Without it encrypted values stay as they are written. */
  openValue?: OpenValue;
};

export interface LoadedConfig {
  config: Config;
  /** The file, absolute; undefined for a text. */
  path?: string;
  /** What relative paths in it are relative to. */
  directory: string;
  warnings: string[];
  /** Variables that are not set: an error only for what uses them. */
  missingVariables: MissingVariable[];
  /** Encrypted values whose key is not here: an error only for what uses them. */
  unopened: UnopenedValue[];
  /** What the user wrote, variables filled in, without defaults. */
  written: unknown;
  /** Line and column of a path in the text. */
  place: Source['place'];
}

/** Reads, fills in and checks a configuration. Throws ConfigError with everything that is wrong. */
export async function loadConfig(source: ConfigSource): Promise<LoadedConfig> {
  const { name, directory, read } = await readSource(source);
  const filled = substitute(read.value, source.environment, source.openValue);
  if (filled.broken.length > 0) {
    const told = filled.broken.map(({ path, reason }) => ({
      path,
      message: `the encrypted value can't be used: ${reason}`,
    }));
    throw new ConfigError(
      name,
      told.map((problem) => ({ ...problem, ...read.place(problem.path.split('.')) })),
    );
  }
  const { config, problems } = check(filled);
  if (config === undefined) {
    throw new ConfigError(
      name,
      problems.map((problem) => ({ ...problem.told, ...read.place(problem.path) })),
    );
  }
  return {
    config,
    ...('path' in source ? { path: resolve(source.path) } : {}),
    directory,
    warnings: [],
    missingVariables: filled.missing,
    unopened: filled.unopened,
    written: filled.value,
    place: read.place,
  };
}

/** A configuration as it is written, whatever of it can be used. Throws ConfigError where it is no object. */
export async function readSource(source: ConfigPlace): Promise<{ name: string; directory: string; read: Source }> {
  const { text, name, isYaml, directory } = open(source);
  const read = isYaml ? await readYaml(text) : readJson(text);
  if (read.problems.length > 0) throw new ConfigError(name, read.problems);
  if (typeof read.value !== 'object' || read.value === null || Array.isArray(read.value)) {
    throw new ConfigError(name, [{ path: '', message: 'the configuration must be an object: { … }' }]);
  }
  return { name, directory, read };
}

interface Checked {
  config: Config | undefined;
  problems: { path: readonly PropertyKey[]; told: ConfigProblem }[];
}

/** A number or a switch may come from a variable, which holds text: it is then read as what the schema wants. */
function check(filled: Substituted): Checked {
  const first = configSchema.safeParse(filled.value);
  if (first.success) return { config: first.data, problems: [] };
  const problems = problemsOf(first.error, filled);
  const convertible = problems.filter(({ path }) => filled.paths.has(path.join('.')));
  if (convertible.length === 0) return { config: undefined, problems };
  const value = structuredClone(filled.value);
  for (const { path } of convertible) convert(value, path);
  const second = configSchema.safeParse(value);
  if (second.success) return { config: second.data, problems: [] };
  return { config: undefined, problems: problemsOf(second.error, { ...filled, value }) };
}

function convert(value: unknown, path: readonly PropertyKey[]): void {
  const holder = path.slice(0, -1).reduce<unknown>((part, key) => (part as Record<PropertyKey, unknown>)?.[key], value);
  const key = path.at(-1);
  if (typeof holder !== 'object' || holder === null || key === undefined) return;
  const record = holder as Record<PropertyKey, unknown>;
  const text = record[key];
  if (typeof text !== 'string') return;
  if (text === 'true' || text === 'false') record[key] = text === 'true';
  else if (/^-?\d+(\.\d+)?$/.test(text)) record[key] = Number(text);
}

function open(source: ConfigPlace): { text: string; name: string; isYaml: boolean; directory: string } {
  if (!('path' in source)) {
    return { text: source.text, name: 'configuration', isYaml: source.format === 'yaml', directory: source.directory };
  }
  const { path } = source;
  const isYaml = ['.yaml', '.yml'].includes(extname(path).toLowerCase());
  try {
    return {
      text: (source.text ?? readFileSync(path, 'utf8')).replace(/^\ufeff/, ''),
      name: path,
      isYaml,
      directory: dirname(resolve(path)),
    };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const message = code === 'ENOENT' ? 'there is no such file' : `the file can't be read (${code ?? String(error)})`;
    throw new ConfigError(path, [{ path: '', message }]);
  }
}
