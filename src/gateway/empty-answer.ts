import type { Call } from '../call/call.ts';
import type { Exchange } from '../dialects/dialect.ts';
import { emptyMessage } from '../protocol/empty-message.ts';
import { WholeMessage } from '../protocol/whole-message.ts';

/**
 * The answer to a call that asks for none (`max_tokens: 0` only fills Anthropic's prompt cache), for a target that knows
 * no such calls; undefined for any other call.
 */
export function emptyAnswer(call: Call, exchange: Exchange): WholeMessage | undefined {
  if (call.request.max_tokens !== 0 || exchange.passThrough) return undefined;
  return WholeMessage.of({ ...emptyMessage(`msg_${call.id}`, exchange.model), stop_reason: 'max_tokens' });
}
