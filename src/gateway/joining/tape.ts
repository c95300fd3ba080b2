import { SseSplitter } from '../../protocol/sse.ts';
import { StreamEvent } from '../../protocol/stream-event.ts';

/** What all running calls remember of their answers, in bytes, and may at most. */
export interface Memory {
  bytes: number;
  most: number;
  mostOfOne: number;
}

/** So many pieces are put together, so that the objects of a long stream do not add up. */
const mostPieces = 64;

/** The bytes of a stream so far, while there is room for them: the pieces that were sent, not copies of them. */
export class Tape {
  readonly #memory: Memory;
  #isWhole = true;
  readonly #blocks: Buffer[] = [];
  readonly #pieces: Buffer[] = [];
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
    return this.#isWhole;
  }

  /** Adds events; where there is no room for them all is forgotten, for one that is needed (`isNeeded`) only where no call has any. */
  add(events: readonly StreamEvent[], isNeeded: boolean): void {
    if (!this.#isWhole) {
      this.#length += 1;
      return;
    }
    const piece = StreamEvent.join(events);
    const isTooLong = this.#length + piece.length > this.#memory.mostOfOne && !isNeeded;
    const isTooMuch = this.#memory.bytes + piece.length > this.#memory.most;
    if (isTooLong || isTooMuch) this.forget();
    else this.#keep(piece);
    this.#length += piece.length;
  }

  /** The events behind so many bytes; undefined where they are forgotten. */
  from(position: number): StreamEvent[] | undefined {
    if (!this.#isWhole) return undefined;
    const frames = new SseSplitter().push(Buffer.concat([...this.#blocks, ...this.#pieces]).subarray(position));
    return frames.flatMap((frame) => StreamEvent.fromFrame(frame) ?? []);
  }

  forget(): void {
    if (!this.#isWhole) return;
    this.#isWhole = false;
    this.#memory.bytes -= this.#length;
    this.#blocks.length = 0;
    this.#pieces.length = 0;
  }

  #keep(piece: Buffer): void {
    this.#memory.bytes += piece.length;
    this.#pieces.push(piece);
    if (this.#pieces.length < mostPieces) return;
    this.#blocks.push(Buffer.concat(this.#pieces));
    this.#pieces.length = 0;
  }
}
