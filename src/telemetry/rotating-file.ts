import {
  closeSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { compressParts, graceMs } from './compress-parts.ts';
import { rotatedFiles, rotatedName } from './log-files.ts';

export interface RotationSettings {
  path: string;
  /** After so many bytes a new file begins. */
  maxBytes: number;
  /** Finished parts that are kept beside the current file. */
  maxFiles: number;
  compress: boolean;
}

export interface RotatingFileEvents {
  /** It can't be written; told once, until it can be again. */
  onProblem(problem: string): void;
  /** It can be written again; so many lines were lost. */
  onRecovered(lostLines: number): void;
}

/**
 * A log file that begins anew when it is full. Several processes may write the same one: each write appends whole lines,
 * and whoever finds the file full renames it, after which the others find another file at the path. Lines wait in memory
 * for the end of the current turn of the event loop, or, while the disk is full, for better times.
 */
export class RotatingFile {
  readonly #settings: RotationSettings;
  readonly #events: RotatingFileEvents;
  #descriptor: number | undefined;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  /** The lines of a batch that could not be written: they go first. */
  #left: Buffer | undefined;
  #scheduled: NodeJS.Immediate | undefined;
  #retry: NodeJS.Timeout | undefined;
  #problem: string | undefined;
  #lost = 0;
  #lostInAll = 0;
  #compressing: Promise<void> = Promise.resolve();
  #compressTimer: NodeJS.Timeout | undefined;
  #rotatedAt = 0;
  #closed = false;

  constructor(settings: RotationSettings, events: RotatingFileEvents) {
    this.#settings = settings;
    this.#events = events;
    this.#tidy();
  }

  get path(): string {
    return this.#settings.path;
  }

  /** Why nothing can be written at present. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Lines that were given up since the start. */
  get lostLines(): number {
    return this.#lostInAll;
  }

  /** Takes a line with its end. */
  write(line: string): void {
    if (this.#waitingBytes >= mostWaitingBytes) {
      this.#lost += 1;
      this.#lostInAll += 1;
      return;
    }
    const bytes = Buffer.from(line);
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#problem !== undefined) return;
    if (this.#waitingBytes >= batchBytes) this.flush();
    else this.#scheduled ??= setImmediate(() => this.flush());
  }

  /** Writes what waits, now. */
  flush(): void {
    if (this.#scheduled) clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    try {
      if (this.#left) this.#append(this.#left);
      while (this.#waiting.length > 0) this.#append(this.#nextBatch());
    } catch (error) {
      this.#failed(error as Error);
      return;
    }
    if (this.#problem !== undefined) this.#recovered();
  }

  /** Writes what waits and finishes what is being compressed. */
  async close(): Promise<void> {
    this.flush();
    this.#closed = true;
    clearTimeout(this.#retry);
    clearTimeout(this.#compressTimer);
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
    if (this.#rotatedAt > 0 && this.#settings.compress) {
      await delay(Math.max(0, this.#rotatedAt + graceMs + 1 - Date.now()));
      this.#compress();
    }
    await this.#compressing;
  }

  /** As many lines as the file still takes; another file where it takes none. */
  #nextBatch(): Buffer {
    const { maxBytes } = this.#settings;
    let size = fstatSync(this.#open()).size;
    const isFull = () => size > 0 && size + this.#waiting[0]!.length > maxBytes;
    if (isFull() && this.#rotate()) size = fstatSync(this.#open()).size;
    let count = 0;
    let bytes = 0;
    do {
      bytes += this.#waiting[count]!.length;
      count += 1;
    } while (
      count < this.#waiting.length &&
      bytes < batchBytes &&
      size + bytes + this.#waiting[count]!.length <= maxBytes
    );
    const batch = Buffer.concat(this.#waiting.splice(0, count), bytes);
    this.#waitingBytes -= bytes;
    return batch;
  }

  #append(bytes: Buffer): void {
    this.#left = bytes;
    const descriptor = this.#descriptor ?? this.#open();
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(descriptor, bytes, written);
    } catch (error) {
      this.#left = bytes.subarray(takeBackTorn(descriptor, bytes, written));
      throw error;
    }
    this.#left = undefined;
  }

  /** The file that is at the path now. */
  #open(): number {
    const { path } = this.#settings;
    if (this.#descriptor !== undefined) {
      if (isSameFile(this.#descriptor, path)) return this.#descriptor;
      closeSync(this.#descriptor);
      this.#descriptor = undefined;
    }
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#descriptor = openSync(path, 'a', 0o600);
    return this.#descriptor;
  }

  /** Gives the full file another name; false where that is not possible: then it grows on, since no line may be lost. */
  #rotate(): boolean {
    const { path } = this.#settings;
    const lock = `${path}.lock`;
    try {
      takeLock(lock);
    } catch {
      return false;
    }
    try {
      if (isSameFile(this.#descriptor!, path)) renameSync(path, rotatedName(path, Date.now()));
    } catch {
      return false;
    } finally {
      rmSync(lock, { force: true });
    }
    this.#rotatedAt = Date.now();
    this.#tidy();
    return true;
  }

  /** Keeps as many finished parts as are wanted, and compresses them after a while. */
  #tidy(): void {
    const { path, maxFiles, compress } = this.#settings;
    const parts = rotatedFiles(path);
    for (const part of parts.slice(0, Math.max(0, parts.length - maxFiles))) {
      const plain = part.path.replace(/\.gz$/, '');
      for (const form of [plain, `${plain}.gz`]) rmSync(form, { force: true });
    }
    if (compress && parts.some((part) => !part.compressed)) this.#compressSoon();
  }

  #compressSoon(): void {
    this.#compressTimer ??= setTimeout(() => {
      this.#compressTimer = undefined;
      this.#compress();
    }, graceMs + 1).unref();
  }

  #compress(): void {
    this.#compressing = this.#compressing.then(async () => {
      const youngLeft = await compressParts(this.#settings.path, Date.now);
      if (youngLeft && !this.#closed) this.#compressSoon();
    });
  }

  #failed(error: Error): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.flush(), retryMs).unref();
    if (this.#problem !== undefined) return;
    this.#problem = `the log file ${this.#settings.path} can't be written: ${error.message}`;
    this.#events.onProblem(this.#problem);
  }

  #recovered(): void {
    clearTimeout(this.#retry);
    const lost = this.#lost;
    this.#problem = undefined;
    this.#lost = 0;
    this.#events.onRecovered(lost);
  }
}

/** Takes the beginning of a line out of the file again; returns how many bytes of whole lines were written. */
function takeBackTorn(descriptor: number, bytes: Buffer, written: number): number {
  const whole = written === 0 ? 0 : bytes.lastIndexOf('\n', written - 1) + 1;
  if (whole < written) ftruncateSync(descriptor, fstatSync(descriptor).size - (written - whole));
  return whole;
}

/** One process at a time renames the file. Throws where another does, or where nothing can be written. */
function takeLock(lock: string): void {
  const since = statSync(lock, { throwIfNoEntry: false })?.mtimeMs;
  // A process that died with it would keep it for ever.
  if (since !== undefined && Date.now() - since > abandonedLockMs) rmSync(lock, { force: true });
  closeSync(openSync(lock, 'wx', 0o600));
}

function isSameFile(descriptor: number, path: string): boolean {
  const named = statSync(path, { throwIfNoEntry: false });
  const opened = fstatSync(descriptor);
  return named !== undefined && named.ino === opened.ino && named.dev === opened.dev;
}

const batchBytes = 256 * 1024;
/** What is held while nothing can be written. */
const mostWaitingBytes = 4 * 1024 * 1024;
const retryMs = 1000;
const abandonedLockMs = 5000;
