import type { JsonObject } from '../../protocol/messages.ts';
import type { EncodedRequest, EncodeInput } from '../dialect.ts';
import { type OpenedConversation, openConversation } from '../shared/conversation.ts';
import { exchangeFor } from '../shared/exchange.ts';
import { identityFields, samplingFields, stopSequencesOf, warnOfUnknownFields } from '../shared/settings.ts';
import { encodeStretches } from '../shared/stretches.ts';
import { readTools } from '../shared/tools.ts';
import { writeJson } from '../shared/written-json.ts';
import { encodeTurns } from './messages.ts';
import { encodeFormat, encodeReasoning, limitFields, mayReason } from './settings.ts';
import { encodeTools } from './tools.ts';
import type { ResponsesRequest } from './wire.ts';

/** The request for `POST /responses`. Throws Failure `not-expressible` where its meaning would be lost. */
export function encodeRequest(input: EncodeInput): EncodedRequest {
  const { request, model, quirks } = input;
  const warnings: string[] = [];
  const conversation = openConversation(request, warnings);
  const tools = readTools(request, warnings);
  const wireTools = encodeTools(tools, input, warnings);
  const format = encodeFormat(input);
  const include = [...(mayReason(input) ? ['reasoning.encrypted_content'] : []), ...wireTools.include];
  const body: ResponsesRequest = {
    model,
    ...instructions(conversation, [...wireTools.hints, ...format.hints]),
    input: encodeStretches(conversation, input, encodeTurns, [], warnings).list,
    ...wireTools.fields,
    ...limitFields(input, warnings),
    ...samplingFields(input, warnings),
    ...encodeReasoning(input),
    ...format.fields,
    ...identityFields(input),
    store: false,
    ...(include.length > 0 ? { include } : {}),
    ...streamFields(input),
    ...quirks.extraBody,
  };
  warnOfUnknownFields(request, warnings);
  return {
    body: writeJson(body),
    headers: { 'content-type': 'application/json' },
    warnings,
    exchange: {
      ...exchangeFor(input, tools.functions, stopSequencesOf(request)),
      strictTools: wireTools.strict,
    },
  };
}

function instructions({ system }: OpenedConversation, hints: readonly string[]): JsonObject {
  const text = [...system.map((block) => block.text), ...hints].join('\n\n');
  return text === '' ? {} : { instructions: text };
}

/** Obfuscation pads every event of a stream with random text. */
function streamFields({ stream, quirks }: EncodeInput): JsonObject {
  if (!stream) return {};
  return { stream: true, ...(quirks.streamOptions ? { stream_options: { include_obfuscation: false } } : {}) };
}
