import type { Failure } from '../../call/failure.ts';
import { type ContentBlock, isJsonObject, type MessagesRequest } from '../../protocol/messages.ts';
import type { EncodeInput, Revision } from '../dialect.ts';
import { isRouterSignature } from '../shared/reasoning-state.ts';
import { isFailedCall } from './reply-reader.ts';

/**
 * A second request without the thought signatures that Google would not take back, without the thinking that the model
 * does not have, or as it was where the model wrote a call that nobody can run.
 */
export function reviseRequest(failure: Failure, input: EncodeInput): Revision | undefined {
  if (isFailedCall(failure)) return { input, warning: `asked twice: ${failure.message}` };
  if (failure.kind !== 'upstream-refused-request') return undefined;
  if (/thought.?signature/i.test(failure.message)) return withoutSignatures(input);
  if (/thinking|thoughts/i.test(failure.message)) return withoutThinking(input);
  return undefined;
}

function withoutSignatures(input: EncodeInput): Revision | undefined {
  const { request, quirks } = input;
  const messages = request.messages.map((message) => {
    const { content } = isJsonObject(message) ? message : {};
    return Array.isArray(content) ? { ...message, content: content.filter((block) => !isOwnThinking(block)) } : message;
  });
  const nothingToStrip = messages.every((message, index) => lengthOf(message) === lengthOf(request.messages[index]));
  if (nothingToStrip && quirks.callSignatures === 'required') return undefined;
  return {
    input: {
      ...input,
      rawBody: undefined,
      request: { ...request, messages },
      quirks: { ...quirks, callSignatures: 'required' },
    },
    warning: 'thought signatures left out: refused upstream',
  };
}

function withoutThinking(input: EncodeInput): Revision | undefined {
  if (input.quirks.thinking === 'none' || input.abilities.reasoning === false) return undefined;
  return {
    input: { ...input, quirks: { ...input.quirks, thinking: 'none' } },
    warning: 'thinking settings left out: refused upstream',
  };
}

function isOwnThinking(block: ContentBlock): boolean {
  return block?.type === 'thinking' && isRouterSignature(block.signature);
}

function lengthOf(message: MessagesRequest['messages'][number] | undefined): number {
  return Array.isArray(message?.content) ? message.content.length : 0;
}
