import { isJsonObject, type JsonObject } from '../../protocol/messages.ts';
import type { Quirks } from '../quirks.ts';
import { resolved } from './schema-reference.ts';

/** A tool's schema without what the service refuses; the same object where nothing is to be taken out. */
export function schemaFor(schema: JsonObject, form: Quirks['toolSchemas']): JsonObject {
  if (form === 'as-is') return schema;
  return rewritten(form === 'openai' ? withPlainRoot(schema) : schema, form) as JsonObject;
}

/** OpenAI wants an object at the root: a reference is followed, alternatives become one object with all their properties. */
function withPlainRoot(schema: JsonObject): JsonObject {
  if (!rootKeywords.some((name) => schema[name] !== undefined)) return schema;
  const { $ref, anyOf, oneOf, allOf, enum: _, not: __, ...rest } = schema;
  const fields = rootFields(schema, schema, 0);
  return {
    ...rest,
    properties: fields.properties,
    ...(fields.required.length > 0 ? { required: fields.required } : {}),
  };
}

const rootKeywords = ['$ref', 'anyOf', 'oneOf', 'allOf', 'enum', 'not'];

interface RootFields {
  properties: JsonObject;
  required: string[];
}

function rootFields(schema: JsonObject, root: JsonObject, depth: number): RootFields {
  const own: RootFields = {
    properties: isJsonObject(schema.properties) ? schema.properties : {},
    required: Array.isArray(schema.required) ? schema.required.map(String) : [],
  };
  if (depth > 8) return own;
  const partsOf = (value: unknown): RootFields[] =>
    (Array.isArray(value) ? value : [])
      .flatMap((part: unknown): JsonObject[] => listed(resolved(part, root)))
      .map((part) => rootFields(part, root, depth + 1));
  const target = typeof schema.$ref === 'string' ? resolved(schema, root) : undefined;
  const all = [...(target ? [rootFields(target, root, depth + 1)] : []), ...partsOf(schema.allOf), own];
  const either = [...partsOf(schema.anyOf), ...partsOf(schema.oneOf)];
  const common = (either[0]?.required ?? []).filter((name) => either.every((part) => part.required.includes(name)));
  return {
    properties: Object.assign({}, ...[...either, ...all].map((part) => part.properties)) as JsonObject,
    required: [...new Set([...all.flatMap((part) => part.required), ...common])],
  };
}

function listed(schema: JsonObject | undefined): JsonObject[] {
  return schema ? [schema] : [];
}

function rewritten(value: unknown, form: 'openai' | 'grammar'): unknown {
  if (Array.isArray(value)) return value.map((item) => rewritten(item, form));
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(unwrapped(value)).filter(([name, inner]) => isTaken(name, inner, form));
  return Object.fromEntries(
    entries.map(([name, inner]) => {
      // Below `properties` and the like, names are the client's own.
      if (mapsOfSchemas.has(name) && isJsonObject(inner)) {
        return [name, Object.fromEntries(Object.entries(inner).map(([key, schema]) => [key, rewritten(schema, form)]))];
      }
      return [name, literals.has(name) ? inner : rewritten(inner, form)];
    }),
  );
}

/** `allOf` of one schema is that schema. */
function unwrapped(schema: JsonObject): JsonObject {
  const { allOf, ...rest } = schema;
  return Array.isArray(allOf) && allOf.length === 1 && isJsonObject(allOf[0]) ? { ...allOf[0], ...rest } : schema;
}

function isTaken(name: string, value: unknown, form: 'openai' | 'grammar'): boolean {
  if (name === 'propertyNames') return false;
  if (name !== 'pattern' || typeof value !== 'string') return true;
  return form === 'openai' ? !/\(\?<?[=!]/.test(value) : value.startsWith('^') && value.endsWith('$');
}

const mapsOfSchemas = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas']);
const literals = new Set(['enum', 'const', 'default', 'examples', 'required']);
