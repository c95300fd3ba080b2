import { LRUCache } from 'lru-cache';
import type { CacheStore } from './cache-store.ts';

/** Bytes kept in this process, at most `maxBytes` of them together; what was asked for longest ago goes first. */
export class MemoryCache implements CacheStore {
  readonly #entries: LRUCache<string, Buffer> | undefined;

  constructor(maxBytes: number) {
    if (maxBytes < 1) return;
    this.#entries = new LRUCache({
      maxSize: Math.floor(maxBytes),
      sizeCalculation: (bytes, key) => bytes.length + key.length + overheadBytes,
    });
  }

  async get(key: string): Promise<Buffer | undefined> {
    return this.#entries?.get(key);
  }

  async set(key: string, bytes: Buffer, ttlMs: number): Promise<void> {
    this.#entries?.set(key, bytes, { ttl: Math.max(1, Math.ceil(ttlMs)) });
  }

  async close(): Promise<void> {
    this.#entries?.clear();
  }
}

/** What an entry takes beside its bytes, about. */
const overheadBytes = 200;
