import { jsonStringEnd, skipWhitespace, standsAt } from './json-bytes.ts';

/** A delta that was recognised without parsing it: nothing in it but its index, its type and its text. */
export interface PlainDelta {
  index: number;
  type: 'text_delta' | 'thinking_delta';
}

/**
 * Recognises the commonest event by its bytes, `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"…"}}`
 * and its like for thinking, as Anthropic writes them; undefined for anything else, which has to be parsed.
 */
export function recognisePlainDelta(data: Buffer): PlainDelta | undefined {
  const found = textOf(data, 0);
  return found && bracesEnd(data, found.end + 1, skipWhitespace) === data.length ? found.plain : undefined;
}

/** A frame of an event stream that is such a delta: `view.subarray(start, end)`, its blank line included. */
export class PlainDeltaFrame {
  readonly view: Buffer;
  readonly start: number;
  readonly end: number;
  readonly event = 'content_block_delta';
  readonly plain: PlainDelta;

  private constructor(view: Buffer, start: number, end: number, plain: PlainDelta) {
    this.view = view;
    this.start = start;
    this.end = end;
    this.plain = plain;
  }

  /** The frame that begins at `start`, where it is whole and written as Anthropic writes it. */
  static at(view: Buffer, start: number): PlainDeltaFrame | undefined {
    if (!standsAt(view, start, frameOpening)) return undefined;
    const found = textOf(view, start + frameOpening.length);
    if (!found) return undefined;
    const end = bracesEnd(view, found.end + 1, skipSpaces);
    if (view[end] !== lineFeed || view[end + 1] !== lineFeed) return undefined;
    return new PlainDeltaFrame(view, start, end + 2, found.plain);
  }

  get data(): Buffer {
    return this.view.subarray(this.start + frameOpening.length, this.end - 2);
  }
}

/** What is known of the delta that begins at `start`, and where the quote behind its text stands. */
function textOf(bytes: Buffer, start: number): { plain: PlainDelta; end: number } | undefined {
  if (!standsAt(bytes, start, opening)) return undefined;
  const first = start + opening.length;
  let at = first;
  let index = 0;
  for (; isDigit(bytes[at]); at += 1) index = index * 10 + bytes[at]! - digit0;
  const digits = at - first;
  if (digits === 0 || digits > 6 || (digits > 1 && bytes[first] === digit0)) return undefined;
  for (const { type, middle, low } of kinds) {
    if (!standsAt(bytes, at, middle)) continue;
    const end = jsonStringEnd(bytes, at + middle.length);
    return end === -1 ? undefined : { plain: low[index] ?? { index, type }, end };
  }
  return undefined;
}

/** The position behind two closing braces and the padding around them, which Anthropic writes; -1 where something else stands. */
function bracesEnd(bytes: Buffer, start: number, skip: (bytes: Buffer, start: number) => number): number {
  const inner = skip(bytes, start);
  if (bytes[inner] !== closeBrace) return -1;
  const outer = skip(bytes, inner + 1);
  return bytes[outer] === closeBrace ? skip(bytes, outer + 1) : -1;
}

function skipSpaces(bytes: Buffer, start: number): number {
  let at = start;
  while (bytes[at] === space) at += 1;
  return at;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= digit0 && byte <= 0x39;
}

const digit0 = 0x30;
const closeBrace = 0x7d;
const opening = Buffer.from('{"type":"content_block_delta","index":');
const frameOpening = Buffer.from('event: content_block_delta\ndata: ');
const space = 0x20;
const lineFeed = 0x0a;
const kinds = [kindOf('text_delta', 'text'), kindOf('thinking_delta', 'thinking')];

/** `low`: what is known of deltas of the first blocks, made once. */
function kindOf(type: PlainDelta['type'], field: string) {
  const middle = Buffer.from(`,"delta":{"type":"${type}","${field}":"`);
  return { type, middle, low: Array.from({ length: 32 }, (_, index): PlainDelta => ({ index, type })) };
}
