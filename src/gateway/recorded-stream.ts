import type { StreamEvent } from '../protocol/stream-event.ts';
import type { CallRecorder } from './call-recorder.ts';

/**
 * The batches as they pass, written down; the call is settled when the stream is over or left. `over` is told before that,
 * and whether it came to its end.
 */
export async function* recorded(
  batches: AsyncIterable<StreamEvent[]>,
  recorder: CallRecorder,
  over: (ended: boolean) => void | Promise<void>,
): AsyncGenerator<StreamEvent[]> {
  let ended = false;
  try {
    for await (const batch of batches) {
      recorder.events(batch);
      const last = batch.at(-1)?.type;
      ended = last === 'message_stop' || last === 'error';
      yield batch;
      if (ended) return;
    }
  } finally {
    if (!ended) recorder.left();
    await over(ended);
    recorder.settle();
  }
}
