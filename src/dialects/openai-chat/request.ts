import type { JsonObject } from '../../protocol/messages.ts';
import type { EncodedRequest, EncodeInput } from '../dialect.ts';
import { openConversation } from '../shared/conversation.ts';
import { exchangeFor } from '../shared/exchange.ts';
import { answerLimit, identityFields, samplingFields, stopFields, warnOfUnknownFields } from '../shared/settings.ts';
import { readTools } from '../shared/tools.ts';
import { writeJson } from '../shared/written-json.ts';
import { encodeFormat } from './answer-format.ts';
import { encodeMessages } from './messages.ts';
import { encodeReasoning } from './reasoning-request.ts';
import { encodeTools } from './tools.ts';
import type { ChatMessage, ChatRequest } from './wire.ts';

/** The request as a chat completion. Throws Failure `not-expressible` where its meaning would be lost. */
export function encodeRequest(input: EncodeInput): EncodedRequest {
  const { request, model, quirks } = input;
  const warnings: string[] = [];
  const conversation = openConversation(request, warnings);
  const tools = readTools(request, warnings);
  const wireTools = encodeTools(tools, input, warnings);
  const format = encodeFormat(request, quirks);
  const messages = encodeMessages(conversation, [...wireTools.hints, ...format.hints], input, warnings);
  const stops = stopFields(input);
  const body: ChatRequest = {
    model,
    messages: messages.list,
    ...wireTools.fields,
    ...limitFields(input, warnings),
    ...samplingFields(input, warnings),
    ...stops.fields,
    ...encodeReasoning(input, tools.functions.length > 0),
    ...format.fields,
    ...identityFields(input),
    ...continuation(messages.last, input),
    ...streamFields(input),
    ...quirks.extraBody,
  };
  warnOfUnknownFields(request, warnings);
  return {
    body: writeJson(body),
    headers: { 'content-type': 'application/json' },
    warnings,
    exchange: exchangeFor(input, tools.functions, stops.enforced),
  };
}

function limitFields(input: EncodeInput, warnings: string[]): JsonObject {
  const limit = answerLimit(input, warnings);
  return limit === undefined ? {} : { [input.quirks.maxTokensField]: limit };
}

function streamFields({ stream, quirks }: EncodeInput): JsonObject {
  if (!stream) return {};
  return { stream: true, ...(quirks.streamOptions ? { stream_options: { include_usage: true } } : {}) };
}

/** A last message of the assistant's, for servers that have to be told to go on with it. */
function continuation(last: ChatMessage | undefined, { quirks }: EncodeInput): JsonObject {
  if (quirks.prefill !== 'continue-final-message' || last?.role !== 'assistant') return {};
  return { add_generation_prompt: false, continue_final_message: true };
}
