import { afterAll, describe, expect, it } from 'vitest';
import { InsuredStore } from '../../src/stores/insured.ts';
import { RedisStore } from '../../src/stores/redis.ts';
import type { Claim } from '../../src/stores/store.ts';
import { type RedisServer, redisInstalled, startRedis } from '../support/redis.ts';

const hasRedis = redisInstalled();
const ends: (() => Promise<void>)[] = [];
let made = 0;
const day = 86_400_000;

afterAll(async () => {
  for (const end of ends.reverse()) await end();
});

async function server(): Promise<RedisServer> {
  const redis = await startRedis();
  ends.push(() => redis.remove());
  return redis;
}

function insured(redis: RedisServer, onStateLost: 'open' | 'closed' = 'open') {
  const said: string[] = [];
  const remote = new RedisStore({ url: redis.url, waitMs: 200 });
  const report = (text: string) => void said.push(text);
  const store = new InsuredStore(remote, { onStateLost, waitMs: 200, probeMs: 50, now: Date.now, report });
  ends.push(() => store.close());
  return { store, said, isBack: () => expect.poll(() => said.at(-1), { timeout: 5000 }).toContain('is back') };
}

function spending(amount: number, id = `call-${++made}`, more: Partial<Claim> = {}): Claim {
  const accounts = [{ name: 'all', limit: 100, amount, keptMs: day }];
  return { id, windows: [], accounts, leaseMs: 60_000, ...more };
}

const settling = (id: string, amount: number) => ({
  id,
  windows: [],
  accounts: [{ name: 'all', amount, keptMs: day }],
});
const looking = (): Claim => ({
  ...spending(0),
  accounts: [{ name: 'all', limit: 100, amount: 0, keptMs: day, look: true }],
});

async function timed<Value>(work: () => Promise<Value>): Promise<{ value: Value; tookMs: number }> {
  const began = performance.now();
  const value = await work();
  return { value, tookMs: performance.now() - began };
}

describe.runIf(hasRedis)('an insured store', () => {
  it('answers in time while Redis is silent, at once after the first time, and counts by itself from what it knew', async () => {
    const redis = await server();
    const { store, said, isBack } = insured(redis);
    await store.claim(spending(30, 'before'));
    redis.pause();
    const first = await timed(() => store.claim(spending(30, 'meanwhile')));
    expect(first.value).toMatchObject({ granted: true, away: true });
    expect(first.tookMs).toBeLessThan(1000);
    const second = await timed(() => store.claim(spending(60)));
    expect(second.value.granted).toBe(false);
    expect(second.tookMs).toBeLessThan(100);
    await store.settle(settling('before', 12));
    await store.settle(settling('meanwhile', 8));
    redis.resume();
    await isBack();
    expect((await store.claim(looking())).accounts).toMatchObject([{ spent: 20, reserved: 0 }]);
    expect(said).toEqual([expect.stringContaining('this process counts by itself'), 'the shared state is back']);
  });

  it('tells a Redis that lost its data what was spent, and what was settled meanwhile', async () => {
    const redis = await server();
    const { store, isBack } = insured(redis);
    await store.claim(spending(40, 'early'));
    await store.settle(settling('early', 35));
    await store.claim(spending(10, 'late'));
    await redis.stop();
    await store.settle(settling('late', 5));
    await redis.start();
    await isBack();
    expect((await store.claim(looking())).accounts).toMatchObject([{ spent: 40, reserved: 0 }]);
  });

  it('keeps what calls on their way have set aside when Redis lost it', async () => {
    const redis = await server();
    const { store, isBack } = insured(redis);
    await store.claim(spending(40, 'running'));
    await redis.stop();
    await store.claim(looking());
    await redis.start();
    await isBack();
    await store.renew([{ id: 'running', accounts: [{ name: 'all', amount: 40, keptMs: day }] }], 60_000);
    expect((await store.claim(looking())).accounts).toMatchObject([{ spent: 0, reserved: 40 }]);
    expect((await store.claim(spending(61))).granted).toBe(false);
  });

  it('grants nothing where it is to be closed, and gives back what Redis granted without being heard', async () => {
    const redis = await server();
    const { store, isBack } = insured(redis, 'closed');
    await store.claim(looking());
    redis.pause();
    const window = { name: 'requests', limit: 1, windowMs: 60_000, amount: 1 };
    const claim = spending(70, 'unheard', { windows: [window] });
    expect(await store.claim(claim)).toEqual({ granted: false, windows: [], accounts: [], away: true });
    redis.resume();
    await isBack();
    const again = await store.claim({ ...spending(70), windows: [window] });
    expect(again).toMatchObject({ granted: true, windows: [{ used: 1 }], accounts: [{ reserved: 70 }] });
  });

  it('never rejects and never hangs, however often Redis goes and comes', async () => {
    const redis = await server();
    const { store, isBack } = insured(redis);
    let over = false;
    const waits: number[] = [];
    const working = Array.from({ length: 5 }, async () => {
      while (!over) {
        const id = `call-${++made}`;
        waits.push((await timed(() => store.claim(spending(1, id)))).tookMs);
        waits.push((await timed(() => store.settle(settling(id, 0)))).tookMs);
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
    for (let round = 0; round < 3; round += 1) {
      await new Promise((resolve) => setTimeout(resolve, 150));
      await redis.stop();
      await new Promise((resolve) => setTimeout(resolve, 150));
      await redis.start();
    }
    over = true;
    await Promise.all(working);
    await isBack();
    expect(Math.max(...waits)).toBeLessThan(2000);
    await expect.poll(async () => (await store.claim(looking())).accounts[0]).toMatchObject({ spent: 0, reserved: 0 });
  });
});
