import type { Failure } from '../../call/failure.ts';
import { type ContentBlock, isJsonObject } from '../../protocol/messages.ts';
import type { EncodeInput, Revision } from '../dialect.ts';
import { isRouterSignature } from '../shared/reasoning-state.ts';
import { isFailedCall } from './reply-reader.ts';
import { readCallId } from './signatures.ts';

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
  let stripped = 0;
  const messages = request.messages.map((message) => {
    if (!isJsonObject(message) || !Array.isArray(message.content)) return message;
    const content = message.content.flatMap((block) => unsigned(block, input));
    if (content.every((block, index) => block === message.content[index])) return message;
    stripped += 1;
    return { ...message, content };
  });
  if (stripped === 0 && quirks.callSignatures === 'required') return undefined;
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

/** The block without the signatures that it carries; none where it carries nothing else. */
function unsigned(block: ContentBlock, input: EncodeInput): ContentBlock[] {
  if (block?.type === 'thinking') return isRouterSignature(block.signature) ? [] : [block];
  const field = block?.type === 'tool_use' ? 'id' : 'tool_use_id';
  const given = isJsonObject(block) ? block[field] : undefined;
  if (typeof given !== 'string') return [block];
  const { id, signature } = readCallId(given, input);
  return signature === undefined ? [block] : [{ ...block, [field]: id }];
}

function withoutThinking(input: EncodeInput): Revision | undefined {
  if (input.quirks.thinking === 'none' || input.abilities.reasoning === false) return undefined;
  return {
    input: { ...input, quirks: { ...input.quirks, thinking: 'none' } },
    warning: 'thinking settings left out: refused upstream',
  };
}
