import type { Authenticator } from '../admission/authenticate.ts';
import type { Failure } from '../call/failure.ts';
import type { Currency } from '../call/money.ts';
import type { GatewayParts } from '../gateway/parts.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Registry } from '../providers/registry.ts';
import type { LogState } from '../telemetry/logger.ts';
import type { MetricSnapshot } from '../telemetry/series.ts';
import type { TraceView } from '../telemetry/trace-view.ts';
import type { CompressionSettings } from './compress.ts';
import type { Conversations } from './conversations.ts';
import type { ProcessState } from './process-state.ts';
import type { RecentBodies } from './recent-bodies.ts';

/** What the endpoints serve from. A reload replaces `gateway`, `registry` and `authenticator` as one. */
export interface Service {
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly gateway: GatewayParts;
  readonly registry: Registry;
  readonly authenticator: Authenticator;
  /** What `previous_response_id` refers to; it outlives a reload. */
  readonly conversations: Conversations;
  /** What the next call of a conversation needs not read again; it outlives a reload. */
  readonly recentBodies: RecentBodies;
  /** True where only this machine may call: bound to loopback, and without keys. */
  readonly localOnly: boolean;
  readonly enableCors: boolean;
  /** How replies that are not streams are compressed; undefined where they are not. */
  readonly compression: CompressionSettings | undefined;
  /** The records of calls. */
  readonly ledger: Ledger;
  /** What several routers share: limits, budgets, keys. `away` can't be asked, and this one goes on by itself. */
  readonly sharedState: 'none' | 'here' | 'away';
  /** What amounts are shown in. */
  readonly currency: Currency;
  /** Where metrics are served; undefined where they are not. */
  readonly metricsPath: string | undefined;
  readonly logState: LogState;
  /** True from the moment of stopping: running calls finish, new ones are refused. */
  readonly draining: boolean;
  /** What is wrong with the configuration on disk, where the running one is older. */
  readonly configError: string | undefined;
  readonly activeCalls: number;
  /** What commands of the same user may do. */
  readonly control: Control;
  /** The numbers of every process that serves. */
  metricSnapshots(): Promise<MetricSnapshot[][]>;
  /** How every process that serves does, this one first. */
  processes(): Promise<ProcessState[]>;
  /** What a client that asked for it can read of its call; undefined where it is not kept any more. */
  trace(callId: string): Promise<TraceView | undefined>;
  /** A call begins; the returned function says that it is over. `end` ends it from outside, for the reason given. */
  enter(end: (reason: Failure) => void): () => void;
  /** Tells the log of a fault of the router's own. */
  reportFault(callId: string, error: unknown): void;
}

export interface Control {
  /** Known to who can read the router's state file. */
  readonly token: string;
  /** Lets running calls finish, then ends the process. */
  stop(): void;
  /** Reads the configuration again. */
  reload(): void;
  /** Replaces every worker, one after the other; undefined where the router is one process. */
  readonly restart?: () => void;
}
