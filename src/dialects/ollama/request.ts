import type { EncodedRequest, EncodeInput } from '../dialect.ts';
import { openConversation } from '../shared/conversation.ts';
import { exchangeFor } from '../shared/exchange.ts';
import { warnOfUnknownFields } from '../shared/settings.ts';
import { readTools } from '../shared/tools.ts';
import { WrittenList, writeJson } from '../shared/written-json.ts';
import { encodeMessages } from './messages.ts';
import { encodeSettings } from './settings.ts';
import { encodeTools } from './tools.ts';
import type { OllamaChatRequest } from './wire.ts';

/** The request for `/api/chat`. Throws Failure `not-expressible` where its meaning would be lost. */
export function encodeRequest(input: EncodeInput): EncodedRequest {
  const warnings: string[] = [];
  const conversation = openConversation(input.request, warnings);
  const offered = readTools(input.request, warnings);
  const { tools, hints } = encodeTools(offered, input, warnings);
  const settings = encodeSettings(input, tools.length > 0, warnings);
  const body: OllamaChatRequest = {
    model: input.model,
    messages: encodeMessages(conversation, [...hints, ...settings.hints], input, warnings),
    ...(tools.length > 0 ? { tools: new WrittenList(tools) } : {}),
    ...settings.fields,
  };
  warnOfUnknownFields(input.request, warnings);
  return {
    body: writeJson(body),
    headers: { 'content-type': 'application/json' },
    warnings,
    exchange: exchangeFor(input, offered.functions),
  };
}
