import type { CallSignal } from '../call/cancellation.ts';
import type { CacheStore } from '../stores/cache-store.ts';
import { Flights, type Landed } from './flights.ts';
import { fitsGlob } from './glob.ts';
import { isKeepable } from './keepable.ts';
import { type KeptReply, mostBytes, packReply, type Seal, unpackReply } from './kept-reply.ts';

export interface ReplyCacheSettings {
  store: CacheStore;
  ttlMs: number;
  /** The first whose pattern fits the human text says how long its reply is kept; 0 is not at all. */
  rules: readonly { pattern: string; ttlMs: number }[];
  compression: boolean;
  seal: Seal;
  /** Larger replies are not kept. */
  mostBytes?: number;
  now(): number;
  /** Told when what is kept can't be reached any more, and when it can again. */
  report(message: string): void;
}

/** The answers to calls that were answered before. Nothing here fails: what can't be read was not kept. */
export class ReplyCache {
  readonly #settings: ReplyCacheSettings;
  readonly #flights = new Flights<KeptReply>();
  readonly #writing = new Set<Promise<void>>();
  #awayUntil = 0;
  #away = false;

  constructor(settings: ReplyCacheSettings) {
    this.#settings = settings;
  }

  /** The place of a call's answer; undefined where answers to such a text are not kept. */
  slot(key: string, text: string): CacheSlot | undefined {
    const { rules, ttlMs } = this.#settings;
    const kept = rules.find(({ pattern }) => fitsGlob(pattern, text))?.ttlMs ?? ttlMs;
    return kept > 0 ? new CacheSlot(this, this.#flights, key, kept) : undefined;
  }

  get mostBytes(): number {
    return Math.min(mostBytes, this.#settings.mostBytes ?? mostBytes);
  }

  async find(key: string): Promise<KeptReply | undefined> {
    const bytes = await this.#ask((store) => store.get(key));
    return bytes && unpackReply(key, bytes, this.#settings.seal);
  }

  /** Keeps a reply; resolves when it can be found. */
  keep(key: string, reply: KeptReply, ttlMs: number): Promise<void> {
    const writing = this.#write(key, reply, ttlMs).finally(() => this.#writing.delete(writing));
    this.#writing.add(writing);
    return writing;
  }

  /** Resolves when all that is to be kept is. */
  async written(): Promise<void> {
    await Promise.all(this.#writing);
  }

  async #write(key: string, reply: KeptReply, ttlMs: number): Promise<void> {
    const { compression, seal } = this.#settings;
    const bytes = await packReply(key, reply, compression, seal).catch(() => undefined);
    if (bytes && bytes.length <= this.mostBytes) await this.#ask((store) => store.set(key, bytes, ttlMs));
  }

  /** What the store answers; undefined while it is away. Then it is left alone for a moment, so that no call waits for it in vain. */
  async #ask<Answer>(question: (store: CacheStore) => Promise<Answer>): Promise<Answer | undefined> {
    const { store, now, report } = this.#settings;
    if (now() < this.#awayUntil) return undefined;
    try {
      const answer = await question(store);
      if (this.#away) report('kept replies can be reached again');
      this.#away = false;
      return answer;
    } catch (error) {
      this.#awayUntil = now() + restMs;
      if (!this.#away)
        report(`kept replies can’t be reached: ${error instanceof Error ? error.message : String(error)}`);
      this.#away = true;
      return undefined;
    }
  }
}

const restMs = 1000;

/** Where the answer to one call is found, or put. Whoever takes one and finds nothing must `settle` it, once. */
export class CacheSlot {
  readonly #cache: ReplyCache;
  readonly #flights: Flights<KeptReply>;
  readonly #key: string;
  readonly #ttlMs: number;
  #leads = false;

  constructor(cache: ReplyCache, flights: Flights<KeptReply>, key: string, ttlMs: number) {
    this.#cache = cache;
    this.#flights = flights;
    this.#key = key;
    this.#ttlMs = ttlMs;
  }

  /** The largest reply that is kept, in bytes. */
  get mostBytes(): number {
    return this.#cache.mostBytes;
  }

  /**
   * The answer that was kept, or that an identical call is getting at this moment; undefined where this call has to ask
   * for itself.
   */
  async find(signal: CallSignal): Promise<KeptReply | undefined> {
    for (;;) {
      const flight = this.#flights.join(this.#key);
      if (flight === 'lead') {
        this.#leads = true;
        const kept = await this.#cache.find(this.#key);
        if (kept) this.#land(kept);
        return kept;
      }
      const landed = await flight(signal);
      if (landed !== 'left') return landed;
    }
  }

  /** The call is over: with this answer, with one that others can't be given (undefined), or without one, since its client left. */
  settle(reply: KeptReply | 'left' | undefined): void {
    const kept = reply !== 'left' && reply !== undefined && isKeepable(reply.message) ? reply : undefined;
    const written = kept && this.#cache.keep(this.#key, kept, this.#ttlMs);
    this.#land(reply === 'left' ? 'left' : kept, written);
  }

  #land(answer: Landed<KeptReply>, until?: Promise<void>): void {
    if (this.#leads) this.#flights.land(this.#key, answer, until);
    this.#leads = false;
  }
}
