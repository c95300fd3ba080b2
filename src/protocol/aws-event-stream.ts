import { crc32 } from 'node:zlib';
import { ByteQueue } from './byte-queue.ts';
import { FrameTooLarge, maxFrameBytes } from './sse.ts';

/** One message of an AWS event stream (`application/vnd.amazon.eventstream`). */
export interface AwsMessage {
  /** Those with text as their value: `:message-type`, `:event-type`, `:exception-type`. */
  headers: ReadonlyMap<string, string>;
  payload: Buffer;
}

/** A message whose checksum, lengths or headers are wrong: what follows can't be found any more. */
export class DamagedMessage extends Error {
  constructor(what: string) {
    super(`a message of the event stream is damaged: ${what}`);
  }
}

/**
 * Cuts a byte stream into AWS messages: total length, length of the headers, checksum of these two, headers, payload,
 * checksum of all before; numbers are big-endian. Chunks may be cut anywhere.
 */
export class AwsEventStreamSplitter {
  readonly #queue = new ByteQueue();

  /** The messages that `chunk` completes, those before a damaged one too. Throws DamagedMessage and FrameTooLarge. */
  *push(chunk: Buffer): Generator<AwsMessage> {
    const view = this.#queue.join(chunk);
    let start = 0;
    try {
      while (view.length - start >= preludeBytes) {
        const length = messageLength(view, start);
        if (view.length - start < length) break;
        const message = view.subarray(start, start + length);
        start += length;
        yield readMessage(message);
      }
    } finally {
      this.#queue.keep(view, start);
    }
  }
}

const preludeBytes = 12;
const checksumBytes = 4;

/** The prelude is checked before its length is believed, or a damaged one would be waited for in vain. */
function messageLength(view: Buffer, start: number): number {
  if (crc32(view.subarray(start, start + 8)) !== view.readUInt32BE(start + 8)) throw new DamagedMessage('its prelude');
  const length = view.readUInt32BE(start);
  if (length > maxFrameBytes) throw new FrameTooLarge();
  if (length < preludeBytes + view.readUInt32BE(start + 4) + checksumBytes) throw new DamagedMessage('its lengths');
  return length;
}

function readMessage(message: Buffer): AwsMessage {
  const end = message.length - checksumBytes;
  if (crc32(message.subarray(0, end)) !== message.readUInt32BE(end)) throw new DamagedMessage('its checksum');
  const headersEnd = preludeBytes + message.readUInt32BE(4);
  return {
    headers: readHeaders(message.subarray(preludeBytes, headersEnd)),
    payload: message.subarray(headersEnd, end),
  };
}

function readHeaders(bytes: Buffer): Map<string, string> {
  const headers = new Map<string, string>();
  let position = 0;
  try {
    while (position < bytes.length) {
      const nameEnd = position + 1 + bytes.readUInt8(position);
      const name = bytes.toString('utf8', position + 1, nameEnd);
      const type = bytes.readUInt8(nameEnd);
      const sized = type === typeOfText || type === typeOfBytes;
      const valueStart = nameEnd + (sized ? 3 : 1);
      const size = sized ? bytes.readUInt16BE(nameEnd + 1) : fixedSizes[type];
      if (size === undefined || valueStart + size > bytes.length) throw new RangeError('no such value');
      if (type === typeOfText) headers.set(name, bytes.toString('utf8', valueStart, valueStart + size));
      position = valueStart + size;
    }
  } catch (error) {
    if (error instanceof RangeError) throw new DamagedMessage('its headers');
    throw error;
  }
  return headers;
}

const typeOfBytes = 6;
const typeOfText = 7;

/** True, false, one to eight bytes of integers, a time, a UUID. */
const fixedSizes: Readonly<Record<number, number>> = { 0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16 };
