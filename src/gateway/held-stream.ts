import type { Call } from '../call/call.ts';
import type { Failure } from '../call/failure.ts';
import { emptyMessage } from '../protocol/empty-message.ts';
import type { StreamEventData, Usage } from '../protocol/messages.ts';
import { StreamEvent } from '../protocol/stream-event.ts';
import { emptyUsage, mergeUsage } from '../protocol/usage.ts';
import { errorEvent } from './answer-stream.ts';
import { failureOf } from './failure-of.ts';

/**
 * A stream that begins before any target has: the router's own `message_start` goes out first, so that pings can follow;
 * that of the target is then left out and its usage told at the end. Never throws.
 */
export async function* heldStream(
  opening: Promise<AsyncGenerator<StreamEvent[]>>,
  call: Call,
  model: string,
  onFailure: (failure: Failure) => void,
): AsyncGenerator<StreamEvent[]> {
  yield [StreamEvent.of({ type: 'message_start', message: emptyMessage(`msg_${call.id}`, model) })];
  let answer: AsyncGenerator<StreamEvent[]>;
  try {
    answer = await opening;
  } catch (error) {
    const failure = failureOf(error, call);
    onFailure(failure);
    yield [errorEvent(failure)];
    return;
  }
  let usage: Usage = emptyUsage();
  for await (const batch of answer) {
    const events: StreamEvent[] = [];
    for (const event of batch) {
      const data = event.data;
      if (data.type === 'message_start') usage = mergeUsage(usage, data.message.usage);
      else if (data.type === 'message_delta') events.push(withUsage(data, usage));
      else events.push(event);
    }
    if (events.length > 0) yield events;
  }
}

function withUsage(data: Extract<StreamEventData, { type: 'message_delta' }>, usage: Usage): StreamEvent {
  return StreamEvent.of({ ...data, usage: mergeUsage(usage, data.usage) });
}
