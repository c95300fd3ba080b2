import { ByteQueue } from './byte-queue.ts';
import { standsAt } from './json-bytes.ts';
import { type PlainDelta, PlainDeltaFrame } from './plain-delta.ts';

/** One frame of an event stream. */
export interface SseFrame {
  /** The frame as it came, its closing blank line included: `view.subarray(start, end)`. */
  readonly view: Buffer;
  readonly start: number;
  readonly end: number;
  /** The value of `event:`, or '' where there is none. */
  readonly event: string;
  /** The values of `data:`, joined by LF; undefined where there is none (a comment, a lone `event:`). */
  readonly data: Buffer | undefined;
  /** What is known of it where it was recognised as a delta of nothing but text. */
  readonly plain?: PlainDelta;
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
    const frame = readFrame(rest, 0, rest.length);
    return frame.data === undefined ? [] : [frame];
  }

  #cut(view: Buffer): SseFrame[] {
    const frames: SseFrame[] = [];
    let frameStart = 0;
    let lineStart = this.#lineStart;
    let from = this.#scanned;
    for (;;) {
      const plain = from === frameStart ? PlainDeltaFrame.at(view, from) : undefined;
      if (plain) {
        frames.push(plain);
        frameStart = plain.end;
        lineStart = plain.end;
        from = plain.end;
        continue;
      }
      const end = view.indexOf(10, from);
      if (end === -1) break;
      const blank = end === lineStart || (end === lineStart + 1 && view[lineStart] === 13);
      lineStart = end + 1;
      from = lineStart;
      if (blank) {
        frames.push(readFrame(view, frameStart, lineStart));
        frameStart = lineStart;
      }
    }
    this.#queue.keep(view, frameStart);
    this.#lineStart = lineStart - frameStart;
    this.#scanned = view.length - frameStart;
    if (this.#queue.length > maxFrameBytes) throw new FrameTooLarge();
    return frames;
  }
}

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

type ReadFrame = { -readonly [Field in 'view' | 'start' | 'end' | 'event' | 'data']: SseFrame[Field] };

function readFrame(view: Buffer, from: number, to: number): SseFrame {
  const frame: ReadFrame = { view, start: from, end: to, event: '', data: undefined };
  let start = from;
  while (start < to) {
    if (view[start] === 10) {
      start += 1;
      continue;
    }
    const newline = view.indexOf(10, start);
    const next = newline === -1 ? to : newline + 1;
    let end = newline === -1 ? to : newline;
    if (end > start && view[end - 1] === 13) end -= 1;
    readField(frame, view, start, end);
    start = next;
  }
  return frame;
}

function readField(frame: ReadFrame, bytes: Buffer, start: number, end: number): void {
  if (startsWith(bytes, start, end, dataField)) {
    const value = bytes.subarray(valueStart(bytes, start + dataField.length, end), end);
    frame.data = frame.data === undefined ? value : Buffer.concat([frame.data, lineFeed, value]);
  } else if (startsWith(bytes, start, end, eventField)) {
    frame.event = eventName(bytes, valueStart(bytes, start + eventField.length, end), end);
  } else if (frame.data === undefined) readStrayError(frame, bytes, start, end);
}

/** Some servers report an error as a bare line of JSON inside the stream, or behind `error:`. */
function readStrayError(frame: ReadFrame, bytes: Buffer, start: number, end: number): void {
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
