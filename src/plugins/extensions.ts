import type { Call } from '../call/call.ts';
import type { Usage } from '../protocol/messages.ts';
import { CallExtensions } from './call-extensions.ts';
import type { Extension, Report } from './extension.ts';

export interface ExtensionsSettings {
  /** In the order they run. */
  extensions: readonly Extension[];
  /** Whole micro-dollars for a usage at a configured model; null where that is not known. */
  costMicroUsd(model: string, usage: Usage): number | null;
  report: Report;
}

/** The plugins and transformers of one configuration. */
export class Extensions {
  readonly #settings: ExtensionsSettings;
  #running = 0;
  #idle: (() => void) | undefined;

  constructor(settings: ExtensionsSettings) {
    this.#settings = settings;
  }

  /** What they do to one call; it must be told when the call is over. */
  begin(call: Call): CallExtensions {
    this.#running += 1;
    return new CallExtensions(this.#settings, call, () => {
      this.#running -= 1;
      if (this.#running === 0) this.#idle?.();
    });
  }

  /** Lets running calls finish, at most so long (milliseconds), then closes every plugin. */
  async close(waitMs: number): Promise<void> {
    if (this.#running > 0) await this.#idleWithin(waitMs);
    await Promise.all(this.#settings.extensions.map((extension) => extension.close()));
  }

  async #idleWithin(waitMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#idle = resolve;
      timer = setTimeout(resolve, waitMs);
      timer.unref();
    });
    clearTimeout(timer);
  }
}
