import { ByteQueue } from './byte-queue.ts';
import { standsAt } from './json-bytes.ts';

/** One frame of an event stream. */
export interface SseFrame {
  /** The frame as it came, its closing blank line included. */
  bytes: Buffer;
  /** The value of `event:`, or '' where there is none. */
  event: string;
  /** The values of `data:`, joined by LF; undefined where there is none (a comment, a lone `event:`). */
  data: Buffer | undefined;
}

/** More than this without an end is no frame of any provider. */
export const maxFrameBytes = 64 * 1024 * 1024;

/** A frame or line grew past `maxFrameBytes`. */
export class FrameTooLarge extends Error {
  constructor() {
    super(`a frame of the stream is larger than ${maxFrameBytes} bytes`);
  }
}

/** Cuts a byte stream into SSE frames: LF or CRLF, several `data:` lines, comments, a BOM; chunks may be cut anywhere. */
export class SseSplitter {
  readonly #queue = new ByteQueue();
  #scanned = 0;
  #lineStart = 0;
  #atStart = true;

  /** The frames that `chunk` completes. Throws FrameTooLarge. */
  push(chunk: Buffer): SseFrame[] {
    let view = this.#queue.join(chunk);
    if (this.#atStart) {
      if (view.length < 3 && byteOrderMark.subarray(0, view.length).equals(view)) {
        this.#queue.keep(view, 0);
        return [];
      }
      this.#atStart = false;
      if (view.subarray(0, 3).equals(byteOrderMark)) view = view.subarray(3);
    }
    return this.#cut(view);
  }

  /** The last frame, where the stream ended without a blank line behind it. */
  end(): SseFrame[] {
    const rest = this.#queue.drain();
    if (rest.length === 0) return [];
    const frame = readFrame(rest);
    return frame.data === undefined ? [] : [frame];
  }

  #cut(view: Buffer): SseFrame[] {
    const frames: SseFrame[] = [];
    let frameStart = 0;
    let lineStart = this.#lineStart;
    let end = view.indexOf(10, this.#scanned);
    while (end !== -1) {
      const blank = end === lineStart || (end === lineStart + 1 && view[lineStart] === 13);
      lineStart = end + 1;
      if (blank) {
        frames.push(readFrame(view.subarray(frameStart, lineStart)));
        frameStart = lineStart;
      }
      end = view.indexOf(10, lineStart);
    }
    this.#queue.keep(view, frameStart);
    this.#lineStart = lineStart - frameStart;
    this.#scanned = view.length - frameStart;
    if (this.#queue.length > maxFrameBytes) throw new FrameTooLarge();
    return frames;
  }
}

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

function readFrame(bytes: Buffer): SseFrame {
  const frame: SseFrame = { bytes, event: '', data: undefined };
  let start = 0;
  while (start < bytes.length) {
    if (bytes[start] === 10) {
      start += 1;
      continue;
    }
    const newline = bytes.indexOf(10, start);
    const next = newline === -1 ? bytes.length : newline + 1;
    let end = newline === -1 ? bytes.length : newline;
    if (end > start && bytes[end - 1] === 13) end -= 1;
    readField(frame, bytes, start, end);
    start = next;
  }
  return frame;
}

function readField(frame: SseFrame, bytes: Buffer, start: number, end: number): void {
  if (startsWith(bytes, start, end, dataField)) {
    const value = bytes.subarray(valueStart(bytes, start + dataField.length, end), end);
    frame.data = frame.data === undefined ? value : Buffer.concat([frame.data, lineFeed, value]);
  } else if (startsWith(bytes, start, end, eventField)) {
    frame.event = eventName(bytes, valueStart(bytes, start + eventField.length, end), end);
  } else if (frame.data === undefined) readStrayError(frame, bytes, start, end);
}

/** Some servers report an error as a bare line of JSON inside the stream, or behind `error:`. */
function readStrayError(frame: SseFrame, bytes: Buffer, start: number, end: number): void {
  const named = startsWith(bytes, start, end, errorField);
  const from = named ? valueStart(bytes, start + errorField.length, end) : start;
  if (!looksLikeBareJson(bytes, from, end)) return;
  frame.data = bytes.subarray(from, end);
  if (named) frame.event = 'error';
}

function looksLikeBareJson(bytes: Buffer, start: number, end: number): boolean {
  return end > start && bytes[start] === 0x7b && bytes[end - 1] === 0x7d;
}

function startsWith(bytes: Buffer, start: number, end: number, name: Buffer): boolean {
  return end - start >= name.length && standsAt(bytes, start, name);
}

function eventName(bytes: Buffer, start: number, end: number): string {
  const isCommon = end - start === commonName.length && standsAt(bytes, start, commonBytes);
  return isCommon ? commonName : bytes.toString('utf8', start, end).trimEnd();
}

function valueStart(bytes: Buffer, start: number, end: number): number {
  return start < end && bytes[start] === 32 ? start + 1 : start;
}

const dataField = Buffer.from('data:');
const eventField = Buffer.from('event:');
const errorField = Buffer.from('error:');
/** What nearly all events of a Messages stream are named. */
const commonName = 'content_block_delta';
const commonBytes = Buffer.from(commonName);
const lineFeed = Buffer.from('\n');
