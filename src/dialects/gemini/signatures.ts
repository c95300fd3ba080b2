import type { JsonObject } from '../../protocol/messages.ts';
import type { Exchange } from '../dialect.ts';
import type { AssistantBlock } from '../shared/conversation.ts';
import { originalToolId, shortHash } from '../shared/identifiers.ts';
import { isOwnReasoning, packReasoning, reasoningOwner, unpackReasoning } from '../shared/reasoning-state.ts';
import type { TurnInput } from '../shared/stretches.ts';

/** A signed stretch of a text: where it begins, its length, and its signature. */
export type SignedStretch = readonly [start: number, length: number, signature: string];

/**
 * Thought signatures as a thinking block keeps them for the parts around it, since neither texts nor calls have a place
 * for one. Each goes back on the part it came with.
 */
export interface Signatures {
  /** Of the thought that is this block's text. */
  thought?: string;
  /** Of stretches of the text in front of this block. */
  before?: SignedStretch[];
  /** Of empty texts that stood here. */
  empty?: string[];
  /** Of the beginning of the text that follows: its length and its signature. */
  text?: readonly [length: number, signature: string];
  /** Of the call that follows. */
  call?: string;
}

/** What stands in place of a signature that the history lacks: Google's own word for "do not check". */
export const signatureStandIn = 'skip_thought_signature_validator';

/** The signature of a thinking block that holds these. */
export function packSignatures(signatures: Signatures, { provider, model }: Exchange): string {
  return packReasoning({ provider, model, state: { ...signatures } });
}

/** The signatures that a block of the history holds; undefined where it holds none that this model may have back. */
export function signaturesOf(block: AssistantBlock, { provider, model }: TurnInput): Signatures | undefined {
  const minted = block.type === 'thinking' ? unpackReasoning(block.signature) : undefined;
  return minted && isOwnReasoning(minted, provider, model) ? readSignatures(minted.state) : undefined;
}

function readSignatures({ thought, before, empty, text, call }: JsonObject): Signatures {
  const signed: Signatures = {};
  if (typeof thought === 'string') signed.thought = thought;
  if (Array.isArray(before)) signed.before = before.filter(isStretch);
  if (Array.isArray(empty)) signed.empty = empty.filter((signature) => typeof signature === 'string');
  if (Array.isArray(text) && isStretch([0, ...text])) signed.text = [Number(text[0]), String(text[1])];
  if (typeof call === 'string') signed.call = call;
  return signed;
}

function isStretch(value: unknown): value is SignedStretch {
  if (!Array.isArray(value)) return false;
  const [start, length, signature] = value;
  return typeof start === 'number' && typeof length === 'number' && typeof signature === 'string';
}

/**
 * An id for a call that came without one, which carries its signature: then no block has to be made for it. Undefined where
 * the signature is too long for an id. `seed` tells calls apart.
 */
export function signedCallId(seed: string, signature: string, minter: Minter): string | undefined {
  if (Buffer.from(signature, 'base64').toString('base64') !== signature) return undefined;
  const owner = shortHash(reasoningOwner(minter.provider, minter.model));
  const id = `call_${shortHash(seed)}_signed_${owner}_${Buffer.from(signature, 'base64').toString('base64url')}`;
  return id.length <= longestId ? id : undefined;
}

/** A call's id as upstream knows it, and the signature that it carries for this model. */
export function readCallId(given: string, { provider, model }: TurnInput): { id: string; signature?: string } {
  const id = originalToolId(given);
  const signed = /^(call_[0-9a-f]{8})_signed_([0-9a-f]{8})_([A-Za-z0-9_-]+)$/.exec(id);
  if (!signed) return { id };
  const [, own, owner, packed] = signed;
  if (owner !== shortHash(reasoningOwner(provider, model))) return { id: own! };
  return { id: own!, signature: Buffer.from(packed!, 'base64url').toString('base64') };
}

/** The provider and the model that signed. */
type Minter = Pick<Exchange, 'provider' | 'model'>;

/** Clients make file names of ids. */
const longestId = 128;
