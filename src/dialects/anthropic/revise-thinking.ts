import type { Failure } from '../../call/failure.ts';
import { type ContentBlock, type InputMessage, isJsonObject, type MessagesRequest } from '../../protocol/messages.ts';
import type { EncodeInput, Revision } from '../dialect.ts';

/**
 * A second request without the reasoning of earlier turns, where Anthropic refuses its signatures (another account or
 * model minted them), or without thinking, where it misses reasoning that another provider did not leave behind.
 */
export function reviseThinking(failure: Failure, input: EncodeInput): Revision | undefined {
  if (failure.kind !== 'upstream-refused-request') return undefined;
  if (missesThinking.test(failure.message)) return withoutThinking(input);
  if (refusesSignature.test(failure.message)) return withoutEarlierThinking(input);
  return undefined;
}

const missesThinking = /expected [`'"]?thinking[`'"]? or [`'"]?redacted_thinking[`'"]?,? but found/i;
const refusesSignature = /(invalid|corrupt|mismatch).{0,40}signature|signature.{0,60}(invalid|not valid|mismatch)/i;

function withoutThinking(input: EncodeInput): Revision | undefined {
  if (!mustThinkFirst(input.request)) return undefined;
  return revised(input, { thinking: { type: 'disabled' } }, 'thinking switched off: earlier turns hold none');
}

function withoutEarlierThinking(input: EncodeInput): Revision | undefined {
  const { messages: before } = input.request;
  const messages = before.flatMap((message) => withoutThinkingBlocks(message));
  if (messages.length === before.length && messages.every((message, index) => message === before[index])) {
    return undefined;
  }
  // A turn of tools in progress would have to begin with the reasoning that is gone.
  const thinking = mustThinkFirst(input.request) && endsWithResults(messages) ? { type: 'disabled' } : undefined;
  const changes = { messages, ...(thinking ? { thinking } : {}) };
  return revised(input, changes, 'thinking of earlier turns left out: its signature was refused upstream');
}

function revised(input: EncodeInput, changes: Partial<MessagesRequest>, warning: string): Revision {
  return { input: { ...input, request: { ...input.request, ...changes }, rawBody: undefined }, warning };
}

function mustThinkFirst({ thinking }: MessagesRequest): boolean {
  return isJsonObject(thinking) && thinking.type === 'enabled';
}

function withoutThinkingBlocks(message: InputMessage): InputMessage[] {
  if (!Array.isArray(message?.content) || message.role !== 'assistant') return [message];
  const content = message.content.filter((block) => !isThinking(block));
  if (content.length === message.content.length) return [message];
  return content.length === 0 ? [] : [{ ...message, content }];
}

function endsWithResults(messages: readonly InputMessage[]): boolean {
  const content = messages.at(-1)?.content;
  return Array.isArray(content) && content.some((block) => isJsonObject(block) && block.type === 'tool_result');
}

function isThinking(block: ContentBlock): boolean {
  return isJsonObject(block) && (block.type === 'thinking' || block.type === 'redacted_thinking');
}
