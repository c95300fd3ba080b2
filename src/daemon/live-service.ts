import type { Authenticator } from '../admission/authenticate.ts';
import type { Currency } from '../call/money.ts';
import type { GatewayParts } from '../gateway/parts.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Registry } from '../providers/registry.ts';
import { Conversations } from '../server/conversations.ts';
import type { Control, Service } from '../server/service.ts';
import type { Logger } from '../telemetry/logger.ts';

/** What a configuration makes: replaced as one. */
export interface Generation {
  gateway: GatewayParts;
  registry: Registry;
  authenticator: Authenticator;
  localOnly: boolean;
  enableCors: boolean;
  ledger: Ledger;
  currency: Currency;
  notAvailableYet: readonly string[];
}

/** The service of a running process: the generation in force, and how many calls are on their way. */
export class LiveService implements Service {
  readonly version: string;
  readonly startedAt: number;
  readonly control: Control;
  readonly conversations = new Conversations();
  draining = false;
  configError: string | undefined;
  activeCalls = 0;
  #generation: Generation;
  readonly #logger: Logger;
  #idle: (() => void) | undefined;

  constructor(version: string, generation: Generation, logger: Logger, now: number, control: Control) {
    this.version = version;
    this.startedAt = now;
    this.control = control;
    this.#generation = generation;
    this.#logger = logger;
  }

  /** From now on calls are served by another configuration; running ones end as they began. */
  replace(generation: Generation): void {
    this.#generation = generation;
  }

  get gateway(): GatewayParts {
    return this.#generation.gateway;
  }

  get registry(): Registry {
    return this.#generation.registry;
  }

  get authenticator(): Authenticator {
    return this.#generation.authenticator;
  }

  get localOnly(): boolean {
    return this.#generation.localOnly;
  }

  get ledger(): Ledger {
    return this.#generation.ledger;
  }

  get currency(): Currency {
    return this.#generation.currency;
  }

  get enableCors(): boolean {
    return this.#generation.enableCors;
  }

  get notAvailableYet(): readonly string[] {
    return this.#generation.notAvailableYet;
  }

  enter(): () => void {
    this.activeCalls += 1;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.activeCalls -= 1;
      if (this.activeCalls === 0) this.#idle?.();
    };
  }

  /** Takes no new calls; resolves when the running ones are over, at the latest after `limitMs`. */
  async drain(limitMs: number): Promise<void> {
    this.draining = true;
    if (this.activeCalls === 0) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#idle = resolve;
      timer = setTimeout(resolve, limitMs);
    });
    clearTimeout(timer);
  }

  reportFault(callId: string, error: unknown): void {
    const fault = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#logger.error('fault of the router', { requestId: callId, fault });
  }
}
