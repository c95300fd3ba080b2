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

  /**
   * Replaces each piece by what `change` makes of it, a few at a time, its time left as it is; undefined leaves it alone, and so does
   * somebody who replaced it meanwhile. Resolves with how many were replaced.
   */
  async replaceAll(change: (key: string, bytes: Buffer) => Changed | Promise<Changed>): Promise<number> {
    const redis = await this.#link.connected();
    const prefix = `${this.#link.keyPrefix}cache:`;
    const pattern = `${prefix.replaceAll(/[\\*?[\]]/g, '\\$&')}*`;
    let count = 0;
    let cursor = '0';
    do {
      const [next, names] = await redis.scan(cursor, 'MATCH', pattern, 'COUNT', 100);
      cursor = next;
      for (const name of names) {
        const key = name.slice(prefix.length);
        const bytes = await redis.getBuffer(`cache:${key}`);
        const changed = bytes && (await change(key, bytes));
        if (changed) count += Number(await redis.eval(replaceScript, 1, `cache:${key}`, bytes, changed));
      }
    } while (cursor !== '0');
    return count;
  }

  close(): Promise<void> {
    return this.#link.close();
  }
}

type Changed = Buffer | undefined;

const replaceScript = `
local left = redis.call('PTTL', KEYS[1])
if left <= 0 or redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', left)
return 1
`;
