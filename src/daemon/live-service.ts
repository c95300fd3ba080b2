import type { Authenticator } from '../admission/authenticate.ts';
import { Failure } from '../call/failure.ts';
import type { Currency } from '../call/money.ts';
import type { GatewayParts } from '../gateway/parts.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Registry } from '../providers/registry.ts';
import { Conversations } from '../server/conversations.ts';
import { maxDepth } from '../server/read-call.ts';
import { RecentBodies } from '../server/recent-bodies.ts';
import type { Control, Service } from '../server/service.ts';
import type { Store } from '../stores/store.ts';
import type { LogState } from '../telemetry/logger.ts';
import type { Gauges, Metrics } from '../telemetry/metrics.ts';
import type { TraceRing } from '../telemetry/trace-ring.ts';
import type { Access } from './access.ts';
import { gaugesOf } from './gauges.ts';
import type { Telemetry } from './telemetry.ts';

/** What a configuration makes: replaced as one. */
export interface Generation {
  gateway: GatewayParts;
  registry: Registry;
  authenticator: Authenticator;
  localOnly: boolean;
  enableCors: boolean;
  metricsPath: string | undefined;
  ledger: Ledger;
  store: Pick<Store, 'shared' | 'away'>;
  currency: Currency;
  notAvailableYet: readonly string[];
}

/** The service of a running process: the generation in force, and how many calls are on their way. */
export class LiveService implements Service {
  readonly version: string;
  readonly startedAt: number;
  readonly control: Control;
  readonly conversations = new Conversations();
  readonly recentBodies = new RecentBodies(maxDepth);
  draining = false;
  configError: string | undefined;
  #generation: Generation;
  readonly #telemetry: Telemetry;
  readonly #running = new Set<{ end(reason: Failure): void }>();
  #idle: (() => void) | undefined;

  constructor(version: string, generation: Generation, telemetry: Telemetry, now: number, control: Control) {
    this.version = version;
    this.startedAt = now;
    this.control = control;
    this.#generation = generation;
    this.#telemetry = telemetry;
  }

  /** From now on calls are served by another configuration; running ones end as they began. */
  replace(generation: Generation): void {
    this.#generation = generation;
  }

  /** From now on other keys are known; all else stays. */
  replaceAccess({ ofService, ofGateway }: Access): void {
    const { gateway } = this.#generation;
    this.#generation = { ...this.#generation, ...ofService, gateway: { ...gateway, ...ofGateway } };
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

  get sharedState(): 'none' | 'here' | 'away' {
    const { shared, away } = this.#generation.store;
    return away ? 'away' : shared ? 'here' : 'none';
  }

  get currency(): Currency {
    return this.#generation.currency;
  }

  get enableCors(): boolean {
    return this.#generation.enableCors;
  }

  get metricsPath(): string | undefined {
    return this.#generation.metricsPath;
  }

  get metrics(): Metrics {
    return this.#telemetry.metrics;
  }

  get traces(): TraceRing {
    return this.#telemetry.traces;
  }

  get logState(): LogState {
    return this.#telemetry.logger.state;
  }

  gauges(): Gauges {
    return gaugesOf(this, this.#telemetry.lostSpans);
  }

  get notAvailableYet(): readonly string[] {
    return this.#generation.notAvailableYet;
  }

  get activeCalls(): number {
    return this.#running.size;
  }

  enter(end: (reason: Failure) => void): () => void {
    const call = { end };
    this.#running.add(call);
    return () => {
      if (this.#running.delete(call) && this.#running.size === 0) this.#idle?.();
    };
  }

  /**
   * Takes no new calls and lets the running ones finish. What runs after `limitMs` is ended with an error that says so;
   * resolves when nothing runs any more.
   */
  async drain(limitMs: number): Promise<void> {
    this.draining = true;
    await this.#idleWithin(limitMs);
    for (const { end } of this.#running)
      end(new Failure('draining', 'the router was stopped before the answer was whole'));
    await this.#idleWithin(1000);
  }

  async #idleWithin(limitMs: number): Promise<void> {
    if (this.#running.size === 0) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#idle = resolve;
      timer = setTimeout(resolve, limitMs);
    });
    clearTimeout(timer);
  }

  reportFault(callId: string, error: unknown): void {
    const fault = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#telemetry.logger.error('fault of the router', { requestId: callId, fault });
  }
}
