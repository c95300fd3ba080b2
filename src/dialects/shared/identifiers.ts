import { createHash } from 'node:crypto';

const legalToolId = /^[a-zA-Z0-9_-]{1,128}$/;
const encodedPrefix = 'toolu_ccr_';

/** Makes the ids of tool calls legal (`^[a-zA-Z0-9_-]+$`) and unique in the conversation; the same input gives the same ids. */
export class ToolIds {
  readonly #used: Set<string>;
  readonly #seed: string;
  #made = 0;

  constructor(seed: string, used: ReadonlySet<string>) {
    this.#seed = seed;
    this.#used = new Set(used);
  }

  /** The upstream's id where it is legal and new, else one from which `originalToolId` gets it back, else a made one. */
  claim(upstreamId: string | undefined): string {
    const id = this.#free(upstreamId);
    this.#used.add(id);
    return id;
  }

  #free(upstreamId: string | undefined): string {
    if (!upstreamId) return this.#make('toolu_');
    if (legalToolId.test(upstreamId) && !this.#used.has(upstreamId)) return upstreamId;
    const encoded = `${encodedPrefix}${Buffer.from(upstreamId).toString('base64url')}`;
    if (encoded.length > 120) return this.#make('toolu_');
    return this.#used.has(encoded) || legalToolId.test(upstreamId) ? this.#make(`${encoded}-`) : encoded;
  }

  #make(prefix: string): string {
    let id: string;
    do {
      const hash = createHash('sha256').update(`${this.#seed}:${this.#made}`).digest('base64url');
      id = `${prefix}${hash.replaceAll(/[-_]/g, '').slice(0, prefix === 'toolu_' ? 24 : 8)}`;
      this.#made += 1;
    } while (this.#used.has(id));
    return id;
  }
}

/** The provider's own id of a call whose id `ToolIds` had to encode; any other id is itself. */
export function originalToolId(id: string): string {
  if (!id.startsWith(encodedPrefix)) return id;
  const encoded = id.slice(encodedPrefix.length).replace(/-[a-zA-Z0-9]{8}$/, '');
  return Buffer.from(encoded, 'base64url').toString('utf8') || id;
}

/** A message id in Anthropic's form from any upstream's, or from the call's own where there is none. */
export function messageId(upstreamId: unknown, callId: string): string {
  const source = typeof upstreamId === 'string' && upstreamId !== '' ? upstreamId : callId;
  const legal = source.replaceAll(/[^a-zA-Z0-9_-]/g, '_');
  return legal.startsWith('msg_') ? legal : `msg_${legal}`;
}

/** At most `length` characters; a longer name keeps its beginning and ends in a hash of the whole, always the same. */
export function shortened(name: string, length: number): string {
  return name.length <= length ? name : `${name.slice(0, length - 9)}_${shortHash(name)}`;
}

/** Eight hexadecimal digits, always the same for the same text. */
export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

/** A stable pseudonym: what a provider may know instead of an id of the client's. At most 64 characters. */
export function pseudonym(value: string): string {
  return createHash('sha256').update(`claude-code-router:${value}`).digest('hex');
}
