/** How much may wait for a slow reader before the upstream is told to pause. */
const highWaterBytes = 256 * 1024;

interface Source {
  pause(): void;
  resume(): void;
  cancel(reason: unknown): void;
}

/**
 * The body of an upstream reply, pulled by one reader. What arrived since the last pull comes as one Buffer, so what was
 * read from the socket at once is decoded and written at once. A slow reader pauses the upstream.
 */
export class ReplyBody implements AsyncIterableIterator<Buffer> {
  readonly #source: Source;
  #chunks: Buffer[] = [];
  #queuedBytes = 0;
  #paused = false;
  #ended = false;
  #failed: { reason: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(source: Source) {
    this.#source = source;
  }

  push(chunk: Buffer): void {
    if (this.#failed) return;
    this.#chunks.push(chunk);
    this.#queuedBytes += chunk.length;
    if (this.#queuedBytes > highWaterBytes && !this.#paused) {
      this.#paused = true;
      this.#source.pause();
    }
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** What arrived before is still read; then the reason is thrown. */
  fail(reason: unknown): void {
    if (this.#ended || this.#failed) return;
    this.#failed = { reason };
    this.#wake?.();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Buffer>> {
    while (this.#chunks.length === 0) {
      if (this.#failed) throw this.#failed.reason;
      if (this.#ended) return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    const value = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#queuedBytes = 0;
    if (this.#paused) {
      this.#paused = false;
      this.#source.resume();
    }
    return { done: false, value };
  }

  /** The reader wants no more: the connection is closed. */
  async return(): Promise<IteratorResult<Buffer>> {
    if (!this.#ended && !this.#failed) {
      this.#failed = { reason: new Error('cancelled by the reader') };
      this.#source.cancel(this.#failed.reason);
      this.#wake?.();
    }
    this.#chunks = [];
    return { done: true, value: undefined };
  }
}
