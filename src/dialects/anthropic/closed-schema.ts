import { isJsonObject, type JsonObject } from '../../protocol/messages.ts';

/** The schema with all objects closed, and without the bounds that Anthropic's structured outputs refuse. */
export function closedSchema(schema: JsonObject): JsonObject {
  return closed(schema) as JsonObject;
}

function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).filter(([name, inner]) => !isRefused(name, inner));
  const kept = Object.fromEntries(
    entries.map(([name, inner]) => {
      // Below `properties` and the like, names are the client's own.
      if (!mapsOfSchemas.has(name) || !isJsonObject(inner)) return [name, literals.has(name) ? inner : closed(inner)];
      return [name, Object.fromEntries(Object.entries(inner).map(([key, schema]) => [key, closed(schema)]))];
    }),
  );
  return isObjectSchema(value) ? { ...kept, additionalProperties: false } : kept;
}

function isObjectSchema({ type, properties }: JsonObject): boolean {
  return type === 'object' || (Array.isArray(type) && type.includes('object')) || isJsonObject(properties);
}

function isRefused(name: string, value: unknown): boolean {
  return refused.has(name) || (name === 'minItems' && typeof value === 'number' && value > 1);
}

const refused = new Set([
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'minLength', 'maxLength'],
  ...['maxItems', 'uniqueItems', 'minProperties', 'maxProperties', '$schema'],
]);
const mapsOfSchemas = new Set(['properties', '$defs', 'definitions']);
const literals = new Set(['enum', 'const', 'default', 'examples', 'required']);
