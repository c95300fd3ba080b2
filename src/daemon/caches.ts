import type { Seal } from '../cache/kept-reply.ts';
import { ReplyCache } from '../cache/reply-cache.ts';
import type { Config } from '../config/schema.ts';
import { isSwitchedOff } from '../config/switches.ts';
import type { CacheParts } from '../gateway/keep-reply.ts';
import type { CacheStore } from '../stores/cache-store.ts';
import { MemoryCache } from '../stores/memory-cache.ts';
import { RedisCache } from '../stores/redis-cache.ts';
import type { Commons } from './commons.ts';

type CacheConfig = NonNullable<Config['cache']>;

/** What is kept in this process and elsewhere: one store for each place that a configuration named since the start. */
export class Caches {
  readonly #seal: Seal;
  readonly #inMemory: (maxBytes: number) => CacheStore;
  readonly #stores = new Map<string, CacheStore>();
  readonly #replies = new Map<string, ReplyCache>();

  constructor(seal: Seal, commons?: Pick<Commons, 'cacheOf'>) {
    this.#seal = seal;
    this.#inMemory = (maxBytes) => commons?.cacheOf(maxBytes) ?? new MemoryCache(maxBytes);
  }

  /**
   * Kept replies as a configuration wants them; the same place keeps what it holds, for calls with the same salt. Undefined
   * where none are kept.
   */
  at({ cache }: Config, salt: string, report: (message: string) => void): CacheParts | undefined {
    if (cache === undefined || isSwitchedOff(cache)) return undefined;
    return { replies: this.#repliesOf(cache, report), scope: cache.scope, salt };
  }

  #repliesOf(cache: CacheConfig, report: (message: string) => void): ReplyCache {
    const settings = JSON.stringify(cache);
    const known = this.#replies.get(settings);
    if (known) return known;
    const replies = new ReplyCache({
      store: this.#storeAt(cache),
      ttlMs: cache.ttl * 1000,
      rules: cache.rules.map(({ pattern, ttl }) => ({ pattern, ttlMs: ttl * 1000 })),
      compression: cache.compression,
      seal: this.#seal,
      mostBytes: cache.maxSize,
      now: () => Date.now(),
      report,
    });
    this.#replies.set(settings, replies);
    return replies;
  }

  /** Writes what is still to be written, then lets go of everything. */
  async close(): Promise<void> {
    await Promise.all([...this.#replies.values()].map((replies) => replies.written()));
    await Promise.all([...this.#stores.values()].map((store) => store.close()));
  }

  #storeAt(cache: CacheConfig): CacheStore {
    const url = cache.type === 'redis' ? redisUrl(cache.connection) : undefined;
    const place = JSON.stringify(url === undefined ? [cache.maxSize] : [url, cache.keyPrefix]);
    const known = this.#stores.get(place);
    if (known) return known;
    const store = url === undefined ? this.#inMemory(cache.maxSize) : redisAt(url, cache.keyPrefix);
    this.#stores.set(place, store);
    return store;
  }
}

function redisAt(url: string, keyPrefix: string): CacheStore {
  return new RedisCache({ url, keyPrefix, waitMs: redisWaitMs });
}

/** A call waits no longer for what may have been kept. */
const redisWaitMs = 500;

/** The address of a Redis that is told in parts; this machine's own where nothing is said. */
export function redisUrl(connection: CacheConfig['connection'] = {}): string {
  const { url, host = 'localhost', port = 6379, username = '', password = '', db, tls = false } = connection;
  if (url !== undefined) return url;
  const login = username + password === '' ? '' : `${encodeURIComponent(username)}:${encodeURIComponent(password)}@`;
  const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  return `${tls ? 'rediss' : 'redis'}://${login}${name}:${port}${db === undefined ? '' : `/${db}`}`;
}
