import type { Environment } from './env.ts';

export interface MissingVariable {
  name: string;
  /** Where it is asked for: `models.gpt-4.apiKey`. */
  path: string;
}

/** An encrypted value that could not be opened, and why: `absent` where its key is not here, `broken` where no key can help. */
export interface UnopenedValue {
  path: string;
  reason: string;
}

/** Opens an encrypted value. */
export type OpenValue = (sealed: string) => { text: string } | { absent: string } | { broken: string };

export interface Substituted {
  value: unknown;
  missing: MissingVariable[];
  /** Encrypted values whose key is not here: an error only for what uses them. */
  unopened: UnopenedValue[];
  /** Encrypted values that are none, or were changed. */
  broken: UnopenedValue[];
  /** The paths of the strings that held a variable. */
  paths: ReadonlySet<string>;
}

/**
 * Puts environment variables in the place of `${NAME}` and `${NAME:-default}`, in strings only; `$${` is a plain `${`.
 * A variable that is not set and has no default leaves nothing, and is told. What is then an encrypted value is opened, where
 * there is something to open it with; one that can't be leaves nothing, too.
 */
export function substitute(value: unknown, environment: Environment, openValue?: OpenValue): Substituted {
  const missing: MissingVariable[] = [];
  const unopened: UnopenedValue[] = [];
  const broken: UnopenedValue[] = [];
  const paths = new Set<string>();
  const walk = (part: unknown, path: string): unknown => {
    if (typeof part === 'string') return open(fill(part, path), path);
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
  const open = (text: string, path: string): string => {
    if (openValue === undefined || !encrypted.test(text)) return text;
    const opened = openValue(text);
    if ('text' in opened) return opened.text;
    if ('broken' in opened) broken.push({ path, reason: opened.broken });
    else unopened.push({ path, reason: opened.absent });
    return '';
  };
  return { value: walk(value, ''), missing, unopened, broken, paths };
}

/** Of whatever version: one that is not known must not be taken for a key. */
const encrypted = /^enc:v\d+:/;

const variable = /(\$)?\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}
