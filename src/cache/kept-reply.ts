import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { isJsonObject, type Message } from '../protocol/messages.ts';
import { parseJson } from '../protocol/stream-event.ts';

/** A whole answer, and who gave it. */
export interface KeptReply {
  message: Message;
  /** The configured name of the target, and its provider. */
  target: string;
  provider: string;
  /** The upstream's id of the model. */
  model: string;
  warnings: string[];
  usageEstimated: boolean;
}

/** Makes bytes unreadable for others, and readable again. `place` says what they are and whose: nowhere else they open. */
export interface Seal {
  seal(bytes: Buffer, place: string): Buffer;
  /** Throws where the bytes were sealed otherwise, or changed. */
  open(bytes: Buffer, place: string): Buffer;
}

/** Bytes as they are. */
export const openSeal: Seal = { seal: (bytes) => bytes, open: (bytes) => bytes };

const plain = 0;
const zipped = 1;

/** A reply as bytes, to be kept under a key. */
export async function packReply(key: string, reply: KeptReply, compression: boolean, seal: Seal): Promise<Buffer> {
  const json = Buffer.from(JSON.stringify(reply));
  const body = compression ? await promisify(gzip)(json) : json;
  return seal.seal(Buffer.concat([Buffer.of(compression ? zipped : plain), body]), replyPlace(key));
}

/** The reply in bytes of `packReply`; undefined where they are not one of this key, whatever they are. */
export async function unpackReply(key: string, sealed: Buffer, seal: Seal): Promise<KeptReply | undefined> {
  try {
    const bytes = seal.open(sealed, replyPlace(key));
    const body = bytes.subarray(1);
    if (bytes[0] !== plain && bytes[0] !== zipped) return undefined;
    const json = bytes[0] === zipped ? await promisify(gunzip)(body, { maxOutputLength: mostBytes }) : body;
    const reply = parseJson(json.toString('utf8'));
    return isKeptReply(reply) ? reply : undefined;
  } catch {
    return undefined;
  }
}

/** The place of a reply that is kept under a key. */
export function replyPlace(key: string): string {
  return `the reply kept as ${key}`;
}

/** Larger replies are not kept. */
export const mostBytes = 16 * 1024 * 1024;

function isKeptReply(value: unknown): value is KeptReply {
  if (!isJsonObject(value) || !isJsonObject(value.message)) return false;
  const { message, target, provider, model, warnings } = value;
  const named = [target, provider, model].every((name) => typeof name === 'string');
  return named && Array.isArray(warnings) && Array.isArray(message.content) && isJsonObject(message.usage);
}
