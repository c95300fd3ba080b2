import { resolve } from 'node:path';
import { nearest } from '../config/nearest.ts';
import { ConfigError } from '../config/problems.ts';
import type { Config } from '../config/schema.ts';
import { type BlockName, blockOf } from './built-in/blocks.ts';
import { builtIns, findBuiltIn } from './built-in/registry.ts';
import type { ExtensionSettings } from './extension.ts';
import { hooksOf, type Place } from './hooks.ts';
import { fileVersion, importFile, mainExports } from './import-file.ts';
import { problemOf, runInTime } from './run-in-time.ts';

type Entry = NonNullable<Config['plugins']>[number];

export interface ExtensionSources {
  plugins: Config['plugins'];
  transformers: Config['transformers'];
  /** What relative paths are relative to; undefined where nothing may be loaded. */
  directory: string;
  /** Objects and classes that stand in the configuration itself, by the name that stands in their place. */
  given?: ReadonlyMap<string, unknown>;
}

export interface LoadedExtensions {
  /** In the order they run. */
  extensions: ExtensionSettings[];
  /** Blocks of the configuration that plugins stand for, and where. */
  blocks: { name: BlockName; settings: unknown; path: string }[];
  warnings: string[];
  /** The user's own files that run in this process, and when each was last changed. */
  files: string[];
}

/**
 * Loads the plugins and transformers of a configuration. Throws ConfigError for a name or file that is none; one that can't be
 * made with its settings is left out with a warning, unless it is required.
 */
export async function loadExtensions(sources: ExtensionSources): Promise<LoadedExtensions> {
  const { plugins = [], transformers } = sources;
  const loaded: LoadedExtensions = { extensions: [], blocks: [], warnings: [], files: [] };
  const lists: [Place, string, readonly Entry[]][] = [
    ['plugin', 'plugins', plugins],
    ['request', 'transformers.request', transformers?.request ?? []],
    ['response', 'transformers.response', transformers?.response ?? []],
  ];
  for (const [place, path, entries] of lists) {
    for (const [index, entry] of entries.entries()) await load(loaded, place, `${path}.${index}`, entry, sources);
  }
  return loaded;
}

async function load(
  loaded: LoadedExtensions,
  place: Place,
  path: string,
  entry: Entry,
  sources: ExtensionSources,
): Promise<void> {
  const settings = typeof entry === 'string' ? { name: entry, timeout: 5000, required: false } : entry;
  const { config = {}, timeout, required } = settings;
  const candidates = await candidatesOf(settings, place, path, sources, loaded);
  const name = ('path' in settings ? settings.path : undefined) ?? settings.name ?? path;
  for (const item of itemsOf(candidates, place, path)) {
    const made = await runInTime(() => madeOf(item, config, place), timeout);
    if (!made.ok) {
      const problem = problemOf(made.error);
      if (required) throw problemAt(path, `it can’t be made: ${problem}`, name);
      loaded.warnings.push(`${path}: ${name} is left out, it can’t be made: ${problem}`);
      continue;
    }
    const block = blockOf(made.value);
    if (block) {
      loaded.blocks.push({ ...block, path: typeof entry === 'string' ? path : `${path}.config` });
      continue;
    }
    const hooks = hooksOf(made.value, place);
    if (!hooks) throw problemAt(path, `it has none of the functions that make a ${nouns[place]}`, name);
    const stream = ('stream' in settings ? settings.stream : undefined) ?? streamOf(made.value);
    loaded.extensions.push({ name: shortName(name, made.value), hooks, timeoutMs: timeout, required, stream });
  }
}

type Named = { name?: string | undefined; path?: string | undefined };

/** What an entry may mean, likeliest first. */
async function candidatesOf(
  entry: Named,
  place: Place,
  path: string,
  { directory, given }: ExtensionSources,
  loaded: LoadedExtensions,
): Promise<unknown[]> {
  const { name } = entry;
  const file = entry.path ?? (name !== undefined && isPath(name) ? name : undefined);
  if (file !== undefined) {
    const absolute = resolve(directory, file);
    try {
      loaded.files.push(`${absolute}@${fileVersion(absolute)}`);
      return mainExports(await importFile(absolute), usualNames[place]);
    } catch (error) {
      throw problemAt(path, `the file can’t be loaded: ${problemOf(error)}`, file);
    }
  }
  const known = given?.get(name!) ?? findBuiltIn(name!);
  if (known !== undefined) return [known];
  const suggestion = nearest(name!, Object.keys(builtIns));
  throw problemAt(
    path,
    'there is no built-in plugin of this name; files are written with "/" or their ending',
    name!,
    suggestion,
  );
}

/** The first candidate that can be what is wanted; a list stands for each of its items. */
function itemsOf(candidates: readonly unknown[], place: Place, path: string): unknown[] {
  const isUsable = (value: unknown): boolean =>
    typeof value === 'function' ||
    (Array.isArray(value) ? value.every(isUsable) : hooksOf(value, place) !== undefined) ||
    isBlock(value);
  const found = candidates.find(isUsable);
  if (found === undefined) throw problemAt(path, `it exports no ${nouns[place]}`);
  return Array.isArray(found) ? found : [found];
}

function isBlock(value: unknown): boolean {
  return typeof value === 'object' && value !== null && blockOf(value) !== undefined;
}

/** A class is made with its settings, a function makes a plugin or is the transformer itself, an object is used as it is. */
async function madeOf(item: unknown, config: Record<string, unknown>, place: Place): Promise<object> {
  if (typeof item !== 'function') return item as object;
  if (isClass(item)) return new (item as new (config: Record<string, unknown>) => object)(config);
  if (place !== 'plugin') return { transform: item };
  const made: unknown = await (item as (config: Record<string, unknown>) => unknown)(config);
  if (typeof made === 'object' && made !== null) return made;
  throw new Error('the function returns no plugin');
}

function isClass(value: object): boolean {
  if (/^class\b/.test(Function.prototype.toString.call(value))) return true;
  const { prototype } = value as { prototype?: object };
  return prototype !== undefined && prototype !== null && Object.getOwnPropertyNames(prototype).length > 1;
}

function streamOf(value: object): 'message' | 'event' | undefined {
  const { stream } = value as { stream?: unknown };
  return stream === 'message' || stream === 'event' ? stream : undefined;
}

function isPath(name: string): boolean {
  return /[/\\]|\.[cm]?[jt]s$/.test(name);
}

function shortName(name: string, value: object): string {
  return name.startsWith('#') ? value.constructor?.name || name : name;
}

const nouns: Readonly<Record<Place, string>> = {
  plugin: 'plugin',
  request: 'request transformer',
  response: 'response transformer',
};

const usualNames: Readonly<Record<Place, string>> = {
  plugin: 'plugins',
  request: 'requestTransformer',
  response: 'responseTransformer',
};

function problemAt(path: string, message: string, value?: string, suggestion?: string): ConfigError {
  return new ConfigError('configuration', [
    {
      path,
      message,
      ...(value === undefined ? {} : { value: JSON.stringify(value) }),
      ...(suggestion === undefined ? {} : { suggestion }),
    },
  ]);
}
