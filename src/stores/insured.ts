import { LRUCache } from 'lru-cache';
import { MemoryStore } from './memory.ts';
import type {
  AccountShare,
  AccountState,
  Claim,
  ClaimOutcome,
  LastKnown,
  Lease,
  Mark,
  Settlement,
  Store,
} from './store.ts';

export interface InsuranceSettings {
  /** While the shared state is away: `open` counts in this process alone, `closed` grants nothing. */
  onStateLost: 'open' | 'closed';
  /** How long the shared state is waited for, in milliseconds. */
  waitMs?: number;
  /** How often it is asked whether it is back, in milliseconds. */
  probeMs?: number;
  now(): number;
  /** Told when it goes, and when it is back. */
  report(message: string): void;
}

/** What could not be told to the shared state and is told later; more of it than this is given up. */
const mostPending = 20_000;
const mostAccounts = 20_000;

/**
 * A shared store that may go away: no operation waits long for it, and none rejects. Meanwhile this process counts by itself,
 * from what it last knew of the accounts; what was settled meanwhile is told when the shared store is back, by itself.
 */
export class InsuredStore implements Store {
  readonly shared = true;
  readonly #remote: Store;
  readonly #settings: InsuranceSettings;
  readonly #known = new LRUCache<string, AccountState>({ max: mostAccounts });
  #away = false;
  /** Counts while the shared store is away. */
  #local: MemoryStore | undefined;
  #pending: (() => Promise<unknown>)[] = [];
  #probing: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(remote: Store, settings: InsuranceSettings) {
    this.#remote = remote;
    this.#settings = settings;
  }

  get away(): boolean {
    return this.#away;
  }

  async claim(claim: Claim): Promise<ClaimOutcome> {
    const { id, windows, accounts } = claim;
    const outcome = await this.#ask(() => this.#remote.claim({ ...claim, accounts: this.#informed(accounts) }));
    if (outcome) {
      this.#learn(accounts, outcome.accounts);
      return outcome;
    }
    const answer = await this.#alone(claim);
    if (!answer.granted) {
      // The shared store may have granted it all the same, without our hearing of it.
      const given = accounts.filter(({ look }) => !look).map(({ name, keptMs }) => ({ name, amount: 0, keptMs }));
      const back = windows.filter(({ look }) => !look).map(({ name, windowMs }) => ({ name, windowMs, amount: 0 }));
      if (given.length + back.length > 0)
        this.#later(() => this.#remote.settle({ id, windows: back, accounts: given }));
    }
    return answer;
  }

  async settle(settlement: Settlement): Promise<AccountState[]> {
    const { accounts } = settlement;
    const tell = () => this.#remote.settle({ ...settlement, accounts: this.#informed(accounts) });
    const states = await this.#ask(tell);
    if (states) {
      this.#learn(accounts, states);
      return states;
    }
    this.#later(tell);
    return this.#insurance().settle(settlement);
  }

  async renew(leases: readonly Lease[], leaseMs: number): Promise<void> {
    const told = await this.#ask(() => this.#remote.renew(leases, leaseMs).then(() => true));
    if (!told) await this.#insurance().renew(leases, leaseMs);
  }

  async get(name: string): Promise<string | undefined> {
    const answer = await this.#ask(() => this.#remote.get(name).then((value) => ({ value })));
    return answer ? answer.value : this.#insurance().get(name);
  }

  async set(name: string, value: string, ttlMs: number): Promise<void> {
    const told = await this.#ask(() => this.#remote.set(name, value, ttlMs).then(() => true));
    if (told) return;
    this.#later(() => this.#remote.set(name, value, ttlMs));
    await this.#insurance().set(name, value, ttlMs);
  }

  async mark(topic: string, mark: Mark, ttlMs: number): Promise<void> {
    const told = await this.#ask(() => this.#remote.mark(topic, mark, ttlMs).then(() => true));
    if (!told) this.#later(() => this.#remote.mark(topic, mark, ttlMs));
  }

  async marksSince(topic: string, version: number): Promise<{ version: number; marks: Mark[] }> {
    return (await this.#ask(() => this.#remote.marksSince(topic, version))) ?? { version, marks: [] };
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#probing);
    if (this.#away) await this.#recover();
    await this.#bounded(() => this.#remote.close()).catch(() => undefined);
  }

  /** What the shared store says; undefined where it is away. */
  async #ask<Answer>(operation: () => Promise<Answer>): Promise<Answer | undefined> {
    if (this.#away) return undefined;
    try {
      return await this.#bounded(operation);
    } catch (error) {
      this.#lost(error);
      return undefined;
    }
  }

  #bounded<Answer>(operation: () => Promise<Answer>): Promise<Answer> {
    const { waitMs = 1000 } = this.#settings;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer within ${waitMs} ms`)), waitMs);
      operation()
        .then(resolve, reject)
        .finally(() => clearTimeout(timer));
    });
  }

  async #alone(claim: Claim): Promise<ClaimOutcome> {
    if (this.#settings.onStateLost === 'closed') return { granted: false, windows: [], accounts: [], away: true };
    return { ...(await this.#insurance().claim({ ...claim, accounts: this.#assumed(claim.accounts) })), away: true };
  }

  #lost(error: unknown): void {
    if (this.#away) return;
    this.#away = true;
    this.#local = undefined;
    const { onStateLost, report } = this.#settings;
    const meanwhile = onStateLost === 'open' ? 'this process counts by itself' : 'calls with limits are refused';
    const reason = error instanceof Error ? error.message : String(error);
    report(
      `the shared state is away (${reason}): ${meanwhile}, and nothing is heard of keys that others make or revoke`,
    );
    this.#probe();
  }

  #insurance(): MemoryStore {
    this.#local ??= new MemoryStore(() => this.#settings.now());
    return this.#local;
  }

  #probe(): void {
    const { probeMs = 250 } = this.#settings;
    if (this.#closed) return;
    this.#probing = setTimeout(() => void this.#recover().then((back) => back || this.#probe()), probeMs);
    this.#probing.unref();
  }

  /** Tells the shared store what it missed; true where it is back. */
  async #recover(): Promise<boolean> {
    try {
      await this.#bounded(() => this.#remote.get('back'));
      for (let tell = this.#pending[0]; tell; tell = this.#pending[0]) {
        await this.#bounded(tell);
        this.#pending.shift();
      }
    } catch {
      return false;
    }
    this.#away = false;
    this.#local = undefined;
    this.#settings.report('the shared state is back');
    return true;
  }

  /** An operation that began while the shared store was away may end when it is back: then it is told at once. */
  #later(tell: () => Promise<unknown>): void {
    if (!this.#away) {
      this.#bounded(tell).catch((error: unknown) => {
        this.#lost(error);
        this.#later(tell);
      });
      return;
    }
    if (this.#pending.length >= mostPending) this.#pending.shift();
    this.#pending.push(tell);
  }

  #learn(shares: readonly { name: string }[], states: readonly AccountState[]): void {
    for (const [index, { name }] of shares.entries()) {
      const state = states[index];
      if (state) this.#known.set(name, state);
    }
  }

  /** A shared store that lost its data is told what was spent. */
  #informed<Share extends { name: string; last?: LastKnown }>(shares: readonly Share[]): Share[] {
    return shares.map((share) => {
      const last = this.#known.get(share.name);
      return last === undefined ? share : { last: { born: last.born, spent: last.spent }, ...share };
    });
  }

  /** Alone, what others had set aside counts as spent. */
  #assumed(shares: readonly AccountShare[]): AccountShare[] {
    return shares.map((share) => {
      const last = this.#known.get(share.name);
      return last === undefined ? share : { ...share, last: { born: last.born, spent: last.spent + last.reserved } };
    });
  }
}
