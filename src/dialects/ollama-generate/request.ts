import { Failure } from '../../call/failure.ts';
import { isJsonObject } from '../../protocol/messages.ts';
import type { EncodedRequest, EncodeInput } from '../dialect.ts';
import { encodeSettings } from '../ollama/settings.ts';
import type { OllamaGenerateRequest } from '../ollama/wire.ts';
import { readConversation } from '../shared/conversation.ts';
import { exchangeFor } from '../shared/exchange.ts';
import { warnOfUnknownFields } from '../shared/settings.ts';
import { readTools } from '../shared/tools.ts';
import { warn } from '../shared/warnings.ts';
import { encodePrompt } from './prompt.ts';

/** The request for `/api/generate`. Throws Failure `not-expressible` where its meaning would be lost. */
export function encodeRequest(input: EncodeInput): EncodedRequest {
  const { request, provider } = input;
  const warnings: string[] = [];
  const conversation = readConversation(request, warnings);
  refuseForcedTool(input);
  const { functions, serverTools } = readTools(request, warnings);
  if (functions.length > 0 || serverTools.length > 0)
    warn(warnings, `tools dropped: /api/generate of ${provider} has none, /api/chat does`);
  const system = conversation.system.map((block) => block.text).join('\n\n');
  const { prompt, images } = encodePrompt(conversation.turns, input, warnings);
  const body: OllamaGenerateRequest = {
    model: input.model,
    prompt,
    ...(system === '' ? {} : { system }),
    ...(images.length === 0 ? {} : { images }),
    ...encodeSettings(input, false, warnings).fields,
  };
  warnOfUnknownFields(request, warnings);
  return {
    body: Buffer.from(JSON.stringify(body)),
    headers: { 'content-type': 'application/json' },
    warnings,
    exchange: exchangeFor(input, []),
  };
}

/** A client that insists on a call can't do with a text. */
function refuseForcedTool({ request, provider, model }: EncodeInput): void {
  const choice = isJsonObject(request.tool_choice) ? request.tool_choice.type : undefined;
  if (choice !== 'any' && choice !== 'tool') return;
  throw new Failure(
    'not-expressible',
    `tool_choice: ${provider}/${model} is called at /api/generate, which has no tools; set its endpoint to /api/chat, or choose another model`,
    { provider },
  );
}
