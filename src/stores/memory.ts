import { LRUCache } from 'lru-cache';
import type { Journal } from './journal.ts';
import { MemoryAccount } from './memory-account.ts';
import { MemoryMarks } from './memory-marks.ts';
import { MemoryWindow } from './memory-window.ts';
import type { AccountState, Claim, ClaimOutcome, Lease, Mark, Settlement, Store } from './store.ts';
import { settledForMs } from './store.ts';

const mostSettled = 100_000;
const sweepEvery = 1000;

/** The state of one process. With a journal its accounts outlive it. */
export class MemoryStore implements Store {
  readonly shared = false;
  readonly away = false;
  readonly #now: () => number;
  readonly #journal: Journal | undefined;
  readonly #windows = new Map<string, { window: MemoryWindow; windowMs: number }>();
  readonly #accounts = new Map<string, MemoryAccount>();
  readonly #values = new Map<string, { value: string; until: number }>();
  readonly #marks = new MemoryMarks();
  /** It takes its whole room at once, so it is made for the first settlement. */
  #settled: LRUCache<string, number> | undefined;
  #operations = 0;

  constructor(now: () => number, journal?: Journal) {
    this.#now = now;
    this.#journal = journal;
    const startedAt = now();
    for (const { name, spent, keptUntil } of journal?.accounts(startedAt) ?? []) {
      const account = this.#account(name, startedAt);
      account.raise({ born: 'journal', spent });
      account.keptUntil = keptUntil;
    }
  }

  async claim({ id, windows, accounts, leaseMs }: Claim): Promise<ClaimOutcome> {
    const now = this.#now();
    this.#sweep(now);
    const held = windows.map(({ name, windowMs }) => this.#window(name, windowMs, now));
    const kept = accounts.map(({ name, last }) => {
      const account = this.#account(name, now);
      account.expire(now);
      account.raise(last);
      return account;
    });
    const granted =
      windows.every((share, index) => share.look || held[index]!.fits(share)) &&
      accounts.every(({ look, amount, limit }, index) => look || kept[index]!.fits(id, amount, limit));
    if (granted) {
      for (const [index, { look, amount }] of windows.entries()) if (!look) held[index]!.take(id, amount, now);
      for (const [index, { look, amount, keptMs }] of accounts.entries()) {
        if (look) continue;
        kept[index]!.setAside(id, amount, now + leaseMs);
        kept[index]!.keptUntil = now + keptMs;
      }
      this.#journal?.setAside(id, accounts, now);
    }
    return {
      granted,
      windows: windows.map((share, index) => held[index]!.state(share, granted && !share.look, now)),
      accounts: kept.map(({ state }) => state),
    };
  }

  async settle({ id, windows, accounts }: Settlement): Promise<AccountState[]> {
    const now = this.#now();
    this.#settled ??= new LRUCache({ max: mostSettled });
    const again = (this.#settled.get(id) ?? 0) > now;
    this.#settled.set(id, now + settledForMs);
    if (!again) {
      for (const { name, windowMs, amount } of windows) this.#window(name, windowMs, now).correct(id, amount);
      this.#journal?.settle(id, accounts, now);
    }
    return accounts.map(({ name, amount, keptMs, last }) => {
      const account = this.#account(name, now);
      account.expire(now);
      account.raise(last);
      account.keptUntil = now + keptMs;
      if (!again) account.settle(id, amount);
      return account.state;
    });
  }

  async renew(leases: readonly Lease[], leaseMs: number): Promise<void> {
    const now = this.#now();
    for (const { id, accounts } of leases) {
      if (this.#settled?.has(id)) continue;
      for (const { name, amount } of accounts) this.#account(name, now).renew(id, amount, now + leaseMs);
    }
  }

  async get(name: string): Promise<string | undefined> {
    const known = this.#values.get(name);
    return known && known.until > this.#now() ? known.value : undefined;
  }

  async set(name: string, value: string, ttlMs: number): Promise<void> {
    this.#values.set(name, { value, until: this.#now() + ttlMs });
  }

  async mark(topic: string, mark: Mark, ttlMs: number): Promise<void> {
    this.#marks.set(topic, mark, this.#now() + ttlMs);
  }

  async marksSince(topic: string, version: number): Promise<{ version: number; marks: Mark[] }> {
    return this.#marks.since(topic, version, this.#now());
  }

  async close(): Promise<void> {
    this.#journal?.close();
  }

  #window(name: string, windowMs: number, now: number): MemoryWindow {
    let known = this.#windows.get(name);
    if (!known) {
      known = { window: new MemoryWindow(), windowMs };
      this.#windows.set(name, known);
    }
    known.windowMs = windowMs;
    known.window.trim(now, windowMs);
    return known.window;
  }

  #account(name: string, now: number): MemoryAccount {
    let account = this.#accounts.get(name);
    if (!account) {
      account = new MemoryAccount(`${now}-${this.#operations}`);
      this.#accounts.set(name, account);
    }
    return account;
  }

  /** Now and then, what nobody asks for any more is forgotten. */
  #sweep(now: number): void {
    this.#operations += 1;
    if (this.#operations % sweepEvery !== 0) return;
    for (const [name, { window, windowMs }] of this.#windows) {
      window.trim(now, windowMs);
      if (window.isEmpty) this.#windows.delete(name);
    }
    for (const [name, account] of this.#accounts) {
      account.expire(now);
      if (account.keptUntil <= now && account.state.reserved === 0) this.#accounts.delete(name);
    }
    for (const [name, { until }] of this.#values) if (until <= now) this.#values.delete(name);
  }
}
