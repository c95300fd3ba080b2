import { Failure } from '../../call/failure.ts';
import type { StreamEvent } from '../../protocol/stream-event.ts';
import { errorEvent } from '../answer-stream.ts';

/** What all running calls remember of their answers, in bytes, and may at most. */
export interface Memory {
  bytes: number;
  most: number;
  mostOfOne: number;
}

interface Batch {
  events: StreamEvent[];
  size: number;
}

/**
 * A stream that several read, each from its beginning and at its own pace: whoever is foremost asks for more. Its beginning
 * is remembered while there is room for it.
 */
export class SharedStream {
  readonly #source: AsyncIterator<StreamEvent[]>;
  readonly #memory: Memory;
  readonly #onEnd: (whole: boolean) => void;
  readonly #places = new Set<{ at: number }>();
  #kept: Batch[] = [];
  #keptBytes = 0;
  /** How many batches came before the first that is kept. */
  #dropped = 0;
  #remembers = true;
  #isBegun = false;
  #isOver = false;
  #pulling: Promise<void> | undefined;
  #sourceEnded: Promise<unknown> | undefined;

  /** `onEnd` is told once, when the last batch has come: whether the answer is whole. */
  constructor(source: AsyncIterable<StreamEvent[]>, memory: Memory, onEnd: (whole: boolean) => void) {
    this.#source = source[Symbol.asyncIterator]();
    this.#memory = memory;
    this.#onEnd = onEnd;
  }

  /** True while one more can read it from its beginning. */
  get isJoinable(): boolean {
    return this.#remembers;
  }

  /** Reads it from its beginning; `onLeave` is told where that is given up before the end. */
  reader(onLeave: () => void): AsyncIterableIterator<StreamEvent[]> {
    const place = { at: 0 };
    this.#places.add(place);
    const leave = () => {
      if (!this.#places.delete(place) || this.#isOver) return;
      onLeave();
    };
    return {
      [Symbol.asyncIterator]() {
        return this;
      },
      next: () => this.#next(place),
      async return() {
        leave();
        return { done: true, value: undefined };
      },
    };
  }

  /** Nobody reads on: what is left of it is not asked for, and what is remembered is forgotten. */
  close(): void {
    this.#forget();
    this.#kept = [];
    if (!this.#isOver) this.#endSource();
    this.#isOver = true;
  }

  async #next(place: { at: number }): Promise<IteratorResult<StreamEvent[]>> {
    while (place.at >= this.#dropped + this.#kept.length) {
      if (this.#isOver || !this.#places.has(place)) {
        // The call is settled before its client knows that all is said.
        await this.#sourceEnded;
        return { done: true, value: undefined };
      }
      this.#pulling ??= this.#pull();
      await this.#pulling;
    }
    if (place.at < this.#dropped) {
      this.#places.delete(place);
      place.at = Number.POSITIVE_INFINITY;
      return { done: false, value: [errorEvent(new Failure('internal', 'the answer was read too slowly'))] };
    }
    const { events } = this.#kept[place.at - this.#dropped]!;
    place.at += 1;
    if (!this.#remembers) this.#trim();
    return { done: false, value: events };
  }

  async #pull(): Promise<void> {
    this.#isBegun = true;
    const { done, value } = await this.#source.next();
    this.#pulling = undefined;
    if (this.#isOver) return;
    if (done) return this.#end(false);
    this.#keep({ events: value, size: sizeOf(value) });
    const last = value.at(-1)?.type;
    if (last !== 'message_stop' && last !== 'error') return;
    this.#end(last === 'message_stop');
    this.#endSource();
  }

  #keep(batch: Batch): void {
    this.#kept.push(batch);
    this.#keptBytes += batch.size;
    const memory = this.#memory;
    if (this.#remembers) memory.bytes += batch.size;
    if (this.#keptBytes > memory.mostOfOne || memory.bytes > memory.most) this.#forget();
    if (!this.#remembers) this.#trim();
  }

  #forget(): void {
    if (this.#remembers) this.#memory.bytes -= this.#keptBytes;
    this.#remembers = false;
  }

  /** Without what all have read; who is too far behind is left behind. */
  #trim(): void {
    const places = [...this.#places].map(({ at }) => at);
    const isTooMuch = this.#keptBytes > this.#memory.mostOfOne;
    const from = isTooMuch ? Math.max(...places) : Math.min(...places);
    while (this.#kept.length > 0 && this.#dropped < from) {
      this.#keptBytes -= this.#kept.shift()!.size;
      this.#dropped += 1;
    }
  }

  #end(whole: boolean): void {
    this.#isOver = true;
    this.#onEnd(whole);
  }

  /** A stream that nobody began to read would not end what is behind it: so it is begun first. */
  #endSource(): void {
    const begun = this.#isBegun ? Promise.resolve() : this.#source.next();
    this.#sourceEnded = begun.then(() => this.#source.return?.()).catch(() => undefined);
  }
}

function sizeOf(events: readonly StreamEvent[]): number {
  let size = 0;
  for (const event of events) size += event.size;
  return size;
}
