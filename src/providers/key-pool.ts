/** The keys of one provider, taken in turn. */
export class KeyPool {
  readonly #keys: readonly string[];
  #next = 0;

  constructor(keys: readonly string[]) {
    this.#keys = keys.filter((key) => key !== '');
  }

  get size(): number {
    return this.#keys.length;
  }

  /** Every key, in the order of the configuration. */
  all(): readonly string[] {
    return this.#keys;
  }

  /** The keys to try for one call, the one whose turn it is first. */
  inTurn(): string[] {
    if (this.#keys.length === 0) return [];
    const start = this.#next % this.#keys.length;
    this.#next = start + 1;
    return [...this.#keys.slice(start), ...this.#keys.slice(0, start)];
  }
}
