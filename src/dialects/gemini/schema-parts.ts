import { isJsonObject, type JsonObject } from '../../protocol/messages.ts';

/** The schema that a reference inside the same document points at (`#/$defs/a`, `#`); undefined where there is none. */
function schemaAt(root: JsonObject, reference: unknown): JsonObject | undefined {
  if (typeof reference !== 'string' || !reference.startsWith('#')) return undefined;
  let place: unknown = root;
  for (const step of reference.slice(1).split('/').filter(Boolean)) {
    const name = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(place)) place = place[Number(name)];
    else place = isJsonObject(place) && Object.hasOwn(place, name) ? place[name] : undefined;
  }
  return isJsonObject(place) ? place : undefined;
}

/** Where in a document a schema stands. */
export interface SchemaPlace {
  root: JsonObject;
  /** The references that led here. */
  references: readonly string[];
  /** How many more may be followed in the whole document. */
  budget: { left: number };
}

/** The place of a document's root. */
export function rootOf(root: JsonObject): SchemaPlace {
  return { root, references: [], budget: { left: 1000 } };
}

/** The schema that a reference leads to, and its place; undefined for a cycle, and for what is missing or lies too deep. */
export function follow(reference: unknown, place: SchemaPlace): [JsonObject, SchemaPlace] | undefined {
  const { root, references, budget } = place;
  const target = budget.left > 0 ? schemaAt(root, reference) : undefined;
  if (!target || references.includes(String(reference)) || references.length >= deepestNesting) return undefined;
  budget.left -= 1;
  return [target, { ...place, references: [...references, String(reference)] }];
}

const deepestNesting = 5;

/** The schema with what its `allOf` asks for besides, as one schema: properties joined, requirements added up. */
export function withoutAllOf(schema: JsonObject, place: SchemaPlace): [JsonObject, SchemaPlace] {
  const { allOf, ...rest } = schema;
  if (!Array.isArray(allOf)) return [schema, place];
  let merged: JsonObject = rest;
  let reached = place;
  for (const part of allOf.filter(isJsonObject)) {
    const target = '$ref' in part ? follow(part.$ref, reached) : ([part, reached] as const);
    if (!target) continue;
    const [whole, behind] = withoutAllOf(...target);
    merged = joined(merged, whole);
    reached = behind;
  }
  return [merged, reached];
}

function joined(one: JsonObject, other: JsonObject): JsonObject {
  const properties = { ...objectOf(other.properties), ...objectOf(one.properties) };
  const required = new Set([...listOf(one.required), ...listOf(other.required)]);
  return {
    ...other,
    ...one,
    ...(Object.keys(properties).length > 0 ? { properties } : {}),
    ...(required.size > 0 ? { required: [...required] } : {}),
  };
}

/**
 * `enum` and `const` in the form that Gemini reads: texts or numbers alone. What is `null` among them is left to the
 * type; of booleans the type says as much as the list; a mixed list is one of texts.
 */
export function enumOf(schema: JsonObject): { values?: unknown[]; type?: string } {
  const listed = Array.isArray(schema.enum) ? schema.enum : 'const' in schema ? [schema.const] : undefined;
  const values = listed?.filter((value) => value !== null);
  if (!values) return {};
  if (values.length === 0) return { type: 'null' };
  if (values.every((value) => typeof value === 'boolean')) return { type: 'boolean' };
  for (const type of ['string', 'number'] as const) {
    if (values.every((value) => typeof value === type)) return { values, type };
  }
  return { values: values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))), type: 'string' };
}

/** True for a schema that asks for nothing: an object without properties. */
export function isEmptyObject({ properties, additionalProperties: open }: JsonObject): boolean {
  return Object.keys(objectOf(properties)).length === 0 && open !== true && !isJsonObject(open);
}

export function objectOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

export function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
