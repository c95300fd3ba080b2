import { afterAll, describe, expect, it } from 'vitest';
import type { CacheStore } from '../../src/stores/cache-store.ts';
import { MemoryCache } from '../../src/stores/memory-cache.ts';
import { RedisCache } from '../../src/stores/redis-cache.ts';
import { type RedisServer, redisInstalled, startRedis } from '../support/redis.ts';

const redis: RedisServer | undefined = redisInstalled() ? await startRedis() : undefined;
const opened: CacheStore[] = [];
afterAll(async () => {
  await Promise.all(opened.map((store) => store.close()));
  await redis?.remove();
});

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

function contract(make: () => CacheStore): void {
  const open = () => {
    const store = make();
    opened.push(store);
    return store;
  };

  it('gives back the bytes that it was given, and the later ones', async () => {
    const store = open();
    expect(await store.get('a')).toBeUndefined();
    await store.set('a', everyByte, 60_000);
    expect(await store.get('a')).toEqual(everyByte);
    await store.set('a', Buffer.from('later'), 60_000);
    expect((await store.get('a'))?.toString()).toBe('later');
  });

  it('forgets them when their time is over', async () => {
    const store = open();
    await store.set('short', everyByte, 30);
    await expect.poll(() => store.get('short')).toBeUndefined();
  });
}

describe('bytes kept in the process', () => {
  contract(() => new MemoryCache(1_000_000));

  it('are never more than they may be', async () => {
    const store = new MemoryCache(10_000);
    for (let index = 0; index < 100; index += 1) await store.set(`key ${index}`, Buffer.alloc(1000), 60_000);
    const left = await Promise.all(Array.from({ length: 100 }, (_, index) => store.get(`key ${index}`)));
    expect(left.filter(Boolean).length).toBeLessThanOrEqual(10);
    expect(left[99]).toBeDefined();
    await store.set('too large', Buffer.alloc(20_000), 60_000);
    expect(await store.get('too large')).toBeUndefined();
  });
});

describe.runIf(redis)('bytes kept in Redis', () => {
  contract(() => new RedisCache({ url: redis!.url, keyPrefix: `${opened.length}:`, waitMs: 500 }));

  it('can all be replaced, their time left as it is, and nothing else', async () => {
    const [store, neighbour] = ['all[*]:', 'all[*]'].map((keyPrefix) => {
      const made = new RedisCache({ url: redis!.url, keyPrefix });
      opened.push(made);
      return made;
    });
    const keys = Array.from({ length: 250 }, (_, index) => `key ${index}`);
    for (const key of keys) await store!.set(key, everyByte, 60_000);
    await store!.set('alone', everyByte, 60_000);
    await store!.set('short', everyByte, 400);
    await neighbour!.set('other', everyByte, 60_000);
    const changed = (key: string) => Buffer.from(`${key} anew`);
    expect(await store!.replaceAll((key) => (key === 'alone' ? undefined : changed(key)))).toBe(251);
    expect(await Promise.all(keys.map((key) => store!.get(key)))).toEqual(keys.map(changed));
    expect(await store!.get('alone')).toEqual(everyByte);
    expect(await neighbour!.get('other')).toEqual(everyByte);
    await expect.poll(() => store!.get('short')).toBeUndefined();
  });

  it('are left to whoever replaces them meanwhile', async () => {
    const store = new RedisCache({ url: redis!.url, keyPrefix: 'race:' });
    opened.push(store);
    await store.set('a', Buffer.from('first'), 60_000);
    const change = async () => {
      await store.set('a', Buffer.from('second'), 60_000);
      return Buffer.from('first, anew');
    };
    expect(await store.replaceAll(change)).toBe(0);
    expect((await store.get('a'))?.toString()).toBe('second');
  });

  it('are not waited for while it is away, and are found again after', async () => {
    const store = new RedisCache({ url: redis!.url, keyPrefix: 'away:', waitMs: 300 });
    opened.push(store);
    await store.set('a', everyByte, 60_000);
    redis!.pause();
    const startedAt = Date.now();
    await expect(store.get('a')).rejects.toThrow();
    expect(Date.now() - startedAt).toBeLessThan(2000);
    redis!.resume();
    await expect.poll(() => store.get('a').catch(() => undefined), { timeout: 5000 }).toEqual(everyByte);
  });
});
