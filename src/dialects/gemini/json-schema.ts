import { isJsonObject, type JsonObject } from '../../protocol/messages.ts';
import { enumOf, listOf, objectOf, rootOf, type SchemaPlace, withoutAllOf } from './schema-parts.ts';

/** The schema with the keywords alone that Gemini reads in a JSON schema. */
export function jsonSchemaFor(schema: JsonObject): JsonObject {
  return cleaned(schema, rootOf(schema));
}

function cleaned(value: unknown, from: SchemaPlace): JsonObject {
  if (!isJsonObject(value)) return {};
  const [schema, place] = withoutAllOf(value, from);
  const result: JsonObject = {};
  for (const [name, inner] of Object.entries(schema)) {
    if (plainKeywords.has(name)) result[name] = inner;
    else if (schemaKeywords.has(name)) Object.assign(result, cleanedKeyword(name, inner, place));
  }
  return typeof schema.$ref === 'string' ? reference(schema.$ref, result) : { ...result, ...enumFields(schema) };
}

/** Beside a reference only its like may stand: what describes it goes around it. */
function reference(target: string, { $id, $anchor, $defs, title, description }: JsonObject): JsonObject {
  const own = defined({ $id, $anchor, $defs });
  const $ref = target.replace(/^#\/definitions\//, '#/$defs/');
  const described = defined({ title, description });
  if (Object.keys(described).length === 0) return { ...own, $ref };
  return { ...own, ...described, anyOf: [{ $ref }] };
}

function defined(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** What Gemini reads as it stands. */
const plainKeywords = new Set([
  ...['$id', '$anchor', 'type', 'format', 'title', 'description', 'minItems', 'maxItems'],
  ...['minimum', 'maximum', 'required', 'propertyOrdering'],
]);

/** What holds schemas. */
const schemaKeywords = new Set([
  ...['$defs', 'definitions', 'properties', 'items', 'prefixItems', 'anyOf', 'oneOf', 'additionalProperties'],
]);

function cleanedKeyword(name: string, inner: unknown, place: SchemaPlace): JsonObject {
  switch (name) {
    case '$defs':
    case 'definitions':
      return { $defs: cleanedMap(inner, place) };
    case 'properties':
      return { properties: cleanedMap(inner, place) };
    case 'items':
      return Array.isArray(inner) ? { prefixItems: cleanedList(inner, place) } : { items: cleaned(inner, place) };
    case 'additionalProperties':
      return { additionalProperties: typeof inner === 'boolean' ? inner : cleaned(inner, place) };
    case 'oneOf':
    case 'anyOf':
      return { anyOf: cleanedList(inner, place) };
  }
  return { [name]: cleanedList(inner, place) };
}

/** Below `properties` and the like, names are the client's own. */
function cleanedMap(map: unknown, place: SchemaPlace): JsonObject {
  return Object.fromEntries(Object.entries(objectOf(map)).map(([name, schema]) => [name, cleaned(schema, place)]));
}

function cleanedList(list: unknown, place: SchemaPlace): JsonObject[] {
  return listOf(list).map((schema) => cleaned(schema, place));
}

function enumFields(schema: JsonObject): JsonObject {
  const { values, type } = enumOf(schema);
  if (type === undefined) return {};
  const mixed = type === 'string' && listOf(schema.enum).some((value) => value !== null && typeof value !== 'string');
  const orNull = type !== 'null' && listOf(schema.enum).includes(null);
  return {
    ...(values === undefined ? {} : { enum: values }),
    ...(mixed || schema.type === undefined ? { type: orNull ? [type, 'null'] : type } : {}),
  };
}
