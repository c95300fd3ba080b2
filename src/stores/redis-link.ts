import type { Redis } from 'ioredis';

/** A Redis, and how long it is waited for. */
export interface RedisPlace {
  /** `redis://…` or `rediss://…`. */
  url: string;
  keyPrefix?: string;
  /** How long a connection or a command is waited for, in milliseconds. */
  waitMs?: number;
}

/** A connection that is made when it is first needed. Commands are never kept for later: while it is gone they fail at once. */
export class RedisLink {
  readonly #place: RedisPlace;
  #connecting: Promise<Redis> | undefined;

  constructor(place: RedisPlace) {
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
    const { url, keyPrefix = 'claude-router:', waitMs = 1000 } = this.#place;
    const { Redis: Client } = await import('ioredis');
    const redis = new Client(url, {
      keyPrefix,
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
