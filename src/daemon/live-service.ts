import type { Authenticator } from '../admission/authenticate.ts';
import { Bag } from '../call/bag.ts';
import { Failure } from '../call/failure.ts';
import type { Currency } from '../call/money.ts';
import type { GatewayParts } from '../gateway/parts.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Registry } from '../providers/registry.ts';
import type { CompressionSettings } from '../server/compress.ts';
import { Conversations } from '../server/conversations.ts';
import { type ProcessState, processState } from '../server/process-state.ts';
import { maxDepth } from '../server/read-call.ts';
import { RecentBodies } from '../server/recent-bodies.ts';
import type { Control, Service } from '../server/service.ts';
import type { Store } from '../stores/store.ts';
import type { LogState } from '../telemetry/logger.ts';
import type { Gauges } from '../telemetry/metrics.ts';
import type { MetricSnapshot } from '../telemetry/series.ts';
import { type TraceView, traceView } from '../telemetry/trace-view.ts';
import type { Access } from './access.ts';
import type { Commons } from './commons.ts';
import { gaugesOf } from './gauges.ts';
import type { Telemetry } from './telemetry.ts';
import { version } from './version.ts';

/** What a configuration makes: replaced as one. */
export interface Generation {
  gateway: GatewayParts;
  registry: Registry;
  authenticator: Authenticator;
  localOnly: boolean;
  enableCors: boolean;
  metricsPath: string | undefined;
  compression: CompressionSettings | undefined;
  ledger: Ledger;
  store: Pick<Store, 'shared' | 'away'>;
  currency: Currency;
}

export interface ServiceParts {
  telemetry: Telemetry;
  /** Milliseconds since the epoch. */
  startedAt: number;
  control: Control;
  /** Undefined where this process serves alone. */
  commons: Commons | undefined;
}

/** The service of a running process: the generation in force, and how many calls are on their way. */
export class LiveService implements Service {
  readonly version: string;
  readonly startedAt: number;
  readonly control: Control;
  readonly conversations: Conversations;
  readonly recentBodies = new RecentBodies(maxDepth);
  draining = false;
  /** Only finishes: other processes serve new connections. */
  leaving = false;
  configError: string | undefined;
  #generation: Generation;
  readonly #telemetry: Telemetry;
  readonly #commons: Commons | undefined;
  readonly #running = new Bag<{ end(reason: Failure): void }>();
  readonly #onLeave = new Set<() => void>();
  #idle: (() => void) | undefined;

  constructor(generation: Generation, { telemetry, startedAt, control, commons }: ServiceParts) {
    this.version = version;
    this.startedAt = startedAt;
    this.control = control;
    this.conversations = new Conversations(commons?.conversations);
    this.#generation = generation;
    this.#telemetry = telemetry;
    this.#commons = commons;
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
    const { store } = this.#generation;
    // What the processes of one router share is no other's.
    if (store === this.#commons?.store) return 'none';
    return store.away ? 'away' : store.shared ? 'here' : 'none';
  }

  get currency(): Currency {
    return this.#generation.currency;
  }

  get enableCors(): boolean {
    return this.#generation.enableCors;
  }

  get compression(): CompressionSettings | undefined {
    return this.#generation.compression;
  }

  get metricsPath(): string | undefined {
    return this.#generation.metricsPath;
  }

  get logState(): LogState {
    return this.#commons?.logState ?? this.#telemetry.logger.state;
  }

  async metricSnapshots(): Promise<MetricSnapshot[][]> {
    return this.#commons?.metricSnapshots() ?? [this.#telemetry.metrics.snapshot(gaugesOf(this, this.#lost))];
  }

  /** The numbers of this process that are no counts: those are where the records are written. */
  momentSnapshot(): MetricSnapshot[] {
    return this.#telemetry.metrics.moment(gaugesOf(this, { ...this.#lost, records: 0, lines: 0 }));
  }

  /** This process. */
  get ownState(): ProcessState {
    const state = processState(this.activeCalls, this.registry, this.gateway.health);
    return this.leaving ? { ...state, leaving: true } : state;
  }

  async processes(): Promise<ProcessState[]> {
    return [this.ownState, ...((await this.#commons?.otherProcesses()) ?? [])];
  }

  /** A trace that this process keeps. */
  ownTrace(callId: string): TraceView | undefined {
    const trace = this.#telemetry.traces.find(callId);
    return trace && traceView(trace);
  }

  async trace(callId: string): Promise<TraceView | undefined> {
    return this.ownTrace(callId) ?? this.#commons?.trace(callId);
  }

  get #lost(): Gauges['lost'] {
    return { records: this.ledger.lost, lines: this.logState.lostLines, spans: this.#telemetry.lostSpans };
  }

  get activeCalls(): number {
    return this.#running.size;
  }

  enter(end: (reason: Failure) => void): () => void {
    const call = { end };
    this.#running.add(call);
    return () => {
      if (!this.#running.delete(call)) return;
      for (const look of this.#onLeave) look();
      if (this.#running.size === 0) this.#idle?.();
    };
  }

  /** Resolves when every call that is on its way now is over. */
  async runningOver(): Promise<void> {
    const running = [...this.#running];
    const isOver = () => running.every((call) => !this.#running.has(call));
    if (isOver()) return;
    await new Promise<void>((resolve) => {
      const look = () => {
        if (!isOver()) return;
        this.#onLeave.delete(look);
        resolve();
      };
      this.#onLeave.add(look);
    });
  }

  /**
   * Takes no new calls and lets the running ones finish. What runs after `limitMs` is ended with an error that says so;
   * resolves when nothing runs any more.
   */
  async drain(limitMs: number): Promise<void> {
    this.draining = true;
    await this.#idleWithin(limitMs);
    for (const { end } of [...this.#running])
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
