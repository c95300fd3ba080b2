import type { AccountState, LastKnown } from './store.ts';

interface SetAside {
  amount: number;
  until: number;
}

/** One account: what was spent, and what calls on their way have set aside. */
export class MemoryAccount {
  #spent = 0;
  #reserved = 0;
  readonly #leases = new Map<string, SetAside>();
  /** Counted as spent because nobody settled them in time; a late settlement corrects that. */
  readonly #overdue = new Map<string, number>();
  keptUntil = 0;
  readonly #born: string;

  constructor(born: string) {
    this.#born = born;
  }

  /** What was not settled in time counts as spent. */
  expire(now: number): void {
    for (const [id, { amount, until }] of this.#leases) {
      if (until > now) continue;
      this.#leases.delete(id);
      this.#reserved -= amount;
      this.#spent += amount;
      this.#overdue.set(id, amount);
    }
  }

  get state(): AccountState {
    return { spent: this.#spent, reserved: this.#reserved, born: this.#born };
  }

  fits(id: string, amount: number, limit: number): boolean {
    return amount === 0 || this.#spent + this.#reserved - this.#heldBy(id) + amount <= limit;
  }

  raise(last: LastKnown | undefined): void {
    if (last !== undefined && last.born !== this.#born) this.#spent = Math.max(this.#spent, last.spent);
  }

  setAside(id: string, amount: number, until: number): void {
    this.#reserved += amount - this.#heldBy(id);
    if (amount === 0) this.#leases.delete(id);
    else this.#leases.set(id, { amount, until });
  }

  /** The call goes on: what it set aside stays so, also where it was given up for lost. */
  renew(id: string, amount: number, until: number): void {
    const lease = this.#leases.get(id);
    if (lease) {
      lease.until = until;
      return;
    }
    this.#spent -= this.#overdue.get(id) ?? 0;
    this.#overdue.delete(id);
    this.setAside(id, amount, until);
  }

  settle(id: string, amount: number): void {
    this.#reserved -= this.#heldBy(id);
    this.#leases.delete(id);
    this.#spent += amount - (this.#overdue.get(id) ?? 0);
    this.#overdue.delete(id);
  }

  #heldBy(id: string): number {
    return this.#leases.get(id)?.amount ?? 0;
  }
}
