import { ByteQueue } from './byte-queue.ts';
import { FrameTooLarge, maxFrameBytes } from './sse.ts';

/** Cuts a byte stream into lines (LF or CRLF, without the ending) whatever the size of the chunks; empty ones are left out. */
export class LineSplitter {
  readonly #queue = new ByteQueue();

  /** The lines that `chunk` completes. Throws FrameTooLarge. */
  push(chunk: Buffer): Buffer[] {
    const held = this.#queue.length;
    const view = this.#queue.join(chunk);
    const lines: Buffer[] = [];
    let start = 0;
    let end = view.indexOf(10, held);
    while (end !== -1) {
      addLine(lines, view, start, end);
      start = end + 1;
      end = view.indexOf(10, start);
    }
    this.#queue.keep(view, start);
    if (this.#queue.length > maxFrameBytes) throw new FrameTooLarge();
    return lines;
  }

  /** The last line, where the stream ended without a line ending. */
  end(): Buffer[] {
    const rest = this.#queue.drain();
    const lines: Buffer[] = [];
    addLine(lines, rest, 0, rest.length);
    return lines;
  }
}

function addLine(lines: Buffer[], view: Buffer, start: number, end: number): void {
  const last = end > start && view[end - 1] === 13 ? end - 1 : end;
  if (last > start) lines.push(view.subarray(start, last));
}
