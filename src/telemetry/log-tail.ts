import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { linesOf, rotatedFiles } from './log-files.ts';

/**
 * Reads on in a log from where it ends now, over rotations too: the rest of the file that was renamed, then those that were
 * finished meanwhile, then the new one.
 */
export class LogTail {
  readonly #path: string;
  #descriptor: number;
  #position: number;
  #known: Set<string>;
  /** The part of a line whose end is not written yet. */
  #begun: Buffer = Buffer.alloc(0);

  /** Throws where there is no file. */
  constructor(path: string) {
    this.#path = path;
    this.#known = this.#stamps();
    this.#descriptor = openSync(path, 'r');
    this.#position = fstatSync(this.#descriptor).size;
  }

  get position(): number {
    return this.#position;
  }

  /** The lines that were written since it was asked last. */
  async *read(): AsyncGenerator<string> {
    yield* this.#rest();
    if (!this.#isReplaced()) return;
    yield* this.#rest();
    // The first of the new parts is the file that was read until now.
    const finished = rotatedFiles(this.#path).filter(({ stamp }) => !this.#known.has(stamp));
    for (const { path } of finished.slice(1)) yield* linesOf(path);
    this.#known = this.#stamps();
    closeSync(this.#descriptor);
    this.#descriptor = openSync(this.#path, 'r');
    this.#position = 0;
    yield* this.#rest();
  }

  *#rest(): Generator<string> {
    const { size } = fstatSync(this.#descriptor);
    if (size < this.#position) this.#position = 0;
    const part = Buffer.alloc(partBytes);
    while (this.#position < size) {
      const read = readSync(this.#descriptor, part, 0, partBytes, this.#position);
      if (read === 0) return;
      this.#position += read;
      const text = Buffer.concat([this.#begun, part.subarray(0, read)]);
      const end = text.lastIndexOf(lineEnd) + 1;
      this.#begun = Buffer.from(text.subarray(end));
      if (end > 0) yield* text.toString('utf8', 0, end - 1).split('\n');
    }
  }

  #isReplaced(): boolean {
    const named = statSync(this.#path, { throwIfNoEntry: false });
    return named !== undefined && named.ino !== fstatSync(this.#descriptor).ino;
  }

  #stamps(): Set<string> {
    return new Set(rotatedFiles(this.#path).map(({ stamp }) => stamp));
  }
}

const partBytes = 64 * 1024;
const lineEnd = 0x0a;
