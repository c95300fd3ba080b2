import { SseSplitter } from '../../protocol/sse.ts';
import { StreamEvent } from '../../protocol/stream-event.ts';

/** What all running calls remember of their answers, in bytes, and may at most. */
export interface Memory {
  bytes: number;
  most: number;
  mostOfOne: number;
}

const leastCapacity = 4096;

/**
 * The events of a stream so far, as one piece of bytes: objects that are kept for as long as a stream lasts cost the garbage
 * collector more than the copy.
 */
export class Tape {
  readonly #memory: Memory;
  #bytes: Buffer | undefined = Buffer.alloc(0);
  #length = 0;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /** How many bytes were added, whether they are still there or not. */
  get length(): number {
    return this.#length;
  }

  /** False once it was forgotten. */
  get isWhole(): boolean {
    return this.#bytes !== undefined;
  }

  /** Adds events; where there is no room for them all is forgotten, for one that is needed (`isNeeded`) only where no call has any. */
  add(events: readonly StreamEvent[], isNeeded: boolean): void {
    if (!this.#bytes) {
      this.#length += 1;
      return;
    }
    const added = StreamEvent.join(events);
    const from = this.#length;
    this.#length += added.length;
    if (this.#length > this.#bytes.length) this.#grow(isNeeded);
    if (this.#bytes) added.copy(this.#bytes, from);
  }

  /** The events behind so many bytes; undefined where they are forgotten. */
  from(position: number): StreamEvent[] | undefined {
    if (!this.#bytes) return undefined;
    // What was said before must stay as it is while more is written behind it.
    const frames = new SseSplitter().push(Buffer.from(this.#bytes.subarray(position, this.#length)));
    return frames.flatMap((frame) => StreamEvent.fromFrame(frame) ?? []);
  }

  forget(): void {
    this.#memory.bytes -= this.#bytes?.length ?? 0;
    this.#bytes = undefined;
  }

  #grow(isNeeded: boolean): void {
    const bytes = this.#bytes!;
    const memory = this.#memory;
    const capacity = Math.max(leastCapacity, this.#length, bytes.length * 2);
    const isTooLong = this.#length > memory.mostOfOne && !isNeeded;
    if (isTooLong || memory.bytes + capacity - bytes.length > memory.most) return this.forget();
    memory.bytes += capacity - bytes.length;
    this.#bytes = Buffer.allocUnsafe(capacity);
    bytes.copy(this.#bytes);
  }
}
