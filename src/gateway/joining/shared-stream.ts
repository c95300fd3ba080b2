import { Failure } from '../../call/failure.ts';
import type { StreamEvent } from '../../protocol/stream-event.ts';
import { errorEvent } from '../answer-stream.ts';
import { type Memory, Tape } from './tape.ts';

/** Events as they came, and where they stand on the tape. */
interface Batch {
  events: StreamEvent[];
  from: number;
  to: number;
}

/**
 * A stream that several read, each from its beginning and at its own pace: whoever is foremost asks for more. Its beginning
 * is remembered while there is room for it.
 */
export class SharedStream {
  readonly #source: AsyncIterator<StreamEvent[]>;
  readonly #tape: Tape;
  readonly #onEnd: (whole: boolean) => void;
  readonly #places = new Set<{ at: number }>();
  #isBegun = false;
  #isOver = false;
  #pulling: Promise<Batch | undefined> | undefined;
  #sourceEnded: Promise<unknown> | undefined;

  /** `onEnd` is told once, when the last batch has come: whether the answer is whole. */
  constructor(source: AsyncIterable<StreamEvent[]>, memory: Memory, onEnd: (whole: boolean) => void) {
    this.#source = source[Symbol.asyncIterator]();
    this.#tape = new Tape(memory);
    this.#onEnd = onEnd;
  }

  /** True while one more can read it from its beginning. */
  get isJoinable(): boolean {
    return this.#tape.isWhole;
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
    this.#tape.forget();
    if (!this.#isOver) this.#endSource();
    this.#isOver = true;
  }

  async #next(place: { at: number }): Promise<IteratorResult<StreamEvent[]>> {
    while (this.#places.has(place)) {
      if (place.at < this.#tape.length) return { done: false, value: this.#recall(place) };
      if (this.#isOver) break;
      this.#pulling ??= this.#pull();
      const batch = await this.#pulling;
      if (batch?.from !== place.at) continue;
      place.at = batch.to;
      return { done: false, value: batch.events };
    }
    // The call is settled before its client knows that all is said.
    await this.#sourceEnded;
    return { done: true, value: undefined };
  }

  /** All that the reader has not read yet; where that is forgotten, it can't go on. */
  #recall(place: { at: number }): StreamEvent[] {
    const events = this.#tape.from(place.at);
    if (!events) this.#places.delete(place);
    place.at = this.#tape.length;
    return events ?? [errorEvent(new Failure('internal', 'the answer was read too slowly'))];
  }

  async #pull(): Promise<Batch | undefined> {
    this.#isBegun = true;
    const { done, value } = await this.#source.next();
    this.#pulling = undefined;
    if (this.#isOver) return undefined;
    if (done) {
      this.#end(false);
      return undefined;
    }
    const from = this.#tape.length;
    this.#tape.add(value, this.#places.size > 1);
    const last = value.at(-1)?.type;
    if (last === 'message_stop' || last === 'error') {
      this.#end(last === 'message_stop');
      this.#endSource();
    }
    return { events: value, from, to: this.#tape.length };
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
