import { isDeepStrictEqual } from 'node:util';
import { eventsOfMessage } from '../protocol/events-of-message.ts';
import { isJsonObject, type Message, type StreamEventData } from '../protocol/messages.ts';
import { StreamEvent } from '../protocol/stream-event.ts';
import { StreamFold } from '../protocol/stream-fold.ts';
import { jsonOf } from './change.ts';
import type { Extension } from './extension.ts';
import { isMessage } from './message-shape.ts';

type Batches = AsyncIterable<StreamEvent[]>;

/** A stream whose events an extension may change, each by itself, as long as the stream stays a legal one. */
export async function* byEvent(
  batches: Batches,
  extension: Extension,
  requestId: string,
  run: (event: StreamEventData) => unknown,
): AsyncGenerator<StreamEvent[]> {
  for await (const batch of batches)
    yield extension.has('event') ? await changedBatch(batch, extension, requestId, run) : batch;
}

async function changedBatch(
  batch: StreamEvent[],
  extension: Extension,
  requestId: string,
  run: (event: StreamEventData) => unknown,
): Promise<StreamEvent[]> {
  const copies = batch.map(({ data }) => structuredClone(data));
  const ran = await extension.run('onStreamEvent', requestId, () => answersOf(copies, run));
  if (!ran) return batch;
  const { answers } = ran.value;
  return batch.map((event, index) => {
    const answer = answers[index] ?? copies[index];
    if (isDeepStrictEqual(answer, event.data)) return event;
    const changed = jsonOf(answer);
    if (changed && staysLegal(event.data, changed)) return StreamEvent.of(changed as StreamEventData);
    extension.failed('onStreamEvent', requestId, new Error(`it would break the stream at ${event.type}`));
    return event;
  });
}

/** Waits only where a hook does. */
function answersOf(events: StreamEventData[], run: (event: StreamEventData) => unknown): Answers | Promise<Answers> {
  const answers = events.map(run);
  const waits = answers.some((answer) => typeof (answer as PromiseLike<unknown> | undefined)?.then === 'function');
  return waits ? Promise.all(answers).then((all) => ({ answers: all })) : { answers };
}

interface Answers {
  answers: unknown[];
}

/** True where only text changes: never what kind of event it is, whose block it belongs to, or a tool's call. */
function staysLegal(before: StreamEventData, after: object): boolean {
  if (!isJsonObject(after) || after.type !== before.type) return false;
  switch (before.type) {
    case 'message_start':
      return isMessage(after.message) && after.message.content.length === 0;
    case 'content_block_delta': {
      const { delta } = after;
      if (after.index !== before.index || !isJsonObject(delta) || delta.type !== before.delta.type) return false;
      const text =
        delta.type === 'text_delta' ? delta.text : delta.type === 'thinking_delta' ? delta.thinking : undefined;
      return typeof text === 'string';
    }
    case 'message_delta':
      return isJsonObject(after.delta) && typeof after.delta.stop_reason === 'string' && isJsonObject(after.usage);
    default:
      return false;
  }
}

/**
 * A stream that is held back until it is whole, shown to an extension as the message it tells, and told anew where that was
 * changed. One that breaks off, or is more than can be held, goes on as it came.
 */
export async function* byMessage(
  batches: Batches,
  change: (message: Message) => Promise<object>,
): AsyncGenerator<StreamEvent[]> {
  const fold = new StreamFold(mostHeldBytes);
  let held: StreamEvent[] | undefined = [];
  for await (const batch of batches) {
    if (!held) {
      yield batch;
      continue;
    }
    held.push(...batch);
    fold.add(batch);
    if (fold.isLost) {
      yield held;
      held = undefined;
    }
  }
  if (!held) return;
  const { message } = fold;
  const changed = message && (await change(message));
  yield changed === undefined || changed === message
    ? held
    : eventsOfMessage(streamable(message!, changed) ?? message!);
}

const mostHeldBytes = 16 * 1024 * 1024;

/** The changed answer as a whole message: what it lacks of one is that of the answer before. Undefined where it can't be one. */
function streamable(before: Message, changed: object): Message | undefined {
  const { content, ...rest } = changed as { content?: unknown };
  const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
  const message = { ...before, ...rest, ...(blocks === undefined ? {} : { content: blocks }) };
  return isMessage(message) ? message : undefined;
}
