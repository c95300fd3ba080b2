import { isSecretKey, withoutUrlSecrets } from './problems.ts';

/** A copy that can be shown: every key, password and token is hidden; a variable's name stays readable. */
export function redactConfig<Value>(config: Value): Value {
  return redact(config, false) as Value;
}

function redact(value: unknown, secret: boolean): unknown {
  if (typeof value === 'string') return secret && !shownAnyway(value) ? '[hidden]' : withoutUrlSecrets(value);
  if (Array.isArray(value)) return value.map((item) => redact(item, secret));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, redact(item, isSecretKey(key) || (secret && key !== 'name'))]),
  );
}

function shownAnyway(value: string): boolean {
  return value === '' || value === 'passthrough' || /^\$\{[A-Za-z_][A-Za-z0-9_]*\}$/.test(value);
}
