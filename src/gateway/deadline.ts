import { type CallSignal, Cancellation } from '../call/cancellation.ts';
import { Failure } from '../call/failure.ts';
import type { Target } from '../providers/target.ts';
import { endedBy } from './failure-of.ts';

/** The time limits of one attempt, and the signal that ends it: by them, or because the client has gone. */
export class Deadline {
  readonly #controller = new Cancellation();
  readonly #target: Target;
  readonly #client: CallSignal;
  #silence: NodeJS.Timeout | undefined;
  #total: NodeJS.Timeout | undefined;
  readonly #clientGone = () => this.#controller.abort(endedBy(this.#client));

  constructor(client: CallSignal, target: Target) {
    this.#client = client;
    this.#target = target;
    if (client.aborted) this.#clientGone();
    else client.addEventListener('abort', this.#clientGone, { once: true });
    const { firstByte, total } = target.timeouts;
    this.#silence = this.#timer(firstByte, 'did not begin to answer');
    this.#total = this.#timer(total, 'did not finish');
  }

  get signal(): CallSignal {
    return this.#controller.signal;
  }

  /** The reply's status is there: from now on only silence counts. */
  begun(): void {
    clearTimeout(this.#silence);
    this.#silence = this.#timer(this.#target.timeouts.idle, 'fell silent: nothing came');
  }

  /** Something came. */
  progress(): void {
    this.#silence?.refresh();
  }

  end(): void {
    clearTimeout(this.#silence);
    clearTimeout(this.#total);
    this.#client.removeEventListener('abort', this.#clientGone);
  }

  #timer(limitMs: number, what: string): NodeJS.Timeout | undefined {
    if (limitMs <= 0) return undefined;
    return setTimeout(() => {
      const { provider } = this.#target;
      const message = `${provider} ${what} within ${limitMs / 1000} s`;
      this.#controller.abort(new Failure('upstream-timeout', message, { provider }));
    }, limitMs);
  }
}
