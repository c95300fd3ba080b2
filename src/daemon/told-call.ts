import type { Call } from '../call/call.ts';
import type { Explanation } from '../call/explanation.ts';
import type { CallObserver, ExchangeObserver } from '../call/observer.ts';
import type { AttemptRecord, CallRecord } from '../call/record.ts';
import type { Commons } from './commons.ts';

/** Tells the other processes which targets a call tries, beside its own trace where it has one. */
export class ToldCall implements CallObserver {
  readonly #call: Call;
  readonly #commons: Commons;
  readonly #trace: CallObserver | undefined;

  constructor(call: Call, commons: Commons, trace: CallObserver | undefined) {
    this.#call = call;
    this.#commons = commons;
    this.#trace = trace;
  }

  decided(record: CallRecord, explain: () => Explanation): void {
    this.#trace?.decided(record, explain);
  }

  attempting(attempt: AttemptRecord): ExchangeObserver {
    this.#commons.tried(this.#call, attempt);
    return this.#trace?.attempting(attempt) ?? unobserved;
  }

  settled(record: CallRecord): void {
    this.#trace?.settled(record);
  }
}

const unobserved: ExchangeObserver = { headers: {}, sent: () => undefined, answered: () => undefined };
