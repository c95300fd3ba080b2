import type { Call } from '../call/call.ts';
import type { CallSignal } from '../call/cancellation.ts';
import type { Message } from '../protocol/messages.ts';
import type { Target } from '../providers/target.ts';
import type { Upstream } from '../providers/transport.ts';
import { attempt } from './attempt.ts';

/** Asks a target for a word, as cheaply as can be, with its first key. Throws Failure where it does not answer. */
export async function probeTarget(
  upstream: Upstream,
  target: Target,
  id: string,
  signal: CallSignal,
): Promise<Message> {
  const call: Call = {
    id,
    startedAt: 0,
    caller: { name: 'probe', permissions: new Set() },
    request: {
      model: target.model,
      max_tokens: 16,
      messages: [{ role: 'user', content: 'Answer with the word: ok' }],
    },
    rawBody: undefined,
    query: '',
    headers: {},
    sessionId: undefined,
    signal,
  };
  const opened = await attempt(
    { upstream, estimateTokens: () => 10, isRouterKey: () => false },
    call,
    target,
    target.keys.inTurn()[0],
  );
  if (opened.kind !== 'message') throw new Error('a stream where a message was asked for');
  return opened.message.message;
}
