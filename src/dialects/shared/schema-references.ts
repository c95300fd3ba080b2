import { isJsonObject, type JsonObject } from '../../protocol/messages.ts';

/**
 * The schema with its local references (`#/$defs/…`) replaced by what they refer to, for servers that pass over `$ref`. A
 * reference inside its own definition becomes a schema that takes anything. The same object where there are no references,
 * and where replacing them would make the schema very large.
 */
export function withoutReferences(schema: JsonObject): JsonObject {
  if (!JSON.stringify(schema).includes('"$ref"')) return schema;
  const { $defs: _, definitions: __, ...rest } = schema;
  const budget = { left: largestSchema };
  const inlined = replaced(rest, schema, [], budget);
  return budget.left > 0 && isJsonObject(inlined) ? inlined : schema;
}

/** Objects and arrays in it. */
const largestSchema = 5000;

function replaced(value: unknown, root: JsonObject, within: readonly string[], budget: { left: number }): unknown {
  if (budget.left <= 0 || typeof value !== 'object' || value === null) return value;
  budget.left -= 1;
  if (Array.isArray(value)) return value.map((item) => replaced(item, root, within, budget));
  const { $ref: reference, ...own } = value as JsonObject;
  const fields = Object.entries(typeof reference === 'string' ? own : value);
  const read = Object.fromEntries(fields.map(([name, inner]) => [name, replaced(inner, root, within, budget)]));
  if (typeof reference !== 'string' || within.includes(reference)) return read;
  const found = replaced(targetOf(reference, root), root, [...within, reference], budget);
  return { ...(isJsonObject(found) ? found : {}), ...read };
}

function targetOf(reference: string, root: JsonObject): unknown {
  if (!reference.startsWith('#/')) return undefined;
  let target: unknown = root;
  for (const step of reference.slice(2).split('/')) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    target = isJsonObject(target) ? target[name] : undefined;
  }
  return target;
}
