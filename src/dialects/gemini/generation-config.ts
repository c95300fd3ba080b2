import { isJsonObject, type JsonObject } from '../../protocol/messages.ts';
import type { EncodeInput } from '../dialect.ts';
import { answerLimit, stopFields } from '../shared/settings.ts';
import { warn } from '../shared/warnings.ts';
import { jsonSchemaFor } from './json-schema.ts';
import { encodeThinking } from './thinking.ts';

export interface GenerationConfig {
  fields: JsonObject;
  /** Lines for the system text. */
  hints: string[];
  /** Stop sequences that the router enforces. */
  enforced: readonly string[];
}

/** `generationConfig`: limits, sampling, thinking, and the form of the answer. */
export function encodeGenerationConfig(
  input: EncodeInput,
  hasFunctions: boolean,
  warnings: string[],
): GenerationConfig {
  const stops = stopFields(input);
  const format = encodeFormat(input, hasFunctions);
  const { stop } = stops.fields;
  const limit = answerLimit(input, warnings);
  return {
    fields: {
      ...(limit === undefined ? {} : { maxOutputTokens: limit }),
      ...samplingFields(input, warnings),
      ...(stop === undefined ? {} : { stopSequences: stop }),
      ...encodeThinking(input),
      ...format.fields,
    },
    hints: format.hints,
    enforced: stops.enforced,
  };
}

function samplingFields({ request, quirks, abilities }: EncodeInput, warnings: string[]): JsonObject {
  const { temperature, top_p: topP, top_k: topK } = request;
  const dropped = quirks.ownTemperature && temperature !== undefined;
  if (dropped && temperature !== 1) warn(warnings, 'temperature dropped: the model is tuned for its own');
  const sent = dropped ? abilities.temperature : (temperature ?? abilities.temperature);
  return {
    ...(sent === undefined ? {} : { temperature: sent }),
    ...(topP === undefined ? {} : { topP }),
    ...(topK === undefined ? {} : { topK }),
  };
}

/** The answer's schema as a field, or in words where the model does not take it, or not beside functions. */
function encodeFormat(
  { request, quirks }: EncodeInput,
  hasFunctions: boolean,
): { fields: JsonObject; hints: string[] } {
  const format = request.output_config?.format ?? request.output_format;
  if (!isJsonObject(format) || format.type !== 'json_schema' || !isJsonObject(format.schema)) {
    return { fields: {}, hints: [] };
  }
  if (quirks.jsonSchema === 'json_schema' && (!hasFunctions || quirks.formatWithFunctions)) {
    const schema = jsonSchemaFor(format.schema);
    return { fields: { responseMimeType: 'application/json', responseJsonSchema: schema }, hints: [] };
  }
  const described = JSON.stringify(format.schema);
  return {
    fields: {},
    hints: [`Answer with one JSON object and nothing else. It must match this JSON schema: ${described}`],
  };
}
