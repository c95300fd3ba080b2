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
  if (!standsAt(data, 0, opening)) return undefined;
  let at = opening.length;
  let index = 0;
  for (; isDigit(data[at]); at += 1) index = index * 10 + data[at]! - digit0;
  const digits = at - opening.length;
  if (digits === 0 || digits > 6 || (digits > 1 && data[opening.length] === digit0)) return undefined;
  for (const { type, bytes } of middles) {
    if (!standsAt(data, at, bytes)) continue;
    const end = jsonStringEnd(data, at + bytes.length);
    if (end === -1 || !isClosed(data, end + 1)) return undefined;
    return { index, type };
  }
  return undefined;
}

/** Two closing braces and nothing else; Anthropic pads its events with spaces. */
function isClosed(data: Buffer, start: number): boolean {
  const inner = skipWhitespace(data, start);
  if (data[inner] !== closeBrace) return false;
  const outer = skipWhitespace(data, inner + 1);
  return data[outer] === closeBrace && skipWhitespace(data, outer + 1) === data.length;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= digit0 && byte <= 0x39;
}

const digit0 = 0x30;
const closeBrace = 0x7d;
const opening = Buffer.from('{"type":"content_block_delta","index":');
const middles = [
  { type: 'text_delta', bytes: Buffer.from(',"delta":{"type":"text_delta","text":"') },
  { type: 'thinking_delta', bytes: Buffer.from(',"delta":{"type":"thinking_delta","thinking":"') },
] as const;
