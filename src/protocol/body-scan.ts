import { parseJson } from './stream-event.ts';

/** Where a top-level value stands in a JSON body: `body.subarray(start, end)`. */
export interface Span {
  start: number;
  end: number;
}

export interface BodyScan {
  /** The span of each top-level field; of a field that stands twice, the last, as JSON.parse takes it. */
  fields: Map<string, Span>;
  /** How deep objects and arrays are nested. */
  depth: number;
}

/**
 * Finds the top-level fields of a JSON object without parsing it: strings are crossed by native search, so the time goes
 * with the number of strings, not of bytes. It judges no syntax; on text that is no JSON it only ends.
 */
export function scanBody(body: Buffer): BodyScan {
  const fields = new Map<string, Span>();
  let depth = 0;
  let deepest = 0;
  let key: string | undefined;
  let valueStart = -1;
  let position = 0;
  while (position < body.length) {
    const byte = body[position]!;
    if (byte === quote) {
      const end = stringEnd(body, position + 1);
      if (depth === 1 && key === undefined) key = keyText(body.toString('utf8', position + 1, end));
      position = end + 1;
      continue;
    }
    if (byte === openBrace || byte === openBracket) {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (byte === closeBrace || byte === closeBracket) {
      if (depth === 1 && key !== undefined && valueStart !== -1) fields.set(key, trimmed(body, valueStart, position));
      depth -= 1;
    } else if (depth === 1 && byte === colon && valueStart === -1) {
      valueStart = position + 1;
    } else if (depth === 1 && byte === comma) {
      if (key !== undefined && valueStart !== -1) fields.set(key, trimmed(body, valueStart, position));
      key = undefined;
      valueStart = -1;
    }
    position += 1;
  }
  return { fields, depth: deepest };
}

export interface Edit extends Span {
  text: string;
}

/** The body with some spans replaced; everything else keeps its bytes. */
export function spliceBody(body: Buffer, edits: readonly Edit[]): Buffer {
  const parts: Buffer[] = [];
  let position = 0;
  for (const edit of [...edits].sort((a, b) => a.start - b.start)) {
    parts.push(body.subarray(position, edit.start), Buffer.from(edit.text));
    position = edit.end;
  }
  parts.push(body.subarray(position));
  return Buffer.concat(parts);
}

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const colon = 0x3a;
const comma = 0x2c;

/** A key may be written with escapes: `"\\u006dodel"` is `model`. */
function keyText(raw: string): string {
  return raw.includes('\\') ? String(parseJson(`"${raw}"`) ?? raw) : raw;
}

/** The position of the quote that ends the string, or the end of the body. */
function stringEnd(body: Buffer, start: number): number {
  let end = body.indexOf(quote, start);
  while (end !== -1) {
    let before = end - 1;
    while (before >= start && body[before] === backslash) before -= 1;
    if (((end - 1 - before) & 1) === 0) return end;
    end = body.indexOf(quote, end + 1);
  }
  return body.length;
}

function trimmed(body: Buffer, start: number, end: number): Span {
  let from = start;
  let to = end;
  while (from < to && body[from]! <= 0x20) from += 1;
  while (to > from && body[to - 1]! <= 0x20) to -= 1;
  return { start: from, end: to };
}
