import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { claimScript, markScript, marksScript, renewScript, type Script, settleScript } from './redis-scripts.ts';
import {
  type AccountState,
  type Claim,
  type ClaimOutcome,
  type Lease,
  type Mark,
  type Settlement,
  type Store,
  settledForMs,
} from './store.ts';

/** A Redis, and how long it is waited for. */
export interface RedisPlace {
  /** `redis://…` or `rediss://…`. */
  url: string;
  keyPrefix?: string;
  /** How long a connection or a command is waited for, in milliseconds. */
  waitMs?: number;
}

export interface RedisSettings extends RedisPlace {
  /** Milliseconds since the epoch, instead of the server's clock. */
  now?: () => number;
}

/** The state in a Redis that several processes share. Each operation is one round trip; it rejects, in time, while Redis is away. */
export class RedisStore implements Store {
  readonly shared = true;
  readonly away = false;
  readonly #settings: RedisSettings;
  readonly #link: RedisLink;
  readonly #hashes = new Map<string, string>();

  constructor(settings: RedisSettings) {
    this.#settings = settings;
    this.#link = new RedisLink(settings);
  }

  async claim(claim: Claim): Promise<ClaimOutcome> {
    const { windows, accounts } = claim;
    const keys = [
      ...windows.flatMap(({ name }) => windowKeys(name)),
      ...accounts.flatMap(({ name }) => accountKeys(name)),
    ];
    const outcome = await this.#run<ClaimOutcome>(claimScript, keys, claim);
    return { granted: outcome.granted, windows: listOf(outcome.windows), accounts: listOf(outcome.accounts) };
  }

  async settle(settlement: Settlement): Promise<AccountState[]> {
    const { id, windows, accounts } = settlement;
    const keys = [
      settledKey(id),
      ...windows.flatMap(({ name }) => windowKeys(name)),
      ...accounts.flatMap(({ name }) => accountKeys(name)),
    ];
    const states = await this.#run<{ accounts: AccountState[] }>(settleScript, keys, { ...settlement, settledForMs });
    return listOf(states.accounts);
  }

  async renew(leases: readonly Lease[], leaseMs: number): Promise<void> {
    const keys = leases.flatMap(({ id, accounts }) => [
      settledKey(id),
      ...accounts.flatMap(({ name }) => accountKeys(name)),
    ]);
    await this.#run(renewScript, keys, { leases, leaseMs });
  }

  async get(name: string): Promise<string | undefined> {
    const redis = await this.#link.connected();
    return (await redis.get(`value:${name}`)) ?? undefined;
  }

  async set(name: string, value: string, ttlMs: number): Promise<void> {
    const redis = await this.#link.connected();
    await redis.set(`value:${name}`, value, 'PX', Math.ceil(ttlMs));
  }

  async mark(topic: string, { name, value }: Mark, ttlMs: number): Promise<void> {
    await this.#run(markScript, markKeys(topic), { name, value, ttlMs });
  }

  async marksSince(topic: string, version: number): Promise<{ version: number; marks: Mark[] }> {
    const since = await this.#run<{ version: number; marks: Mark[] }>(marksScript, markKeys(topic), { version });
    return { version: since.version, marks: listOf(since.marks) };
  }

  close(): Promise<void> {
    return this.#link.close();
  }

  /** Sends the script's hash; its text only where the server does not know it yet. */
  async #run<Result>(script: Script, keys: readonly string[], input: object): Promise<Result> {
    const redis = await this.#link.connected();
    const now = this.#settings.now?.();
    const argument = JSON.stringify(now === undefined ? input : { ...input, now });
    const reply = await redis.evalsha(this.#hash(script), keys.length, ...keys, argument).catch((error: unknown) => {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return redis.eval(script.lua, keys.length, ...keys, argument);
    });
    return JSON.parse(String(reply)) as Result;
  }

  #hash({ name, lua }: Script): string {
    let hash = this.#hashes.get(name);
    if (hash === undefined) {
      hash = createHash('sha1').update(lua).digest('hex');
      this.#hashes.set(name, hash);
    }
    return hash;
  }
}

/** A connection that is made when it is first needed. Commands are never kept for later: while it is gone they fail at once. */
export class RedisLink {
  /** Stands in front of every name. */
  readonly keyPrefix: string;
  readonly #place: RedisPlace;
  #connecting: Promise<Redis> | undefined;

  constructor(place: RedisPlace) {
    this.keyPrefix = place.keyPrefix ?? 'claude-router:';
    this.#place = place;
  }

  connected(): Promise<Redis> {
    this.#connecting ??= this.#connect();
    return this.#connecting;
  }

  async close(): Promise<void> {
    const redis = await this.#connecting?.catch(() => undefined);
    if (!redis) return;
    await redis.quit().catch(() => undefined);
    redis.disconnect();
  }

  async #connect(): Promise<Redis> {
    const { url, waitMs = 1000 } = this.#place;
    const { Redis: Client } = await import('ioredis');
    const redis = new Client(url, {
      keyPrefix: this.keyPrefix,
      lazyConnect: true,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      commandTimeout: waitMs,
      connectTimeout: waitMs,
      retryStrategy: (times) => Math.min(50 * times, 500),
    });
    // What is wrong is told by the commands that fail.
    redis.on('error', () => undefined);
    await redis.connect().catch(() => undefined);
    return redis;
  }
}

function windowKeys(name: string): [string, string] {
  return [`window:${name}`, `window:${name}:amounts`];
}

function accountKeys(name: string): [string, string] {
  return [`account:${name}`, `account:${name}:leases`];
}

function settledKey(id: string): string {
  return `settled:${id}`;
}

function markKeys(topic: string): [string, string, string] {
  return [`marks:${topic}:version`, `marks:${topic}:names`, `marks:${topic}:values`];
}

/** Lua knows no empty list: it comes as an empty object. */
function listOf<Item>(value: Item[] | Record<string, never>): Item[] {
  return Array.isArray(value) ? value : [];
}
