/**
 * Takes out of a continuation what was said before it: models that are asked to go on often repeat the end of what was
 * said, or all of it. Text is held only while it may still be such a repetition.
 */
export class OverlapFilter {
  readonly #said: string;
  /** False where the beginning of what was said is left out of account. */
  readonly #isAllSaid: boolean;
  #held = '';
  #passing: boolean;

  constructor(said: string) {
    // Longer repetitions than this are not looked for.
    this.#said = said.slice(-longestOverlap);
    this.#isAllSaid = said.length <= longestOverlap;
    this.#passing = said === '';
  }

  /** What of the text so far is new. */
  push(delta: string): string {
    if (this.#passing) return delta;
    this.#held += delta;
    return this.#mayBeRepetition() ? '' : this.#decide();
  }

  /** The continuation is over: what was held and is new. */
  end(): string {
    return this.#passing ? '' : this.#decide();
  }

  /** True while what came is a beginning of some end of what was said. */
  #mayBeRepetition(): boolean {
    for (let start = this.#said.indexOf(this.#held); start !== -1; start = this.#said.indexOf(this.#held, start + 1)) {
      if (start + this.#held.length < this.#said.length) return true;
    }
    return false;
  }

  #decide(): string {
    this.#passing = true;
    const text = this.#held;
    this.#held = '';
    return text.slice(this.#repeatedLength(text));
  }

  #repeatedLength(text: string): number {
    for (let length = Math.min(text.length, this.#said.length); length > 0; length -= 1) {
      const end = text.slice(0, length);
      if (!this.#said.endsWith(end)) continue;
      const isAll = this.#isAllSaid && length === this.#said.length;
      return isAll || isMeant(end) ? length : 0;
    }
    return 0;
  }
}

const longestOverlap = 20_000;
const fewestCharacters = 8;

/** A few characters that are the same by chance are no repetition: `l` behind `hel` begins `lo`. */
function isMeant(overlap: string): boolean {
  const visible = overlap.replaceAll(/\s+/g, '');
  return visible.length >= fewestCharacters && new Set(visible).size > 2;
}
