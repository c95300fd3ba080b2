import type { Environment } from './env.ts';

export interface MissingVariable {
  name: string;
  /** Where it is asked for: `models.gpt-4.apiKey`. */
  path: string;
}

export interface Substituted {
  value: unknown;
  missing: MissingVariable[];
  /** The paths of the strings that held a variable. */
  paths: ReadonlySet<string>;
}

/**
 * Puts environment variables in the place of `${NAME}` and `${NAME:-default}`, in strings only; `$${` is a plain `${`.
 * A variable that is not set and has no default leaves nothing, and is told.
 */
export function substitute(value: unknown, environment: Environment): Substituted {
  const missing: MissingVariable[] = [];
  const paths = new Set<string>();
  const walk = (part: unknown, path: string): unknown => {
    if (typeof part === 'string') return fill(part, path);
    if (Array.isArray(part)) return part.map((item, index) => walk(item, join(path, String(index))));
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([key, item]) => [key, walk(item, join(path, key))]));
  };
  const fill = (text: string, path: string): string =>
    text.replaceAll(variable, (whole, escaped: string | undefined, name: string, fallback: string | undefined) => {
      if (escaped !== undefined) return whole.slice(1);
      paths.add(path);
      const found = environment.get(name);
      if (found !== undefined && found !== '') return found;
      if (fallback === undefined) missing.push({ name, path });
      return fallback ?? '';
    });
  return { value: walk(value, ''), missing, paths };
}

const variable = /(\$)?\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}
