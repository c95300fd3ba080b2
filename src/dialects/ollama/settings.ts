import { isJsonObject, type JsonObject } from '../../protocol/messages.ts';
import type { EncodeInput } from '../dialect.ts';
import { answerLimit, stopSequencesOf } from '../shared/settings.ts';
import { windowFor } from './context-window.ts';
import { thinkOf } from './think.ts';

/** Fields of the request, and lines for the system text where a field can't say it. */
export interface WireSettings {
  fields: JsonObject;
  hints: string[];
}

/**
 * Everything but the conversation and its tools. The server is told to refuse a prompt that is too long and to stop where
 * the window is full: left to itself it forgets the oldest part without a word.
 */
export function encodeSettings(input: EncodeInput, hasTools: boolean, warnings: string[]): WireSettings {
  const { options, ...extra } = input.quirks.extraBody;
  const format = encodeFormat(input, hasTools);
  const think = thinkOf(input);
  return {
    fields: {
      stream: input.stream,
      ...(think === undefined ? {} : { think }),
      ...format.fields,
      options: { ...optionsOf(input, warnings), ...(isJsonObject(options) ? options : {}) },
      truncate: false,
      shift: false,
      ...extra,
    },
    hints: format.hints,
  };
}

function optionsOf(input: EncodeInput, warnings: string[]): JsonObject {
  const { request, abilities } = input;
  const stops = stopSequencesOf(request);
  const given: JsonObject = {
    num_ctx: windowFor(input),
    num_predict: answerLimit(input, warnings),
    temperature: request.temperature ?? abilities.temperature,
    top_p: request.top_p,
    top_k: request.top_k,
    stop: stops.length > 0 ? stops : undefined,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined && value !== null));
}

/** A schema for the answer keeps a model from calling tools, so with tools it is asked for in words. */
function encodeFormat({ request }: EncodeInput, hasTools: boolean): WireSettings {
  const format = request.output_config?.format ?? request.output_format;
  if (!isJsonObject(format) || format.type !== 'json_schema' || !isJsonObject(format.schema))
    return { fields: {}, hints: [] };
  if (!hasTools) return { fields: { format: format.schema }, hints: [] };
  const schema = JSON.stringify(format.schema);
  return {
    fields: {},
    hints: [`Give the final answer as one JSON object and nothing else. It must match this JSON schema: ${schema}`],
  };
}
