import { isJsonObject, type JsonObject } from '../../protocol/messages.ts';

/** The schema behind local references (`#/$defs/…`); undefined where it is no object or refers to nothing that is there. */
export function resolved(schema: unknown, root: unknown): JsonObject | undefined {
  let known = schema;
  // A reference that leads back to itself leads nowhere.
  for (let step = 0; step < 20; step += 1) {
    if (!isJsonObject(known)) return undefined;
    if (typeof known.$ref !== 'string') return known;
    known = pointed(known.$ref, root);
  }
  return undefined;
}

function pointed(reference: string, root: unknown): unknown {
  if (!reference.startsWith('#')) return undefined;
  let value = root;
  for (const step of reference.split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (!isJsonObject(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}
