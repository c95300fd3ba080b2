import type { Socket } from 'node:net';
import type { AttemptRecord, CallRecord } from '../../call/record.ts';
import type { KeptConversation } from '../../inbound/client-format.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { KeyOutcome, WantedPlace } from '../../providers/health.ts';
import type { PoolMoment, Remembered } from '../../routing/live-state.ts';
import type { ProcessState } from '../../server/process-state.ts';
import type { StoreOperation } from '../../stores/primary.ts';
import type { LogState } from '../../telemetry/logger.ts';
import type { Counting } from '../../telemetry/metrics.ts';
import type { MetricSnapshot } from '../../telemetry/series.ts';
import type { TraceView } from '../../telemetry/trace-view.ts';
import type { Reload, RunningRouter, RunSettings } from '../run-router.ts';

export type LedgerQuestion = Exclude<keyof Ledger, 'add' | 'lost' | 'close' | 'reseal'>;

/** A call on its way: what is known of it should its process die. */
export type OpenCall = Pick<CallRecord, 'id' | 'startedAt' | 'caller' | 'sessionId' | 'requestedModel' | 'stream'>;

export type TriedTarget = Pick<AttemptRecord, 'target' | 'provider' | 'startedAt'>;

/** What the primary does for a worker. */
export interface PrimaryOffers {
  store(operation: StoreOperation, args: unknown[]): Promise<unknown>;
  ledger(question: LedgerQuestion, args: unknown[]): Promise<unknown>;
  cached(maxBytes: number, key: string): Promise<Buffer | undefined>;
  cache(maxBytes: number, key: string, bytes: Buffer, ttlMs: number): Promise<void>;
  /** Resolves when the place is the worker's; `id` tells it from the worker's others. */
  takePlace(id: number, place: WantedPlace): Promise<void>;
  /** The place is not wanted any more, whether it was given or not. */
  leavePlace(id: number): void;
  askPool(pool: string, session: string | undefined, look: boolean): PoolMoment;
  tookTurn(pool: string): void;
  rememberSession(session: string, known: Remembered): void;
  tellOutcome(outcome: KeyOutcome): void;
  keepConversation(key: string, conversation: KeptConversation): void;
  recallConversation(key: string): KeptConversation | undefined;
  opened(call: OpenCall): void;
  tried(callId: string, attempt: TriedTarget): void;
  settled(record: CallRecord, contextWindow: number | undefined, line: string): void;
  countAs(counting: Counting): void;
  line(text: string): void;
  metricSnapshots(): Promise<MetricSnapshot[][]>;
  otherProcesses(): Promise<ProcessState[]>;
  trace(callId: string): Promise<TraceView | undefined>;
  /** The connection of this number is the worker's own from now on. */
  accepted(connection: number): void;
  /** A connection of the worker's is closed. */
  closed(): void;
  /** The worker was asked to go, and another is to take its place. */
  leaving(): void;
  /** The worker's last connection is closed. */
  left(): void;
  stop(): void;
  reload(): void;
  restart(): void;
}

/** What a worker does for the primary. */
export interface WorkerOffers {
  begin(settings: WorkerSettings): Promise<WorkerReport>;
  /** A connection to serve; absent where its client left at once. */
  connection(id: number, socket?: Socket): void;
  /** What is wrong with the configuration; undefined where it is in force. */
  reload(reload: Reload): Promise<string | undefined>;
  /** What is wrong with the configuration on disk, as another worker found. */
  configProblem(problem: string | undefined): void;
  news(news: PrimaryNews): void;
  /** How a call of another worker went. */
  outcome(outcome: KeyOutcome): void;
  metrics(): MetricSnapshot[];
  state(): ProcessState;
  trace(callId: string): TraceView | undefined;
  /** Serves its connections until the last one is closed, and ends. */
  retire(): void;
  /** Takes no new calls; resolves when none is on its way, at the latest after so long (milliseconds). */
  drain(limitMs: number): Promise<void>;
  close(): Promise<void>;
}

/** What workers know of what the primary writes. */
export interface PrimaryNews {
  log: LogState;
  lostRecords: number;
}

/** How a worker is to run; the environment is its own. */
export type WorkerSettings = Pick<
  RunSettings,
  'configFile' | 'configFileText' | 'models' | 'logLevel' | 'host' | 'port' | 'background' | 'quiet' | 'startedAt'
> & { token: string; news: PrimaryNews };

/** What a worker found when it began. */
export type WorkerReport =
  | { ready: Omit<RunningRouter, 'reload' | 'close' | 'createServer' | 'service'> }
  | { failed: { message: string; code?: string; config?: { file: string; problems: object[] } } };
