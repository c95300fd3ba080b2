import type { AccountState, Claim, ClaimOutcome, Lease, Mark, Settlement, Store } from './store.ts';

/** What a store is asked. */
export type StoreOperation = Exclude<keyof Store, 'shared' | 'away' | 'close'>;

/** Asks the process that holds the store; rejects where it does not answer. */
export type AskStore = <Name extends StoreOperation>(
  operation: Name,
  args: Parameters<Store[Name]>,
) => ReturnType<Store[Name]>;

/** The state in another process of the same router, which holds it for all. */
export class PrimaryStore implements Store {
  readonly shared = true;
  readonly away = false;
  readonly #ask: AskStore;

  constructor(ask: AskStore) {
    this.#ask = ask;
  }

  claim(claim: Claim): Promise<ClaimOutcome> {
    return this.#ask('claim', [claim]);
  }

  settle(settlement: Settlement): Promise<AccountState[]> {
    return this.#ask('settle', [settlement]);
  }

  renew(leases: readonly Lease[], leaseMs: number): Promise<void> {
    return this.#ask('renew', [leases, leaseMs]);
  }

  get(name: string): Promise<string | undefined> {
    return this.#ask('get', [name]);
  }

  set(name: string, value: string, ttlMs: number): Promise<void> {
    return this.#ask('set', [name, value, ttlMs]);
  }

  mark(topic: string, mark: Mark, ttlMs: number): Promise<void> {
    return this.#ask('mark', [topic, mark, ttlMs]);
  }

  marksSince(topic: string, version: number): Promise<{ version: number; marks: Mark[] }> {
    return this.#ask('marksSince', [topic, version]);
  }

  async close(): Promise<void> {}
}
