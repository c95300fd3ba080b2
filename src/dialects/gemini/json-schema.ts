import { isJsonObject, type JsonObject } from '../../protocol/messages.ts';
import { enumOf, listOf, objectOf, withoutAllOf } from './schema-parts.ts';

/** The schema with the keywords alone that Gemini reads in a JSON schema. */
export function jsonSchemaFor(schema: JsonObject): JsonObject {
  return cleaned(schema, schema);
}

function cleaned(value: unknown, root: JsonObject): JsonObject {
  if (!isJsonObject(value)) return {};
  const schema = withoutAllOf(value, root);
  // Beside a reference only its like may stand.
  const only = typeof schema.$ref === 'string' ? referenceKeywords : undefined;
  const result: JsonObject = {};
  for (const [name, inner] of Object.entries(schema)) {
    if (only && !only.has(name)) continue;
    if (plainKeywords.has(name)) result[name] = name === '$ref' ? referenceOf(String(inner)) : inner;
    else if (schemaKeywords.has(name)) Object.assign(result, cleanedKeyword(name, inner, root));
  }
  return only ? result : { ...result, ...enumFields(schema) };
}

/** What Gemini reads as it stands. */
const plainKeywords = new Set([
  ...['$id', '$ref', '$anchor', 'type', 'format', 'title', 'description', 'minItems', 'maxItems'],
  ...['minimum', 'maximum', 'required', 'propertyOrdering'],
]);

/** What holds schemas. */
const schemaKeywords = new Set([
  ...['$defs', 'definitions', 'properties', 'items', 'prefixItems', 'anyOf', 'oneOf', 'additionalProperties'],
]);

const referenceKeywords = new Set(['$id', '$ref', '$anchor', '$defs', 'definitions']);

function cleanedKeyword(name: string, inner: unknown, root: JsonObject): JsonObject {
  switch (name) {
    case '$defs':
    case 'definitions':
      return { $defs: cleanedMap(inner, root) };
    case 'properties':
      return { properties: cleanedMap(inner, root) };
    case 'items':
      return Array.isArray(inner) ? { prefixItems: cleanedList(inner, root) } : { items: cleaned(inner, root) };
    case 'additionalProperties':
      return { additionalProperties: typeof inner === 'boolean' ? inner : cleaned(inner, root) };
    case 'oneOf':
    case 'anyOf':
      return { anyOf: cleanedList(inner, root) };
  }
  return { [name]: cleanedList(inner, root) };
}

/** Below `properties` and the like, names are the client's own. */
function cleanedMap(map: unknown, root: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(objectOf(map)).map(([name, schema]) => [name, cleaned(schema, root)]));
}

function cleanedList(list: unknown, root: JsonObject): JsonObject[] {
  return listOf(list).map((schema) => cleaned(schema, root));
}

function referenceOf(reference: string): string {
  return reference.replace(/^#\/definitions\//, '#/$defs/');
}

function enumFields(schema: JsonObject): JsonObject {
  const { values, type } = enumOf(schema);
  if (type === undefined) return {};
  const mixed = type === 'string' && listOf(schema.enum).some((value) => value !== null && typeof value !== 'string');
  return {
    ...(values === undefined ? {} : { enum: values }),
    ...(mixed || schema.type === undefined ? { type } : {}),
  };
}
