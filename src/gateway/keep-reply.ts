import { type CacheScope, cacheKey } from '../cache/cache-key.ts';
import type { CacheSlot, ReplyCache } from '../cache/reply-cache.ts';
import type { Call } from '../call/call.ts';
import type { CallRecord } from '../call/record.ts';
import type { Message } from '../protocol/messages.ts';
import type { StreamEvent } from '../protocol/stream-event.ts';
import { StreamFold } from '../protocol/stream-fold.ts';
import type { Target } from '../providers/target.ts';
import type { Leg } from './leg.ts';
import type { Route } from './route-call.ts';

/** Kept replies, and who finds them again. */
export interface CacheParts {
  replies: ReplyCache;
  scope: CacheScope;
  /** What else decides answers: how requests are changed on their way. */
  salt: string;
}

/** What keeps the reply to a call; undefined where it is not to be kept. */
export function keeperFor(cache: CacheParts, call: Call, { decision, facts }: Route): ReplyKeeper | undefined {
  const [target] = decision.targets;
  if (target === undefined) return undefined;
  const { name, provider, model } = target;
  const key = cacheKey(call, JSON.stringify([name, provider, model, cache.salt]), cache.scope);
  const slot = cache.replies.slot(key, facts.text);
  return slot && new ReplyKeeper(slot, target);
}

/**
 * Watches the answer to a call and keeps it where it is whole, and the decided target's own: not what another gave in its
 * place, or went on with, nor what was guessed out of an error.
 */
export class ReplyKeeper {
  readonly slot: CacheSlot;
  readonly #target: Target;
  readonly #fold: StreamFold;
  #legs = 0;
  #leg: Leg | undefined;
  #message: Message | undefined;

  constructor(slot: CacheSlot, target: Target) {
    this.slot = slot;
    this.#target = target;
    this.#fold = new StreamFold(slot.mostBytes);
  }

  leg(leg: Leg): void {
    this.#leg = leg;
    this.#legs += 1;
  }

  message(message: Message): void {
    this.#message = message;
  }

  /** The stream, unchanged, watched as it passes. */
  async *watched(batches: AsyncGenerator<StreamEvent[]>): AsyncGenerator<StreamEvent[]> {
    for await (const batch of batches) {
      this.#fold.add(batch);
      yield batch;
    }
  }

  /** The call is over. */
  settle(record: CallRecord): void {
    if (record.cache === 'hit') return;
    if (record.outcome === 'cancelled') return this.slot.settle('left');
    const message = this.#message ?? this.#fold.message;
    const leg = this.#leg;
    const own = leg !== undefined && this.#legs === 1 && leg.target === this.#target && !leg.opened.recovered;
    if (record.outcome !== 'succeeded' || message === undefined || !own) return this.slot.settle(undefined);
    this.slot.settle({
      message,
      ...{ target: leg.target.name, provider: leg.target.provider, model: leg.target.model },
      warnings: [...leg.warnings],
      usageEstimated: record.usageEstimated === true,
    });
  }
}
