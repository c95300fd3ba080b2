import type { Failure } from '../call/failure.ts';
import type { AttemptRecord } from '../call/record.ts';
import type { Usage } from '../protocol/messages.ts';
import type { StreamEvent } from '../protocol/stream-event.ts';
import { promptTokensOf } from '../protocol/usage.ts';
import type { Attempt } from '../providers/health.ts';
import type { Target } from '../providers/target.ts';
import type { Opened } from './attempt.ts';
import { ReplyWatch } from './watch-reply.ts';

interface LegParts {
  opened: Opened;
  /** What is written down of it. */
  record: AttemptRecord;
  health: Attempt;
  /** Gives its place at the target back. */
  release(): void;
  estimatePrompt(): number;
  /** Takes the provider's own count of the prompt. */
  learnPrompt(promptTokens: number): void;
  now(): number;
}

/** What one target gave of an answer; over once, and then its usage is written down. */
export class Leg {
  readonly #parts: LegParts;
  readonly #watch = new ReplyWatch();
  #over = false;

  constructor(parts: LegParts) {
    this.#parts = parts;
  }

  get opened(): Opened {
    return this.#parts.opened;
  }

  get target(): Target {
    return this.#parts.opened.target;
  }

  get warnings(): readonly string[] {
    return this.#parts.opened.warnings;
  }

  get stopReason(): string | undefined {
    return this.#watch.stopReason;
  }

  /** The model that answered, as the upstream names it. */
  get upstreamModel(): string {
    const { opened } = this.#parts;
    const named = opened.kind === 'message' ? opened.message.message.model : this.#watch.upstreamModel;
    return named || opened.target.model;
  }

  /** The events of a stream, as they come. Throws Failure where the answer is not whole. */
  batches(): AsyncIterable<StreamEvent[]> {
    const { opened } = this.#parts;
    if (opened.kind !== 'stream') throw new Error('a message has no batches');
    const { rest } = opened;
    const watched = (result: IteratorResult<StreamEvent[]>) => {
      if (!result.done) this.#watch.add(result.value);
      return result;
    };
    let first: StreamEvent[] | undefined = opened.events;
    // By hand: every batch of every stream passes here, and a generator would take several times as much.
    const iterator: AsyncIterator<StreamEvent[]> = {
      next: () => {
        if (!first) return rest.next().then(watched);
        const value = first;
        first = undefined;
        return Promise.resolve(watched({ done: false, value }));
      },
      return: () => rest.return(undefined),
    };
    return { [Symbol.asyncIterator]: () => iterator };
  }

  /** Nobody reads it: the connection is closed. */
  discard(failure: Failure): void {
    const { opened } = this.#parts;
    if (opened.kind === 'stream') void opened.rest.return(undefined);
    this.end(failure);
  }

  /** Nothing more comes of it: because of the failure, where there is one. */
  end(failure?: Failure): void {
    if (this.#over) return;
    this.#over = true;
    const { record, health, release, now } = this.#parts;
    if (failure) {
      health.failed(failure);
      record.outcome = failure.status === 499 ? 'cancelled' : 'failed';
      record.failure = { kind: failure.kind, status: failure.status, message: failure.message };
    }
    health.over();
    release();
    record.durationMs = now() - record.startedAt;
    record.model = this.upstreamModel;
    const { usage, estimated } = this.#spent();
    if (usage) record.usage = usage;
    if (usage && !estimated) this.#parts.learnPrompt(promptTokensOf(usage));
    if (estimated) record.usageEstimated = true;
  }

  #spent(): { usage: Usage | undefined; estimated: boolean } {
    const { opened, estimatePrompt } = this.#parts;
    if (opened.kind === 'message') {
      const { message, usageEstimated } = opened.message;
      return { usage: message.usage, estimated: usageEstimated };
    }
    const { usage, estimated } = this.#watch.spent(estimatePrompt);
    return { usage, estimated: estimated || opened.usageEstimated() };
  }
}
