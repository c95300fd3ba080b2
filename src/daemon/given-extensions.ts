import { isJsonObject } from '../protocol/messages.ts';

/** A configuration as a file would hold it, and the plugins that stood in it as objects, classes or functions. */
export interface TakenExtensions {
  plain: Record<string, unknown>;
  /** By the names that stand in their places. */
  given: ReadonlyMap<string, unknown>;
}

/** Puts a name in the place of each plugin or transformer that is no entry of a configuration but the thing itself. */
export function takeExtensions(config: Record<string, unknown>): TakenExtensions {
  const given = new Map<string, unknown>();
  const named = (entry: unknown): unknown => {
    if (typeof entry === 'string' || (isJsonObject(entry) && isEntry(entry))) return entry;
    const name = `#${given.size + 1}`;
    given.set(name, entry);
    return name;
  };
  const list = (value: unknown): unknown => (Array.isArray(value) ? value.map(named) : value);
  const plain = { ...config };
  if (plain.plugins !== undefined) plain.plugins = list(plain.plugins);
  const { transformers } = config;
  if (isJsonObject(transformers)) {
    plain.transformers = { ...transformers };
    for (const kind of ['request', 'response']) {
      if (transformers[kind] !== undefined)
        Object.assign(plain.transformers as object, { [kind]: list(transformers[kind]) });
    }
  }
  return { plain, given };
}

/** `{name | path, …}`: plain data, and not an object of the user's that happens to have a name. */
function isEntry(entry: Record<string, unknown>): boolean {
  const isPlain =
    Object.getPrototypeOf(entry) === Object.prototype &&
    Object.values(entry).every((value) => typeof value !== 'function');
  return isPlain && (typeof entry.name === 'string' || typeof entry.path === 'string');
}
