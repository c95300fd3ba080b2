export interface ImageSize {
  width: number;
  height: number;
}

/**
 * Reads width and height in pixels from the header of a base64 PNG, GIF, WebP or JPEG without decoding more than its
 * beginning; undefined where the header is not there or not one of these.
 */
export function imageSize(base64: string): ImageSize | undefined {
  const head = bytesOf(base64, SHORT_HEADER);
  const size =
    pngSize(head) ??
    gifSize(head) ??
    webpSize(head) ??
    (isJpeg(head) ? jpegSize(bytesOf(base64, JPEG_HEADER)) : undefined);
  return size && size.width > 0 && size.height > 0 ? size : undefined;
}

const SHORT_HEADER = 32;
/** A JPEG's size stands behind its metadata, of which a photograph may carry a lot. */
const JPEG_HEADER = 256 * 1024;

function bytesOf(base64: string, count: number): Buffer {
  return Buffer.from(base64.slice(0, Math.ceil(count / 3) * 4), 'base64');
}

function pngSize(bytes: Buffer): ImageSize | undefined {
  if (bytes.length < 24 || bytes.readUInt32BE(0) !== 0x89504e47) return undefined;
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

function gifSize(bytes: Buffer): ImageSize | undefined {
  if (bytes.length < 10 || bytes.toString('latin1', 0, 4) !== 'GIF8') return undefined;
  return { width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) };
}

function webpSize(bytes: Buffer): ImageSize | undefined {
  if (bytes.length < 30 || bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.toString('latin1', 8, 12) !== 'WEBP')
    return undefined;
  switch (bytes.toString('latin1', 12, 16)) {
    case 'VP8 ':
      return { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff };
    case 'VP8L': {
      const bits = bytes.readUInt32LE(21);
      return { width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 };
    }
    case 'VP8X':
      return { width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 };
    default:
      return undefined;
  }
}

function isJpeg(bytes: Buffer): boolean {
  return bytes.length > 2 && bytes.readUInt16BE(0) === 0xffd8;
}

/** Walks the segments to the first start of frame. */
function jpegSize(bytes: Buffer): ImageSize | undefined {
  let at = 2;
  while (at + 9 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at++;
    } else if (isStartOfFrame(marker)) {
      return { width: bytes.readUInt16BE(at + 7), height: bytes.readUInt16BE(at + 5) };
    } else {
      const bare = marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);
      at += bare ? 2 : 2 + Math.max(2, bytes.readUInt16BE(at + 2));
    }
  }
  return undefined;
}

/** SOF0 to SOF15, without the tables that share their range. */
function isStartOfFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}
