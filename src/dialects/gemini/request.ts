import type { EncodedRequest, EncodeInput } from '../dialect.ts';
import { openConversation } from '../shared/conversation.ts';
import { exchangeFor } from '../shared/exchange.ts';
import { warnOfUnknownFields } from '../shared/settings.ts';
import { readTools } from '../shared/tools.ts';
import { writeJson } from '../shared/written-json.ts';
import { encodeContents } from './contents.ts';
import { changedFunctionNames } from './function-names.ts';
import { encodeGenerationConfig } from './generation-config.ts';
import { encodeTools } from './tools.ts';
import type { GenerateContentRequest } from './wire.ts';

/** The request as `generateContent` takes it. Throws Failure `not-expressible` where its meaning would be lost. */
export function encodeRequest(input: EncodeInput): EncodedRequest {
  const { request, quirks } = input;
  const warnings: string[] = [];
  const conversation = openConversation(request, warnings);
  const tools = readTools(request, warnings);
  const wireTools = encodeTools(tools, input, warnings);
  const config = encodeGenerationConfig(input, tools.functions.length > 0, warnings);
  const body: GenerateContentRequest = {
    ...encodeContents(conversation, [...wireTools.hints, ...config.hints], input, warnings),
    ...wireTools.fields,
    ...(Object.keys(config.fields).length > 0 ? { generationConfig: config.fields } : {}),
    ...quirks.extraBody,
  };
  warnOfUnknownFields(request, warnings);
  return {
    body: writeJson(body),
    headers: { 'content-type': 'application/json' },
    warnings,
    exchange: {
      ...exchangeFor(input, tools.functions, config.enforced),
      toolNames: changedFunctionNames(tools.functions),
      answerComesLast: /^claude-cli\//.test(input.anthropicHeaders['user-agent'] ?? ''),
    },
  };
}
