import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { MasterKey } from './master-keys.ts';

/** A key that seals data, and itself as it travels with them: wrapped by a master key. */
export interface DataKey {
  key: Buffer;
  /** The id of the master key, then the wrapped key. */
  wrapped: Buffer;
}

/** What came of opening: the data, or why there are none. */
export type Opening = { bytes: Buffer } | { refused: 'not-sealed' | 'foreign' | 'changed' };

/** A data key of its own, wrapped by this master key. */
export function newDataKey(master: MasterKey): DataKey {
  const key = randomBytes(keyLength);
  return { key, wrapped: Buffer.concat([master.id, encrypt(master.key, key, Buffer.concat([mark, master.id]))]) };
}

/**
 * Seals for one place: opened elsewhere, the data are refused. The layout: mark (4 bytes), id of the master key (8), wrapped data key
 * (12 nonce, 32, 16 tag), then the data (12 nonce, as long as they are, 16 tag); AES-256-GCM, and all before the data is
 * authenticated with them.
 */
export function sealEnvelope({ key, wrapped }: DataKey, bytes: Buffer, place: string): Buffer {
  const header = Buffer.concat([mark, wrapped]);
  return Buffer.concat([header, encrypt(key, bytes, boundTo(header, place))]);
}

/** Opens what was sealed for the place with one of the master keys. */
export function openEnvelope(masterOf: (id: Buffer) => MasterKey | undefined, sealed: Buffer, place: string): Opening {
  if (!isSealed(sealed)) return { refused: 'not-sealed' };
  if (sealed.length < headerLength + nonceLength + tagLength) return { refused: 'changed' };
  const id = sealed.subarray(mark.length, mark.length + idLength);
  const master = masterOf(id);
  if (!master) return { refused: 'foreign' };
  const header = sealed.subarray(0, headerLength);
  const key = decrypt(master.key, header.subarray(mark.length + idLength), Buffer.concat([mark, id]));
  const bytes = key && decrypt(key, sealed.subarray(headerLength), boundTo(header, place));
  return bytes ? { bytes } : { refused: 'changed' };
}

/** True where the bytes claim to be sealed. */
export function isSealed(bytes: Buffer): boolean {
  return bytes.subarray(0, mark.length).equals(mark);
}

/** Neither text nor a compressed body begins like this; the last byte is the version. */
const mark = Buffer.from([0xc7, 0x63, 0x72, 0x01]);
const keyLength = 32;
const idLength = 8;
const nonceLength = 12;
const tagLength = 16;
const headerLength = mark.length + idLength + nonceLength + keyLength + tagLength;

function boundTo(header: Buffer, place: string): Buffer {
  return Buffer.concat([header, Buffer.from(place)]);
}

function encrypt(key: Buffer, bytes: Buffer, bound: Buffer): Buffer {
  const nonce = randomBytes(nonceLength);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(bound);
  return Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Buffer, sealed: Buffer, bound: Buffer): Buffer | undefined {
  const nonce = sealed.subarray(0, nonceLength);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagLength }).setAAD(bound);
  decipher.setAuthTag(sealed.subarray(-tagLength));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(nonceLength, -tagLength)), decipher.final()]);
  } catch {
    return undefined;
  }
}
