import { isJsonObject, type JsonObject } from '../../protocol/messages.ts';
import type { Quirks } from '../quirks.ts';

/** A tool's schema without what the service refuses; the same object where nothing is to be taken out. */
export function schemaFor(schema: JsonObject, form: Quirks['toolSchemas']): JsonObject {
  return form === 'as-is' ? schema : (rewritten(schema, form) as JsonObject);
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
