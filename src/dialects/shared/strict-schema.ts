import { isJsonObject, type JsonObject } from '../../protocol/messages.ts';
import { resolved } from './schema-reference.ts';

/**
 * The schema in the form that OpenAI's strict mode demands: every object closed, every property required, one that was
 * optional nullable instead. Undefined where that can't be said, or where it is past the service's limits.
 */
export function strictSchema(schema: JsonObject): JsonObject | undefined {
  const size = { properties: 0, enumValues: 0 };
  try {
    const strict = strictObject(schema, size, 1);
    return size.properties <= 5000 && size.enumValues <= 1000 ? strict : undefined;
  } catch (error) {
    if (error instanceof Inexpressible) return undefined;
    throw error;
  }
}

/** True where a schema already is what strict mode demands of objects. */
export function isStrictSchema(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(isStrictSchema);
  if (!isJsonObject(schema)) return true;
  if (schema.type === 'object' || isJsonObject(schema.properties)) {
    const names = Object.keys(isJsonObject(schema.properties) ? schema.properties : {});
    const required = Array.isArray(schema.required) ? schema.required : [];
    if (schema.additionalProperties !== false || names.some((name) => !required.includes(name))) return false;
  }
  return Object.values(schema).every(isStrictSchema);
}

/** The value without the nulls that stand for what is left out: those of optional properties that take no null. */
export function withoutStandInNulls(value: unknown, schema: unknown, root: unknown = schema): unknown {
  const known = resolved(schema, root);
  if (!known) return value;
  if (Array.isArray(value)) return value.map((item) => withoutStandInNulls(item, known.items, root));
  if (!isJsonObject(value)) return value;
  const fields = objectFields(known, value, root);
  const entries = Object.entries(value).filter(
    ([name, inner]) => inner !== null || fields.required.has(name) || takesNull(fields.properties[name], root),
  );
  return Object.fromEntries(
    entries.map(([name, inner]) => [name, withoutStandInNulls(inner, fields.properties[name], root)]),
  );
}

class Inexpressible extends Error {}

interface Size {
  properties: number;
  enumValues: number;
}

function strictPart(schema: unknown, size: Size, depth: number): JsonObject {
  if (!isJsonObject(schema) || depth > 10 || inexpressible.some((name) => schema[name] !== undefined)) {
    throw new Inexpressible();
  }
  if (typeof schema.$ref === 'string') return reference(schema.$ref);
  const { allOf, oneOf, anyOf = oneOf, ...rest } = schema;
  if (allOf !== undefined) return strictPart(soleSchema(allOf, rest), size, depth);
  if (anyOf !== undefined) {
    if (!Array.isArray(anyOf)) throw new Inexpressible();
    return { ...kept(rest), anyOf: anyOf.map((variant) => strictPart(variant, size, depth)) };
  }
  const types = typesOf(schema);
  if (types.includes('object')) return { ...strictObject(schema, size, depth), type: schema.type ?? 'object' };
  if (types.length === 0) throw new Inexpressible();
  size.enumValues += Array.isArray(schema.enum) ? schema.enum.length : 0;
  const plain = { ...kept(schema), type: schema.type ?? (types.length === 1 ? types[0] : types) };
  return types.includes('array') ? { ...plain, items: strictPart(schema.items, size, depth + 1) } : plain;
}

function strictObject(schema: JsonObject, size: Size, depth: number): JsonObject {
  const { properties, additionalProperties: open } = schema;
  const unsayable = ['anyOf', 'oneOf', 'allOf', '$ref', 'enum', ...inexpressible];
  // An object of any keys can't be closed: the model could then say nothing in it.
  if ((open !== undefined && open !== false) || unsayable.some((name) => schema[name] !== undefined)) {
    throw new Inexpressible();
  }
  if (!isJsonObject(properties) && open !== false) throw new Inexpressible();
  const required = Array.isArray(schema.required) ? schema.required : [];
  const parts = Object.entries(isJsonObject(properties) ? properties : {}).map(([name, part]) => {
    const strict = strictPart(part, size, depth + 1);
    return [name, required.includes(name) ? strict : nullable(strict)] as const;
  });
  size.properties += parts.length;
  return {
    ...kept(schema),
    ...definitions(schema, size),
    properties: Object.fromEntries(parts),
    required: parts.map(([name]) => name),
    additionalProperties: false,
  };
}

function definitions(schema: JsonObject, size: Size): JsonObject {
  const written: JsonObject = {};
  for (const name of ['$defs', 'definitions']) {
    const defined = schema[name];
    if (!isJsonObject(defined)) continue;
    const entries = Object.entries(defined).map(([key, part]) => [key, strictPart(part, size, 1)]);
    written[name] = Object.fromEntries(entries);
  }
  return written;
}

/** A reference stands alone: what stands beside it is refused. */
function reference($ref: string): JsonObject {
  if (!$ref.startsWith('#')) throw new Inexpressible();
  return { $ref };
}

function soleSchema(allOf: unknown, rest: JsonObject): JsonObject {
  if (!Array.isArray(allOf) || allOf.length !== 1 || !isJsonObject(allOf[0])) throw new Inexpressible();
  return { ...allOf[0], ...rest };
}

/** The same schema, null allowed. */
function nullable(schema: JsonObject): JsonObject {
  if (Array.isArray(schema.anyOf)) {
    const variants: unknown[] = schema.anyOf;
    const knowsNull = variants.some((variant) => isJsonObject(variant) && typesOf(variant).includes('null'));
    return knowsNull ? schema : { ...schema, anyOf: [...variants, { type: 'null' }] };
  }
  const types = typesOf(schema);
  if (types.includes('null')) return schema;
  if (schema.$ref !== undefined || schema.const !== undefined || types.includes('object')) {
    return { anyOf: [schema, { type: 'null' }] };
  }
  const withNull = { ...schema, type: [...types, 'null'] };
  return Array.isArray(schema.enum) ? { ...withNull, enum: [...schema.enum, null] } : withNull;
}

/** The types a schema names, or those of the values it lists. */
function typesOf(schema: JsonObject): string[] {
  if (typeof schema.type === 'string') return [schema.type];
  if (Array.isArray(schema.type)) return schema.type.map(String);
  if (isJsonObject(schema.properties)) return ['object'];
  const values: unknown[] = Array.isArray(schema.enum) ? schema.enum : schema.const === undefined ? [] : [schema.const];
  return [...new Set(values.map(typeOfValue))];
}

function typeOfValue(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value;
}

/** What is left of a schema that strict mode takes: annotations and limits that it knows. */
function kept(schema: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(schema).filter(([name, value]) => isKept(name, value)));
}

function isKept(name: string, value: unknown): boolean {
  if (name === 'pattern') return typeof value === 'string' && !/\(\?<?[=!]/.test(value);
  if (name === 'format') return knownFormats.has(String(value));
  return keptKeywords.has(name);
}

const keptKeywords = new Set([
  ...['type', 'title', 'description', 'enum', 'const', 'minItems', 'maxItems'],
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
]);

const knownFormats = new Set([
  ...['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uuid'],
]);

/** Keywords that change what a value may be, and that strict mode has nothing for. */
const inexpressible = [
  ...['not', 'if', 'then', 'else', 'dependentRequired', 'dependentSchemas', 'dependencies', 'patternProperties'],
  ...['prefixItems', 'contains', 'unevaluatedProperties', 'unevaluatedItems'],
];

/** The properties that hold for an object: its schema's own, and those of the first alternative that fits it. */
function objectFields(
  schema: JsonObject,
  value: JsonObject,
  root: unknown,
): { properties: JsonObject; required: Set<unknown> } {
  const properties = isJsonObject(schema.properties) ? { ...schema.properties } : {};
  const required = new Set<unknown>(Array.isArray(schema.required) ? schema.required : []);
  const all = Array.isArray(schema.allOf) ? schema.allOf : [];
  const any = [schema.anyOf, schema.oneOf].flatMap((variants): unknown[] => (Array.isArray(variants) ? variants : []));
  const fitting = any.find((variant) => fits(resolved(variant, root), value));
  for (const part of [...all, ...(fitting === undefined ? [] : [fitting])]) {
    const inner = resolved(part, root);
    if (!inner) continue;
    const fields = objectFields(inner, value, root);
    Object.assign(properties, fields.properties);
    for (const name of fields.required) required.add(name);
  }
  return { properties, required };
}

function fits(schema: JsonObject | undefined, value: JsonObject): boolean {
  if (!schema || !typesOf(schema).includes('object')) return false;
  const properties = isJsonObject(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required : [];
  const constants = Object.entries(properties).filter(([, part]) => isJsonObject(part) && part.const !== undefined);
  return (
    required.every((name) => typeof name === 'string' && name in value) &&
    constants.every(([name, part]) => value[name] === undefined || value[name] === (part as JsonObject).const)
  );
}

/** True where null is a value of its own. What is not known takes everything. */
function takesNull(schema: unknown, root: unknown): boolean {
  const known = resolved(schema, root);
  if (!known) return true;
  const variants = [known.anyOf, known.oneOf].find(Array.isArray);
  if (variants) return variants.some((variant) => takesNull(variant, root));
  if (Array.isArray(known.allOf)) return known.allOf.every((part) => takesNull(part, root));
  const types = typesOf(known);
  return types.length === 0 || types.includes('null');
}
