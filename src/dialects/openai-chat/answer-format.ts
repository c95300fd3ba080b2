import { isJsonObject, type JsonObject, type MessagesRequest } from '../../protocol/messages.ts';
import type { Quirks } from '../quirks.ts';

/** The form that the answer must have: a field where the service knows schemas, else words in the system text too. */
export function encodeFormat(
  request: MessagesRequest,
  { jsonSchema }: Quirks,
): { fields: JsonObject; hints: string[] } {
  const format = request.output_config?.format ?? request.output_format;
  if (!isJsonObject(format) || format.type !== 'json_schema' || !isJsonObject(format.schema))
    return { fields: {}, hints: [] };
  const { schema } = format;
  if (jsonSchema === 'json_schema') {
    const described = { name: 'output', schema, strict: isStrict(schema) };
    return { fields: { response_format: { type: 'json_schema', json_schema: described } }, hints: [] };
  }
  const hint = `Answer with one JSON object and nothing else. It must match this JSON schema: ${JSON.stringify(schema)}`;
  return { fields: jsonSchema === 'json_object' ? { response_format: { type: 'json_object' } } : {}, hints: [hint] };
}

/** Strict services refuse a schema with an object that is open or has optional properties. */
function isStrict(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(isStrict);
  if (!isJsonObject(schema)) return true;
  if (schema.type === 'object' || isJsonObject(schema.properties)) {
    const names = Object.keys(isJsonObject(schema.properties) ? schema.properties : {});
    const required = Array.isArray(schema.required) ? schema.required : [];
    if (schema.additionalProperties !== false || names.some((name) => !required.includes(name))) return false;
  }
  return Object.values(schema).every(isStrict);
}
