import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe } from 'vitest';
import { Link } from '../../src/daemon/cluster/link.ts';
import { InsuredStore } from '../../src/stores/insured.ts';
import { Journal } from '../../src/stores/journal.ts';
import { MemoryStore } from '../../src/stores/memory.ts';
import { type AskStore, PrimaryStore } from '../../src/stores/primary.ts';
import { RedisStore } from '../../src/stores/redis.ts';
import type { Store } from '../../src/stores/store.ts';
import { ends } from '../support/ends.ts';
import { type RedisServer, redisInstalled, startRedis } from '../support/redis.ts';
import { type Clock, storeContract } from './contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'stores-'));
const redis: RedisServer | undefined = redisInstalled() ? await startRedis() : undefined;
const opened: Store[] = [];
const kept = (store: Store): Store => {
  opened.push(store);
  return store;
};

afterAll(async () => {
  await Promise.all(opened.map((store) => store.close()));
  await redis?.remove();
  rmSync(folder, { recursive: true, force: true });
});

describe('a store in the process', () => {
  storeContract((clock) => kept(new MemoryStore(() => clock.at)), 200);
});

describe('a store in the process with a journal', () => {
  storeContract((clock) => kept(new MemoryStore(() => clock.at, new Journal(join(folder, 'accounts')))), 20);
});

describe('a store in the primary', () => {
  storeContract((clock) => {
    const held = new MemoryStore(() => clock.at);
    const [worker, primary] = ends();
    new Link(primary, {
      store: (operation: keyof Store, args: unknown[]) =>
        (held[operation] as (...args: unknown[]) => unknown).apply(held, args),
    });
    const link = new Link<{ store(operation: string, args: unknown[]): Promise<unknown> }>(worker, {});
    return new PrimaryStore(((operation, args) => link.ask('store', operation, args)) as AskStore);
  }, 50);
});

describe.runIf(redis)('a store in Redis', () => {
  storeContract((clock) => kept(new RedisStore({ url: redis!.url, keyPrefix: 'plain:', now: () => clock.at })), 30);
});

describe.runIf(redis)('an insured store in Redis', () => {
  const insured = (clock: Clock) => {
    const remote = new RedisStore({ url: redis!.url, keyPrefix: 'insured:', now: () => clock.at });
    return new InsuredStore(remote, { onStateLost: 'open', now: () => clock.at, report: () => undefined });
  };
  storeContract((clock) => kept(insured(clock)), 10);
});

describe('an insured store whose remote never answered', () => {
  const dead = () => new RedisStore({ url: 'redis://127.0.0.1:1', waitMs: 200 });
  const alone = (clock: Clock) => {
    return new InsuredStore(dead(), { onStateLost: 'open', now: () => clock.at, report: () => undefined });
  };
  // Marks are for other processes.
  storeContract((clock) => kept(alone(clock)), 5, { marks: false });
});
