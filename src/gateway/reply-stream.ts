import type { Call } from '../call/call.ts';
import { Failure } from '../call/failure.ts';
import { isJsonObject, type Message, type StreamEventData, type Usage } from '../protocol/messages.ts';
import { parseJson, StreamEvent } from '../protocol/stream-event.ts';
import { emptyUsage, mergeUsage } from '../protocol/usage.ts';
import type { Opened } from './attempt.ts';

type OpenedStream = Extract<Opened, { kind: 'stream' }>;

/** The stream of a target that has begun: its events, and an `error` event where it breaks off. Never throws. */
export async function* begunStream(opened: OpenedStream, call: Call, onFailure: (failure: Failure) => void) {
  try {
    yield opened.events;
    yield* opened.rest;
  } catch (error) {
    const failure = failureOf(error, call);
    onFailure(failure);
    yield [errorEvent(failure)];
  } finally {
    await opened.rest.return(undefined);
  }
}

/**
 * A stream that begins before any target has: the router's own `message_start` goes out first, so that pings can follow;
 * that of the target is then left out and its usage told at the end. Never throws.
 */
export async function* heldStream(
  opening: Promise<Opened>,
  call: Call,
  model: string,
  onFailure: (failure: Failure) => void,
): AsyncGenerator<StreamEvent[]> {
  yield [StreamEvent.of({ type: 'message_start', message: startOf(call, model) })];
  let opened: Opened;
  try {
    opened = await opening;
  } catch (error) {
    const failure = failureOf(error, call);
    onFailure(failure);
    yield [errorEvent(failure)];
    return;
  }
  if (opened.kind !== 'stream') return;
  let usage: Usage = emptyUsage();
  for await (const batch of begunStream(opened, call, onFailure)) {
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

/** The `error` event that tells a failure; an Anthropic upstream's own error keeps its bytes. */
export function errorEvent(failure: Failure): StreamEvent {
  const { body } = failure.details;
  const own = body && parseJson(body.toString('utf8'));
  if (isJsonObject(own) && own.type === 'error' && isJsonObject(own.error) && typeof own.error.message === 'string') {
    return StreamEvent.of(own as Extract<StreamEventData, { type: 'error' }>);
  }
  return StreamEvent.of({ type: 'error', error: { type: failure.type, message: failure.message } });
}

function failureOf(error: unknown, call: Call): Failure {
  return call.signal.aborted ? new Failure('client-gone', 'the client closed the connection') : Failure.from(error);
}

function startOf(call: Call, model: string): Message {
  return {
    id: `msg_${call.id}`,
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: emptyUsage(),
  };
}

function withUsage(data: Extract<StreamEventData, { type: 'message_delta' }>, usage: Usage): StreamEvent {
  return StreamEvent.of({ ...data, usage: mergeUsage(usage, data.usage) });
}
