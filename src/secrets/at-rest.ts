import { isSealed } from './envelope.ts';
import type { MasterKeys } from './master-keys.ts';
import type { SecretBox } from './secret-box.ts';

/**
 * What is kept of bodies and replies, on its way to where it is kept and back. While encryption is on nothing is taken that was
 * not sealed; while it is off, what was sealed before is still opened.
 */
export class AtRest {
  readonly #masterKeys: MasterKeys;
  readonly #box: SecretBox;
  #enabled = false;

  constructor(masterKeys: MasterKeys, box: SecretBox) {
    this.#masterKeys = masterKeys;
    this.#box = box;
  }

  get isOn(): boolean {
    return this.#enabled;
  }

  /**
   * As the configuration says, `keyRotation` in seconds; what has to be told of it. Makes the first master key where there is none.
   * Throws ConfigError.
   */
  configure(encryption: { enabled: boolean; keyRotation: number } | undefined): string[] {
    this.#enabled = encryption?.enabled === true;
    if (encryption) this.#box.configure(encryption.keyRotation * 1000);
    if (!this.#enabled || !this.#masterKeys.makeFirst()) return [];
    return [madeText(this.#masterKeys.file)];
  }

  seal(bytes: Buffer, place: string): Buffer {
    return this.#enabled ? this.#box.seal(bytes, place) : bytes;
  }

  /** Throws Failure `sealed-data` for what was not sealed here, or was changed since. */
  open(bytes: Buffer, place: string): Buffer {
    return this.#enabled || isSealed(bytes) ? this.#box.open(bytes, place) : bytes;
  }

  /** The same, sealed anew: with the newest keys, or for the first time. Throws Failure `sealed-data`. */
  reseal(bytes: Buffer, place: string): Buffer {
    return this.#box.seal(isSealed(bytes) ? this.#box.open(bytes, place) : bytes, place);
  }
}

/** What a person has to know of a master key that was just made. */
export function madeText(file: string): string {
  return `a master key was made: ${file}; keep a copy, since nobody can read what is encrypted without it`;
}
