import { Failure } from '../call/failure.ts';
import { type DataKey, newDataKey, type Opening, openEnvelope, sealEnvelope } from './envelope.ts';
import type { MasterKeys } from './master-keys.ts';

/** Seals with a data key that is replaced from time to time, and opens whatever was sealed under its master keys. */
export class SecretBox {
  readonly #masterKeys: MasterKeys;
  readonly #now: () => number;
  #rotationMs = 86_400_000;
  #dataKey: { made: DataKey; at: number } | undefined;

  constructor(masterKeys: MasterKeys, now: () => number) {
    this.#masterKeys = masterKeys;
    this.#now = now;
  }

  /** From now on each data key is used for so long; the next seal makes a new one, under the newest master key. */
  configure(rotationMs: number): void {
    this.#rotationMs = rotationMs;
    this.#dataKey = undefined;
    this.#masterKeys.forget();
  }

  /** Seals for one place: a name that says what it is and whose. Throws Failure `sealed-data` without a master key. */
  seal(bytes: Buffer, place: string): Buffer {
    return sealEnvelope(this.#currentKey(), bytes, place);
  }

  /** Throws Failure `sealed-data` for what was not sealed, not here, not for this place, or was changed since. */
  open(sealed: Buffer, place: string): Buffer {
    const opened = this.#open(sealed, place);
    if ('bytes' in opened) return opened.bytes;
    throw new Failure('sealed-data', `${place} is refused: ${reasons[opened.refused]}`);
  }

  /** A text as it may stand in a configuration. Throws Failure `sealed-data` without a master key. */
  sealText(text: string): string {
    return `${textMark}${this.seal(Buffer.from(text), configPlace).toString('base64url')}`;
  }

  /** The text of such a value; `absent` where its key is not here, `broken` where no key can help. Throws ConfigError. */
  openText(sealed: string): { text: string } | { absent: string } | { broken: string } {
    const body = sealed.slice(textMark.length).trim();
    if (!sealed.startsWith(textMark) || !/^[\w-]+$/.test(body)) return { broken: notPrinted };
    if (!this.#masterKeys.current()) return { absent: noMasterKey };
    const opened = this.#open(Buffer.from(body, 'base64url'), configPlace);
    if ('bytes' in opened) return { text: opened.bytes.toString('utf8') };
    const reason = reasons[opened.refused];
    return opened.refused === 'foreign' ? { absent: reason } : { broken: reason };
  }

  #open(sealed: Buffer, place: string): Opening {
    return openEnvelope((id) => this.#masterKeys.find(id), sealed, place);
  }

  #currentKey(): DataKey {
    const now = this.#now();
    const known = this.#dataKey;
    if (known && now - known.at < this.#rotationMs) return known.made;
    this.#masterKeys.forget();
    const master = this.#masterKeys.current();
    if (!master) throw new Failure('sealed-data', noMasterKey);
    const made = newDataKey(master);
    this.#dataKey = { made, at: now };
    return made;
  }
}

/** Begins every encrypted value of a configuration. */
export const textMark = 'enc:v1:';

const configPlace = 'configuration';

const notPrinted = '`router secrets encrypt` prints no such value';

const noMasterKey = 'there is no master key: set ROUTER_MASTER_KEY, or run `router secrets encrypt`, which makes one';

const reasons = {
  'not-sealed': 'it is not encrypted; what was kept before encryption was on is encrypted by `router secrets rotate`',
  foreign: 'it was encrypted with another master key than those of ROUTER_MASTER_KEY or of the state folder',
  changed: 'it was changed since it was encrypted, or belongs elsewhere',
} as const;
