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

/** Makes bytes unreadable for others, and readable again. What was sealed otherwise, or changed, opens to undefined. */
export interface Seal {
  seal(bytes: Buffer): Buffer;
  unseal(bytes: Buffer): Buffer | undefined;
}

/** Bytes as they are. */
export const openSeal: Seal = { seal: (bytes) => bytes, unseal: (bytes) => bytes };

const plain = 0;
const zipped = 1;

/** A reply as bytes. */
export async function packReply(reply: KeptReply, compression: boolean, seal: Seal): Promise<Buffer> {
  const json = Buffer.from(JSON.stringify(reply));
  const body = compression ? await promisify(gzip)(json) : json;
  return seal.seal(Buffer.concat([Buffer.of(compression ? zipped : plain), body]));
}

/** The reply in bytes of `packReply`; undefined where they are not one, whatever they are. */
export async function unpackReply(sealed: Buffer, seal: Seal): Promise<KeptReply | undefined> {
  try {
    const bytes = seal.unseal(sealed);
    const body = bytes?.subarray(1);
    if (!bytes || !body || (bytes[0] !== plain && bytes[0] !== zipped)) return undefined;
    const json = bytes[0] === zipped ? await promisify(gunzip)(body, { maxOutputLength: mostBytes }) : body;
    const reply = parseJson(json.toString('utf8'));
    return isKeptReply(reply) ? reply : undefined;
  } catch {
    return undefined;
  }
}

/** Larger replies are not kept. */
export const mostBytes = 16 * 1024 * 1024;

function isKeptReply(value: unknown): value is KeptReply {
  if (!isJsonObject(value) || !isJsonObject(value.message)) return false;
  const { message, target, provider, model, warnings } = value;
  const named = [target, provider, model].every((name) => typeof name === 'string');
  return named && Array.isArray(warnings) && Array.isArray(message.content) && isJsonObject(message.usage);
}
