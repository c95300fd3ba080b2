/** Bytes that wait for the rest of their line or frame; grows by doubling, so that many small chunks stay linear. */
export class ByteQueue {
  #buffer: Buffer = Buffer.alloc(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** All bytes held and `chunk` behind them, as one view: of `chunk` itself where nothing was held. */
  join(chunk: Buffer): Buffer {
    if (this.#length === 0) return chunk;
    const length = this.#length + chunk.length;
    if (length > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(length, this.#buffer.length * 2));
      this.#buffer.copy(grown, 0, 0, this.#length);
      this.#buffer = grown;
    }
    chunk.copy(this.#buffer, this.#length);
    this.#length = length;
    return this.#buffer.subarray(0, length);
  }

  /** Keeps `view.subarray(from)`, where `view` came from `join`. Views handed out before stay valid. */
  keep(view: Buffer, from: number): void {
    const rest = view.length - from;
    if (from === 0 && rest === this.#length) return;
    this.#buffer = rest === 0 ? Buffer.alloc(0) : Buffer.from(view.subarray(from));
    this.#length = rest;
  }

  /** The bytes held, and forgets them. */
  drain(): Buffer {
    const rest = this.#buffer.subarray(0, this.#length);
    this.#buffer = Buffer.alloc(0);
    this.#length = 0;
    return rest;
  }
}
