import type { StreamEvent } from '../protocol/stream-event.ts';
import type { CallRecorder } from './call-recorder.ts';

/**
 * The batches as they pass, written down; the call is settled when the stream is over or left. `over` is told before that,
 * and whether it came to its end. Every batch of every stream passes here: a generator would take several times as much.
 */
export class RecordedStream implements AsyncIterableIterator<StreamEvent[]> {
  readonly #source: AsyncIterator<StreamEvent[]>;
  readonly #recorder: CallRecorder;
  readonly #over: (ended: boolean) => void | Promise<void>;
  #ended = false;
  #settled: Promise<void> | undefined;

  constructor(
    batches: AsyncIterable<StreamEvent[]>,
    recorder: CallRecorder,
    over: (ended: boolean) => void | Promise<void>,
  ) {
    this.#source = batches[Symbol.asyncIterator]();
    this.#recorder = recorder;
    this.#over = over;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<StreamEvent[]>> {
    if (this.#ended || this.#settled) return this.return();
    return this.#source.next().then(this.#passed, this.#broken);
  }

  async return(): Promise<IteratorResult<StreamEvent[]>> {
    this.#settled ??= this.#settle(this.#source.return?.());
    await this.#settled;
    return { done: true, value: undefined };
  }

  readonly #passed = (result: IteratorResult<StreamEvent[]>) => {
    if (result.done) return this.return();
    this.#recorder.events(result.value);
    const last = result.value.at(-1)?.type;
    this.#ended = last === 'message_stop' || last === 'error';
    return result;
  };

  readonly #broken = async (error: unknown): Promise<never> => {
    this.#settled ??= this.#settle();
    await this.#settled;
    throw error;
  };

  async #settle(closing?: Promise<unknown>): Promise<void> {
    try {
      await closing;
    } finally {
      if (!this.#ended) this.#recorder.left();
      await this.#over(this.#ended);
      this.#recorder.settle();
    }
  }
}
