import { SseSplitter } from '../../protocol/sse.ts';
import { StreamEvent } from '../../protocol/stream-event.ts';

/** What all running calls remember of their answers, in bytes, and may at most. */
export interface Memory {
  bytes: number;
  most: number;
  mostOfOne: number;
}

/** Pieces from this size on are kept as they are; of smaller ones the objects would cost more than copies. */
const leastKept = 1024;
const leastRoom = 1024;
const mostRoom = 16 * 1024;

/** The bytes of a stream so far, while there is room for them. */
export class Tape {
  readonly #memory: Memory;
  #isWhole = true;
  readonly #pieces: Buffer[] = [];
  /** Where small pieces are copied to, one behind the other, and how much of it is used. */
  #room: Buffer | undefined;
  #used = 0;
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
    const frames = new SseSplitter().push(Buffer.concat([...this.#pieces, this.#copied]).subarray(position));
    return frames.flatMap((frame) => StreamEvent.fromFrame(frame) ?? []);
  }

  forget(): void {
    if (!this.#isWhole) return;
    this.#isWhole = false;
    this.#memory.bytes -= this.#length;
    this.#pieces.length = 0;
    this.#room = undefined;
    this.#used = 0;
  }

  get #copied(): Buffer {
    return this.#room?.subarray(0, this.#used) ?? nothing;
  }

  #keep(piece: Buffer): void {
    this.#memory.bytes += piece.length;
    if (piece.length >= leastKept) {
      this.#closeRoom();
      this.#pieces.push(piece);
      return;
    }
    if (!this.#room || this.#room.length - this.#used < piece.length) {
      this.#closeRoom();
      // About as much again as there is.
      this.#room = Buffer.allocUnsafe(Math.min(mostRoom, Math.max(leastRoom, this.#length)));
    }
    this.#used += piece.copy(this.#room, this.#used);
  }

  /** What was copied is a piece of its own; the rest of the room takes what comes next. */
  #closeRoom(): void {
    if (!this.#room || this.#used === 0) return;
    this.#pieces.push(this.#copied);
    this.#room = this.#room.subarray(this.#used);
    this.#used = 0;
  }
}

const nothing = Buffer.alloc(0);
