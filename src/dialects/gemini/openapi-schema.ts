import { isJsonObject, type JsonObject } from '../../protocol/messages.ts';
import { enumOf, follow, listOf, objectOf, rootOf, type SchemaPlace, withoutAllOf } from './schema-parts.ts';

/**
 * The schema in the older OpenAPI form: references put in place, "or null" as `nullable`, one type each, no keyword that
 * the form does not know.
 */
export function openApiSchemaFor(schema: JsonObject): JsonObject {
  return converted(schema, rootOf(schema));
}

function converted(value: unknown, from: SchemaPlace): JsonObject {
  if (!isJsonObject(value)) return { type: 'string' };
  const [schema, place] = withoutAllOf(value, from);
  if (typeof schema.$ref === 'string') return inPlace(schema.$ref, schema, place);
  const choices = listOf(schema.anyOf ?? schema.oneOf);
  const real = choices.filter((choice) => !isNull(choice));
  if (real.length > 0) return choice(schema, real, real.length < choices.length, place);
  const types = listOf(schema.type);
  const named = types.filter((type) => type !== 'null');
  if (named.length > 1) {
    const options = named.map((type) => ({ ...schema, type, description: undefined, title: undefined }));
    return choice(schema, options, named.length < types.length, place);
  }
  const nullable = types.includes('null') || listOf(schema.enum).includes(null);
  return { ...typed(schema, String(named[0] ?? schema.type ?? ''), place), ...(nullable ? { nullable: true } : {}) };
}

/** What a reference points at; a cycle, and what lies too deep, is any object. */
function inPlace(reference: string, { description }: JsonObject, place: SchemaPlace): JsonObject {
  const target = follow(reference, place);
  const described = typeof description === 'string' ? { description } : {};
  return { ...(target ? converted(...target) : { type: 'object' }), ...described };
}

function choice(schema: JsonObject, options: unknown[], nullable: boolean, place: SchemaPlace): JsonObject {
  const described = pick(schema, ['title', 'description']);
  const converteds = options.map((option) => converted(option, place));
  const [only] = converteds;
  const one = converteds.length === 1 ? only! : { anyOf: converteds };
  return { ...one, ...described, ...(nullable ? { nullable: true } : {}) };
}

function typed(schema: JsonObject, type: string, place: SchemaPlace): JsonObject {
  const listed = enumOf(schema);
  const result: JsonObject = {
    type: type === '' || type === 'null' ? (listed.type ?? impliedType(schema)) : type,
    ...pick(schema, ['title', 'description', 'minItems', 'maxItems', 'minimum', 'maximum', 'propertyOrdering']),
  };
  if (typeof schema.format === 'string' && formats.has(schema.format)) result.format = schema.format;
  // Only texts can be listed.
  if (listed.values) Object.assign(result, { type: 'string', enum: listed.values.map(String) });
  if (result.type === 'array') result.items = itemsOf(schema, place);
  if (result.type === 'object') Object.assign(result, objectFields(schema, place));
  return result;
}

function objectFields(schema: JsonObject, place: SchemaPlace): JsonObject {
  const properties = Object.entries(objectOf(schema.properties));
  if (properties.length === 0) return {};
  const names = new Set(properties.map(([name]) => name));
  const required = listOf(schema.required).filter((name) => names.has(String(name)));
  return {
    properties: Object.fromEntries(properties.map(([name, inner]) => [name, converted(inner, place)])),
    ...(required.length > 0 ? { required } : {}),
  };
}

/** The items of a list; of a tuple whichever its places take. */
function itemsOf({ items, prefixItems }: JsonObject, place: SchemaPlace): JsonObject {
  const places = listOf(prefixItems ?? items);
  if (places.length > 0) return choice({}, places, false, place);
  return converted(items, place);
}

function impliedType({ properties, items, prefixItems }: JsonObject): string {
  if (isJsonObject(properties)) return 'object';
  return items === undefined && prefixItems === undefined ? 'string' : 'array';
}

function isNull(value: unknown): boolean {
  return isJsonObject(value) && (value.type === 'null' || ('const' in value && value.const === null));
}

function pick(schema: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(names.filter((name) => schema[name] !== undefined).map((name) => [name, schema[name]]));
}

const formats = new Set(['int32', 'int64', 'float', 'double', 'enum', 'date-time']);
