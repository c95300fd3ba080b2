import { isJsonObject, type JsonObject, type MessagesRequest } from '../../protocol/messages.ts';
import type { Quirks } from '../quirks.ts';
import { isStrictSchema } from '../shared/strict-schema.ts';

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
    const described = { name: 'output', schema, strict: isStrictSchema(schema) };
    return { fields: { response_format: { type: 'json_schema', json_schema: described } }, hints: [] };
  }
  const hint = `Answer with one JSON object and nothing else. It must match this JSON schema: ${JSON.stringify(schema)}`;
  return { fields: jsonSchema === 'json_object' ? { response_format: { type: 'json_object' } } : {}, hints: [hint] };
}
