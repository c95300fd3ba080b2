import type { CallSignal } from '../call/cancellation.ts';
import { Failure } from '../call/failure.ts';

export interface SlotSettings {
  /** Calls at the same time; undefined is no limit. */
  limit: number | undefined;
  /** How long a call may wait for its turn, in milliseconds. */
  longestWaitMs: number;
}

/**
 * Bounds the calls that a target answers at a time. More wait in a short queue in which sessions take turns, so that one
 * busy session does not keep the others away; beyond it, or after too long a wait, a call is told that the target is busy.
 */
export class Slots {
  readonly #settings: SlotSettings;
  #busy = 0;
  /** Waiting calls by session; sessions in the order of their turn. */
  readonly #queue = new Map<string, Waiting[]>();
  #waiting = 0;

  constructor(settings: SlotSettings) {
    this.#settings = settings;
  }

  get limit(): number | undefined {
    return this.#settings.limit;
  }

  /** Calls that wait for their turn. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Resolves with what gives the place back. Rejects with Failure `target-busy`, or with the signal's reason. */
  take(session: string, target: string, signal: CallSignal): Promise<() => void> {
    const { limit } = this.#settings;
    if (limit === undefined) return Promise.resolve(() => {});
    if (this.#busy < limit) {
      this.#busy += 1;
      return Promise.resolve(this.#release());
    }
    if (this.#waiting >= limit * queueFactor) return Promise.reject(busy(target));
    return this.#wait(session, target, signal);
  }

  #wait(session: string, target: string, signal: CallSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { resolve: () => settle(() => resolve(this.#release())) };
      const leave = (reason: unknown) => {
        this.#remove(session, waiting);
        settle(() => reject(reason));
      };
      const onAbort = () => leave(signal.reason);
      const timer = setTimeout(() => leave(busy(target)), this.#settings.longestWaitMs);
      const settle = (done: () => void) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        done();
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#queue.set(session, [...(this.#queue.get(session) ?? []), waiting]);
      this.#waiting += 1;
    });
  }

  #release(): () => void {
    let released = false;
    return () => {
      if (released) return;
      released = true;
      const next = this.#next();
      if (next) next.resolve();
      else this.#busy -= 1;
    };
  }

  /** The first call of the session whose turn it is; the session goes to the end. */
  #next(): Waiting | undefined {
    for (const [session, [first, ...rest]] of this.#queue) {
      this.#queue.delete(session);
      if (rest.length > 0) this.#queue.set(session, rest);
      if (!first) continue;
      this.#waiting -= 1;
      return first;
    }
    return undefined;
  }

  #remove(session: string, waiting: Waiting): void {
    const rest = (this.#queue.get(session) ?? []).filter((other) => other !== waiting);
    if (rest.length > 0) this.#queue.set(session, rest);
    else this.#queue.delete(session);
    this.#waiting -= 1;
  }
}

interface Waiting {
  resolve(): void;
}

/** How many calls may wait, for each that is answered. */
const queueFactor = 4;

function busy(target: string): Failure {
  return new Failure('target-busy', `${target} answers as many calls as it may, and the queue for it is full`, {
    retryAfterSeconds: 2,
  });
}
