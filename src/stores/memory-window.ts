import type { WindowShare, WindowState } from './store.ts';

interface Entry {
  id: string;
  at: number;
  amount: number;
}

/** What happened in the last `windowMs`, event by event, the oldest first. */
export class MemoryWindow {
  #entries: Entry[] = [];
  /** Entries before it have slid out; they are cut off now and then. */
  #start = 0;
  readonly #byId = new Map<string, Entry>();
  #used = 0;

  /** Forgets what has slid out at this moment. */
  trim(now: number, windowMs: number): void {
    for (let entry = this.#entries[this.#start]; entry && entry.at <= now - windowMs; ) {
      this.#start += 1;
      this.#used -= entry.amount;
      this.#byId.delete(entry.id);
      entry = this.#entries[this.#start];
    }
    if (this.#start > 64 && this.#start > this.#entries.length / 2) {
      this.#entries = this.#entries.slice(this.#start);
      this.#start = 0;
    }
  }

  get isEmpty(): boolean {
    return this.#byId.size === 0;
  }

  fits({ amount, limit }: WindowShare): boolean {
    return this.#used + amount <= limit;
  }

  take(id: string, amount: number, now: number): void {
    const entry = { id, at: now, amount };
    this.#entries.push(entry);
    this.#byId.set(id, entry);
    this.#used += amount;
  }

  /** Corrects what was taken; what has slid out already stays forgotten. */
  correct(id: string, amount: number): void {
    const entry = this.#byId.get(id);
    if (!entry) return;
    this.#used += amount - entry.amount;
    entry.amount = amount;
    if (amount > 0) return;
    this.#byId.delete(id);
    this.#entries.splice(this.#entries.indexOf(entry, this.#start), 1);
  }

  state({ amount, limit, windowMs }: WindowShare, taken: boolean, now: number): WindowState {
    const newest = this.#entries.at(-1);
    const emptyInMs = newest === undefined || this.isEmpty ? 0 : newest.at + windowMs - now;
    let over = taken ? 0 : this.#used + amount - limit;
    let fitsInMs = 0;
    for (let index = this.#start; over > 0 && index < this.#entries.length; index += 1) {
      const entry = this.#entries[index]!;
      over -= entry.amount;
      fitsInMs = entry.at + windowMs - now;
    }
    return { used: this.#used, fitsInMs, emptyInMs };
  }
}
