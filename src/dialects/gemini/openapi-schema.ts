import { isJsonObject, type JsonObject } from '../../protocol/messages.ts';
import { deepestNesting, enumOf, listOf, objectOf, schemaAt, withoutAllOf } from './schema-parts.ts';

/**
 * The schema in the older OpenAPI form: references put in place, "or null" as `nullable`, one type each, no keyword that
 * the form does not know.
 */
export function openApiSchemaFor(schema: JsonObject): JsonObject {
  return converted(schema, { root: schema, references: [] });
}

interface Context {
  root: JsonObject;
  /** The references that led here. */
  references: readonly string[];
}

function converted(value: unknown, context: Context): JsonObject {
  if (!isJsonObject(value)) return { type: 'string' };
  if (typeof value.$ref === 'string') return inPlace(value.$ref, value, context);
  const schema = withoutAllOf(value, context.root);
  const choices = listOf(schema.anyOf ?? schema.oneOf);
  const real = choices.filter((choice) => !isNull(choice));
  if (real.length > 0) return choice(schema, real, real.length < choices.length, context);
  const types = listOf(schema.type);
  const named = types.filter((type) => type !== 'null');
  if (named.length > 1) {
    const options = named.map((type) => ({ ...schema, type, description: undefined, title: undefined }));
    return choice(schema, options, named.length < types.length, context);
  }
  const nullable = types.includes('null') || listOf(schema.enum).includes(null);
  return { ...typed(schema, String(named[0] ?? schema.type ?? ''), context), ...(nullable ? { nullable: true } : {}) };
}

/** What a reference points at; a cycle, and what lies too deep, is any object. */
function inPlace(reference: string, { description }: JsonObject, context: Context): JsonObject {
  const target = schemaAt(context.root, reference);
  const { references } = context;
  const described = typeof description === 'string' ? { description } : {};
  if (!target || references.includes(reference) || references.length >= deepestNesting) {
    return { type: 'object', ...described };
  }
  return { ...converted(target, { ...context, references: [...references, reference] }), ...described };
}

function choice(schema: JsonObject, options: unknown[], nullable: boolean, context: Context): JsonObject {
  const described = pick(schema, ['title', 'description']);
  const converteds = options.map((option) => converted(option, context));
  const [only] = converteds;
  const one = converteds.length === 1 ? only! : { anyOf: converteds };
  return { ...one, ...described, ...(nullable ? { nullable: true } : {}) };
}

function typed(schema: JsonObject, type: string, context: Context): JsonObject {
  const listed = enumOf(schema);
  const result: JsonObject = {
    type: type === '' || type === 'null' ? (listed.type ?? impliedType(schema)) : type,
    ...pick(schema, ['title', 'description', 'minItems', 'maxItems', 'minimum', 'maximum', 'propertyOrdering']),
  };
  if (typeof schema.format === 'string' && formats.has(schema.format)) result.format = schema.format;
  // Only texts can be listed.
  if (listed.values) Object.assign(result, { type: 'string', enum: listed.values.map(String) });
  if (result.type === 'array') result.items = itemsOf(schema, context);
  if (result.type === 'object') Object.assign(result, objectFields(schema, context));
  return result;
}

function objectFields(schema: JsonObject, context: Context): JsonObject {
  const properties = Object.entries(objectOf(schema.properties));
  if (properties.length === 0) return {};
  const names = new Set(properties.map(([name]) => name));
  const required = listOf(schema.required).filter((name) => names.has(String(name)));
  return {
    properties: Object.fromEntries(properties.map(([name, inner]) => [name, converted(inner, context)])),
    ...(required.length > 0 ? { required } : {}),
  };
}

/** The items of a list; of a tuple whichever its places take. */
function itemsOf({ items, prefixItems }: JsonObject, context: Context): JsonObject {
  const places = listOf(prefixItems ?? items);
  if (places.length > 0) return choice({}, places, false, context);
  return converted(items, context);
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
