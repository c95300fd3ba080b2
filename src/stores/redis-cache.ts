import type { CacheStore } from './cache-store.ts';
import { RedisLink, type RedisPlace } from './redis.ts';

/** Bytes kept in a Redis, for every process that uses the same one. Rejects, in time, while it is away. */
export class RedisCache implements CacheStore {
  readonly #link: RedisLink;

  constructor(place: RedisPlace) {
    this.#link = new RedisLink(place);
  }

  async get(key: string): Promise<Buffer | undefined> {
    const redis = await this.#link.connected();
    return (await redis.getBuffer(`cache:${key}`)) ?? undefined;
  }

  async set(key: string, bytes: Buffer, ttlMs: number): Promise<void> {
    const redis = await this.#link.connected();
    await redis.set(`cache:${key}`, bytes, 'PX', Math.max(1, Math.ceil(ttlMs)));
  }

  close(): Promise<void> {
    return this.#link.close();
  }
}
