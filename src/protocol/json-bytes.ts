/** The position of the quote that ends the JSON string whose text begins at `start`; -1 where it is not legal or not closed. */
export function jsonStringEnd(bytes: Buffer, start: number): number {
  for (let at = start; at < bytes.length; at += 1) {
    const byte = bytes[at]!;
    if (byte === quote) return at;
    if (byte < 0x20) return -1;
    if (byte === backslash) {
      const length = escapeLength(bytes, at);
      if (length === 0) return -1;
      at += length - 1;
    }
  }
  return -1;
}

/** Where the whitespace of JSON ends that begins at `start`. */
export function skipWhitespace(bytes: Buffer, start: number): number {
  let at = start;
  while (at < bytes.length && isWhitespace(bytes[at]!)) at += 1;
  return at;
}

/** True where these bytes stand at `start`. */
export function standsAt(bytes: Buffer, start: number, expected: Uint8Array): boolean {
  if (bytes.length - start < expected.length) return false;
  for (let at = 0; at < expected.length; at += 1) if (bytes[start + at] !== expected[at]) return false;
  return true;
}

function isWhitespace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** Bytes of the escape that begins at `start`; 0 where it is none. */
function escapeLength(bytes: Buffer, start: number): number {
  const kind = bytes[start + 1];
  if (kind === undefined) return 0;
  if (simpleEscapes.includes(kind)) return 2;
  if (kind !== letterU) return 0;
  for (let at = start + 2; at < start + 6; at += 1) if (!isHexDigit(bytes[at])) return 0;
  return 6;
}

function isHexDigit(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}

const quote = 0x22;
const backslash = 0x5c;
const letterU = 0x75;
const simpleEscapes = Buffer.from('"\\/bfnrt');
