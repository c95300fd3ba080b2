import type { Call } from '../call/call.ts';
import type { Exchange } from '../dialects/dialect.ts';
import { emptyUsage } from '../protocol/usage.ts';
import { WholeMessage } from '../protocol/whole-message.ts';

/**
 * The answer to a call that asks for none (`max_tokens: 0` only fills Anthropic's prompt cache), for a target that knows
 * no such calls; undefined for any other call.
 */
export function emptyAnswer(call: Call, exchange: Exchange): WholeMessage | undefined {
  if (call.request.max_tokens !== 0 || exchange.passThrough) return undefined;
  return WholeMessage.of({
    id: `msg_${call.id}`,
    type: 'message',
    role: 'assistant',
    model: exchange.model,
    content: [],
    stop_reason: 'max_tokens',
    stop_sequence: null,
    usage: emptyUsage(),
  });
}
