/** Cuts text at the first of several stop sequences, also where one is split over two deltas. */
export class StopSequenceFilter {
  readonly #sequences: readonly string[];
  readonly #longest: number;
  #held = '';
  #matched: string | undefined;

  constructor(sequences: readonly string[]) {
    this.#sequences = sequences.filter((sequence) => sequence !== '');
    this.#longest = Math.max(0, ...this.#sequences.map((sequence) => sequence.length));
  }

  /** The sequence that was met; nothing is shown from there on. */
  get matched(): string | undefined {
    return this.#matched;
  }

  /** What of the text so far can be shown. */
  push(delta: string): string {
    if (this.#matched !== undefined) return '';
    const text = this.#held + delta;
    const match = this.#firstMatch(text);
    if (match) {
      this.#matched = match.sequence;
      this.#held = '';
      return text.slice(0, match.index);
    }
    const keep = this.#possibleBeginning(text);
    this.#held = text.slice(text.length - keep);
    return text.slice(0, text.length - keep);
  }

  /** What was held back as a possible beginning, now that the text is over. */
  release(): string {
    const held = this.#held;
    this.#held = '';
    return held;
  }

  #firstMatch(text: string): { index: number; sequence: string } | undefined {
    let best: { index: number; sequence: string } | undefined;
    for (const sequence of this.#sequences) {
      const index = text.indexOf(sequence);
      if (index !== -1 && (!best || index < best.index)) best = { index, sequence };
    }
    return best;
  }

  #possibleBeginning(text: string): number {
    for (let length = Math.min(this.#longest - 1, text.length); length > 0; length -= 1) {
      const tail = text.slice(text.length - length);
      if (this.#sequences.some((sequence) => sequence.startsWith(tail))) return length;
    }
    return 0;
  }
}
