import type { Logger } from '../telemetry/logger.ts';

/**
 * Keeps the process alive when foreign code in it throws where nobody catches it, as a rejection that comes too late or an
 * error in a timer does. While there is no foreign code, such a thing is a fault of the router's own, and ends it.
 */
export class ProcessGuard {
  readonly #logger: Logger;
  #on = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  set(on: boolean): void {
    if (on === this.#on) return;
    this.#on = on;
    if (on) process.on('uncaughtException', this.#survive).on('unhandledRejection', this.#survive);
    else process.off('uncaughtException', this.#survive).off('unhandledRejection', this.#survive);
  }

  readonly #survive = (error: unknown): void => {
    const fault = error instanceof Error ? (error.stack ?? error.message) : 'something that is no error was thrown';
    this.#logger.error('an error that nobody caught, probably of a plugin; the router goes on', { fault });
  };
}
