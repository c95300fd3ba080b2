import type { CallSignal } from '../call/cancellation.ts';
/** What came of the one that was asked: its answer, none for others (undefined), or none at all, since whoever asked has left. */
export type Landed<Answer> = Answer | undefined | 'left';

/** Questions on their way: of identical ones at the same time the first is asked, and the others wait for its answer. */
export class Flights<Answer> {
  readonly #flights = new Map<string, { landed: Promise<Landed<Answer>>; land(answer: Landed<Answer>): void }>();

  /** `lead` for the first, who must `land`; for the others, what waits for it: at most so long as somebody may reasonably take to answer. */
  join(key: string): 'lead' | ((signal: CallSignal) => Promise<Landed<Answer>>) {
    const known = this.#flights.get(key);
    if (known) return (signal) => waitFor(known.landed, signal);
    let land: (answer: Landed<Answer>) => void = () => {};
    const landed = new Promise<Landed<Answer>>((resolve) => {
      land = resolve;
    });
    this.#flights.set(key, { landed, land });
    return 'lead';
  }

  /** Those who wait have the answer at once, and so has who comes until it can be found elsewhere (`until`). */
  land(key: string, answer: Landed<Answer>, until?: Promise<unknown>): void {
    const flight = this.#flights.get(key);
    const forget = () => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    };
    if (until) until.then(forget, forget);
    else forget();
    flight?.land(answer);
  }
}

/** A client that reads slowly must not hold up others for good. */
const longestWaitMs = 60_000;

function waitFor<Value>(value: Promise<Value>, signal: CallSignal): Promise<Value | undefined> {
  if (signal.aborted) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const done = (result: Value | undefined) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', gone);
      resolve(result);
    };
    const gone = () => done(undefined);
    const timer = setTimeout(gone, longestWaitMs);
    signal.addEventListener('abort', gone, { once: true });
    value.then(done, gone);
  });
}
