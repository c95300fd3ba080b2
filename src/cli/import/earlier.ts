/** An object of an earlier configuration, nothing of it checked. */
export type Earlier = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Earlier {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text that is not empty. */
export function textIn(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

/** A whole number above zero, also one that is written as a text. */
export function countIn(value: unknown): number | undefined {
  const count = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof count === 'number' && Number.isInteger(count) && count > 0 ? count : undefined;
}

/** `$NAME`, which earlier configurations knew beside `${NAME}`, in the form that is known here; in all strings of a value. */
export function withVariables(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll(/(?<!\$)\$([A-Z_][A-Z0-9_]*)/g, '${$1}');
  if (Array.isArray(value)) return value.map(withVariables);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withVariables(item)]));
}
