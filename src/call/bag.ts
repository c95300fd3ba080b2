/**
 * What comes and goes with every call, in any order. A Set would do but for the tables that it leaves behind each time it makes
 * room: V8 keeps what stood in them, and all that hangs on it, until it collects its whole heap.
 */
export class Bag<Item> implements Iterable<Item> {
  readonly #items: Item[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** Adds an item that is not in it. */
  add(item: Item): void {
    this.#items.push(item);
  }

  has(item: Item): boolean {
    return this.#items.includes(item);
  }

  /** False where it is not in it. */
  delete(item: Item): boolean {
    const index = this.#items.indexOf(item);
    if (index === -1) return false;
    const last = this.#items.pop()!;
    if (index < this.#items.length) this.#items[index] = last;
    return true;
  }

  [Symbol.iterator](): IterableIterator<Item> {
    return this.#items[Symbol.iterator]();
  }
}
