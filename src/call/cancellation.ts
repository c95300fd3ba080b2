/** What tells that a call is to end before its time: as much of an AbortSignal as calls need of it. */
export interface CallSignal {
  readonly aborted: boolean;
  /** Why; undefined until it is aborted. */
  readonly reason: unknown;
  /** Throws the reason where it is aborted. */
  throwIfAborted(): void;
  /** Told once. */
  addEventListener(type: 'abort', listener: () => void, options: { once: true }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/**
 * A signal, and what aborts it. Node takes microseconds for a real one and for each who listens to it, and its garbage
 * collector keeps them long; every call has several.
 */
export class Cancellation implements CallSignal {
  #aborted = false;
  #reason: unknown;
  #listeners: (() => void)[] = [];

  /** `parent`: aborts this one, too. */
  constructor(parent?: CallSignal) {
    if (parent?.aborted) this.abort(parent.reason);
    else parent?.addEventListener('abort', () => this.abort(parent.reason), { once: true });
  }

  get signal(): CallSignal {
    return this;
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  get reason(): unknown {
    return this.#reason;
  }

  /** Tells everybody who listens; nothing the second time. */
  abort(reason: unknown = new DOMException('This operation was aborted', 'AbortError')): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason;
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener();
  }

  throwIfAborted(): void {
    if (this.#aborted) throw this.#reason;
  }

  addEventListener(_type: 'abort', listener: () => void, _options: { once: true }): void {
    if (!this.#aborted) this.#listeners.push(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    const index = this.#listeners.indexOf(listener);
    if (index !== -1) this.#listeners.splice(index, 1);
  }
}

/** The same as a real AbortSignal, for interfaces that ask for one. */
export function abortSignalOf(signal: CallSignal): AbortSignal {
  if (signal instanceof AbortSignal) return signal;
  const controller = new AbortController();
  if (signal.aborted) controller.abort(signal.reason);
  else signal.addEventListener('abort', () => controller.abort(signal.reason), { once: true });
  return controller.signal;
}
