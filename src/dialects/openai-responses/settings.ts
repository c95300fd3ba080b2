import { isJsonObject, type JsonObject } from '../../protocol/messages.ts';
import type { EncodeInput } from '../dialect.ts';
import { nearestEffort, requestedEffort } from '../shared/effort.ts';
import { answerLimit } from '../shared/settings.ts';
import { isStrictSchema } from '../shared/strict-schema.ts';

/** True where the model is known to reason, or its service's models do and nothing says that this one does not. */
export function mayReason({ quirks, abilities }: EncodeInput): boolean {
  return abilities.reasoning ?? quirks.reasoningRequest !== 'none';
}

/** Effort, and a summary for a client that asked for thinking and wants to see it. */
export function encodeReasoning(input: EncodeInput): JsonObject {
  if (!mayReason(input)) return {};
  const { request, quirks } = input;
  const asked = requestedEffort(request);
  const level = asked.kind === 'off' ? 'none' : asked.kind === 'level' ? asked.level : undefined;
  const effort = level === undefined ? undefined : (quirks.effortNames[level] ?? nearestEffort(level, quirks.efforts));
  const { thinking } = request;
  const shown = asked.kind !== 'off' && isJsonObject(thinking) && thinking.display !== 'omitted';
  const fields = { ...(effort === undefined ? {} : { effort }), ...(shown ? { summary: 'auto' } : {}) };
  return Object.keys(fields).length > 0 ? { reasoning: fields } : {};
}

/** The bound of the answer. It includes the reasoning: too small a bound would leave no room for an answer. */
export function limitFields(input: EncodeInput, warnings: string[]): JsonObject {
  const limit = answerLimit(input, warnings);
  if (limit === undefined) return {};
  const { quirks, request } = input;
  const silent = !mayReason(input) || (requestedEffort(request).kind === 'off' && quirks.efforts.includes('none'));
  return { max_output_tokens: Math.max(silent ? 16 : 1024, limit) };
}

/** The form that the answer must have: by its schema, or as some JSON with the schema in words. */
export function encodeFormat({ request, quirks }: EncodeInput): { fields: JsonObject; hints: string[] } {
  const format = request.output_config?.format ?? request.output_format;
  if (!isJsonObject(format) || format.type !== 'json_schema' || !isJsonObject(format.schema)) {
    return { fields: {}, hints: [] };
  }
  const { schema } = format;
  if (quirks.jsonSchema === 'json_schema') {
    const described = { type: 'json_schema', name: 'output', schema, strict: isStrictSchema(schema) };
    return { fields: { text: { format: described } }, hints: [] };
  }
  const hint = `Answer with one JSON object and nothing else. It must match this JSON schema: ${JSON.stringify(schema)}`;
  return {
    fields: quirks.jsonSchema === 'json_object' ? { text: { format: { type: 'json_object' } } } : {},
    hints: [hint],
  };
}
