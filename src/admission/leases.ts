import type { Lease, Store } from '../stores/store.ts';

/** How long what a call has set aside outlives a process that died, in milliseconds. */
export const leaseMs = 15_000;

/** What the calls on their way have set aside, kept from running out for as long as they last. */
export class Leases {
  readonly #store: Store;
  readonly #open = new Map<string, Lease>();
  #timer: NodeJS.Timeout | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  keep(lease: Lease): void {
    this.#open.set(lease.id, lease);
    this.#timer ??= setInterval(() => this.#renew(), leaseMs / 3).unref();
  }

  end(id: string): void {
    this.#open.delete(id);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #renew(): void {
    if (this.#open.size === 0) this.close();
    else this.#store.renew([...this.#open.values()], leaseMs).catch(() => undefined);
  }
}
