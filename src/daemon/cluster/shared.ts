import { Cancellation } from '../../call/cancellation.ts';
import { longestWaitMs, type WantedPlace } from '../../providers/health.ts';
import { Slots } from '../../providers/slots.ts';
import { PoolTurns } from '../../routing/pool-turns.ts';
import { ConversationStore } from '../../server/conversations.ts';
import type { CacheStore } from '../../stores/cache-store.ts';
import { MemoryCache } from '../../stores/memory-cache.ts';
import type { StoreOperation } from '../../stores/primary.ts';
import type { Store } from '../../stores/store.ts';
import type { WorkerProcess } from './worker-process.ts';

/** What the primary holds for all workers, in its memory and, of what was spent, in a file. */
export class Shared {
  readonly pools = new PoolTurns();
  readonly conversations = new ConversationStore();
  readonly #store: Store;
  readonly #caches = new Map<number, CacheStore>();
  readonly #slots = new Map<string, Slots>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** What is asked of the store that a worker sees. */
  async ask(operation: StoreOperation, args: unknown[]): Promise<unknown> {
    const operations = this.#store as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
    return operations[operation]?.(...args);
  }

  cacheOf(maxBytes: number): CacheStore {
    let cache = this.#caches.get(maxBytes);
    if (!cache) {
      cache = new MemoryCache(maxBytes);
      this.#caches.set(maxBytes, cache);
    }
    return cache;
  }

  /** A place at a target for a call of the worker's; resolves when it is given. Throws Failure `target-busy`. */
  async takePlace(worker: WorkerProcess, id: number, { target, name, limit, session }: WantedPlace): Promise<void> {
    const left = new Cancellation();
    worker.places.set(id, () => left.abort());
    try {
      const release = await this.#slotsOf(target, limit).take(session, name, left.signal);
      if (left.signal.aborted) release();
      else worker.places.set(id, release);
    } catch (error) {
      worker.places.delete(id);
      throw error;
    }
  }

  leavePlace(worker: WorkerProcess, id: number): void {
    worker.places.get(id)?.();
    worker.places.delete(id);
  }

  async close(): Promise<void> {
    await this.#store.close();
  }

  /** As many places as are configured now. */
  #slotsOf(target: string, limit: number): Slots {
    let slots = this.#slots.get(target);
    if (slots?.limit !== limit) {
      slots = new Slots({ limit, longestWaitMs });
      this.#slots.set(target, slots);
    }
    return slots;
  }
}
