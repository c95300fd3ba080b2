import type { Call } from '../call/call.ts';
import { Failure } from '../call/failure.ts';
import { isJsonObject, type StreamEventData } from '../protocol/messages.ts';
import { parseJson, StreamEvent } from '../protocol/stream-event.ts';
import { clientGone, failureOf } from './failure-of.ts';
import type { Leg } from './leg.ts';
import { continuationCall } from './recovery/continuation.ts';
import { ShownReply } from './recovery/shown-reply.ts';
import { Splice } from './recovery/splice.ts';
import { ToolHold } from './recovery/tool-hold.ts';
import type { TargetTries } from './try-targets.ts';

/** Who is told what happens to an answer while it streams. */
export interface AnswerListener {
  /** Another target goes on with it. */
  onLeg(leg: Leg): void;
  onFailure(failure: Failure): void;
}

/**
 * The answer to a call from the target that has begun on: its events as they come. Where it breaks off and another target
 * is left, that one goes on where it stopped, as long as nothing is doubled or lost by it; else the stream ends in an
 * `error` event. Never throws.
 */
export async function* answerStream(
  tries: TargetTries,
  call: Call,
  first: Leg,
  listener: AnswerListener,
): AsyncGenerator<StreamEvent[]> {
  const shown = new ShownReply();
  /** Shown as well, and read only where another target has to go on from it. */
  const unread: StreamEvent[] = [];
  let leg = first;
  let splice: Splice | undefined;
  for (;;) {
    // Only what another target could go on from has to be watched, and only while there is one.
    const hold = tries.hasMore ? new ToolHold() : undefined;
    let failure: Failure | undefined;
    try {
      for await (const batch of leg.batches()) {
        const joined = splice ? splice.push(batch) : batch;
        const visible = hold ? hold.push(joined) : joined;
        if (hold) unread.push(...visible);
        if (visible.length > 0) yield visible;
      }
    } catch (error) {
      failure = failureOf(error, call);
    } finally {
      leg.end(failure ?? (leg.stopReason === undefined ? clientGone() : undefined));
    }
    if (!failure) return;
    shown.add(unread.splice(0));
    const next = hold ? await nextLeg(tries, call, leg, failure, shown) : failure;
    if (next instanceof Failure) {
      listener.onFailure(next);
      yield [errorEvent(next)];
      return;
    }
    listener.onLeg(next);
    leg = next;
    splice = new Splice(shown);
    const closing = splice.push([]);
    shown.add(closing);
    if (closing.length > 0) yield closing;
  }
}

/** The target that goes on; the failure that the client is told where none can or may. */
async function nextLeg(
  tries: TargetTries,
  call: Call,
  failed: Leg,
  failure: Failure,
  shown: ShownReply,
): Promise<Leg | Failure> {
  if (failure.remedy === 'none' || !shown.isContinuable) return failure;
  tries.skipTarget(failed.target);
  try {
    return await tries.open(continuationCall(call, shown.text, shown.outputTokens));
  } catch (error) {
    const further = failureOf(error, call);
    return further.kind === 'client-gone' ? further : failure.with({}, `${failure.message}; ${further.message}`);
  }
}

/** The `error` event that tells a failure; an Anthropic upstream's own error keeps its bytes. */
export function errorEvent(failure: Failure): StreamEvent {
  const { body } = failure.details;
  const own = body && parseJson(body.toString('utf8'));
  if (isJsonObject(own) && own.type === 'error' && isJsonObject(own.error) && typeof own.error.message === 'string') {
    return StreamEvent.of(own as Extract<StreamEventData, { type: 'error' }>);
  }
  return StreamEvent.of({ type: 'error', error: { type: failure.type, message: failure.message } });
}
