/**
 * Keeps the items of a response apart where several are in flight: what concerns the first is done at once, what concerns
 * a later one when all before it are over. So reasoning stays in front of what came of it.
 */
export class ItemQueue<Item> {
  readonly #entries: { item: Item; waiting: (() => void)[]; over: boolean }[] = [];

  /** A new item, behind all others. */
  begin(item: Item): void {
    this.#entries.push({ item, waiting: [], over: false });
  }

  /** Does it now, or when it is the item's turn. Nothing is done for an item that is over. */
  run(item: Item, action: () => void): void {
    this.#entries.find((entry) => entry.item === item)?.waiting.push(action);
    this.#advance();
  }

  /** Does it when it is the item's turn; then the next one's turn comes. */
  end(item: Item, action: () => void): void {
    const entry = this.#entries.find((each) => each.item === item);
    if (!entry) return;
    entry.waiting.push(action, () => {
      entry.over = true;
    });
    this.#advance();
  }

  #advance(): void {
    for (let head = this.#entries[0]; head; head = this.#entries[0]) {
      for (const action of head.waiting.splice(0)) action();
      if (!head.over) return;
      this.#entries.shift();
    }
  }
}
