import { isJsonObject, type JsonObject } from '../../protocol/messages.ts';
import { parseJson } from '../../protocol/stream-event.ts';

/**
 * What an upstream needs back of its own reasoning, in the only place that every client keeps: the signature of a
 * thinking block. Form: `gw1.PROVIDER.BASE64URL(JSON)`. A signature without the prefix is Anthropic's own.
 */
export interface ReasoningState {
  /** The provider that minted it, as configured. */
  provider: string;
  /** The upstream's id of the model. */
  model: string;
  /** What the dialect put there: an encrypted item, details, signatures of calls. */
  state: JsonObject;
}

const prefix = 'gw1.';

/** True for a signature that the router minted, whatever the provider: Anthropic must never see it. */
export function isRouterSignature(signature: unknown): signature is string {
  return typeof signature === 'string' && signature.startsWith(prefix);
}

export function packReasoning({ provider, model, state }: ReasoningState): string {
  const name = provider.replaceAll(/[^a-zA-Z0-9_-]/g, '_');
  return `${prefix}${name}.${Buffer.from(JSON.stringify({ p: provider, m: model, s: state })).toString('base64url')}`;
}

/** The state that `packReasoning` packed; undefined for a foreign or damaged signature. */
export function unpackReasoning(signature: unknown): ReasoningState | undefined {
  if (!isRouterSignature(signature)) return undefined;
  const packed = parseJson(Buffer.from(signature.split('.')[2] ?? '', 'base64url').toString('utf8'));
  if (!isJsonObject(packed) || typeof packed.p !== 'string' || typeof packed.m !== 'string') return undefined;
  return { provider: packed.p, model: packed.m, state: isJsonObject(packed.s) ? packed.s : {} };
}

/**
 * True where the state may go back to this provider and model: the same provider, and the same model but for its date and
 * its variant (`-20251101`, `:free`). What another model minted is refused or misread.
 */
export function isOwnReasoning(minted: ReasoningState, provider: string, model: string): boolean {
  return reasoningOwner(minted.provider, minted.model) === reasoningOwner(provider, model);
}

/** Who may have reasoning back: the provider and the family of the model, as one name. */
export function reasoningOwner(provider: string, model: string): string {
  return `${provider}/${modelFamily(model)}`;
}

function modelFamily(model: string): string {
  return model
    .toLowerCase()
    .replace(/:.*$/, '')
    .replace(/(-latest|-preview)?(-\d{8}|-\d{4}-\d{2}-\d{2}|-\d{2}-\d{2,4}|-\d{4})?$/, '');
}
