import type { Call } from '../call/call.ts';
import type { AttemptRecord, CallRecord } from '../call/record.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { KeyOutcome, Places } from '../providers/health.ts';
import type { PoolMemory } from '../routing/live-state.ts';
import type { SharedConversations } from '../server/conversations.ts';
import type { ProcessState } from '../server/process-state.ts';
import type { CacheStore } from '../stores/cache-store.ts';
import type { Store } from '../stores/store.ts';
import type { LogState } from '../telemetry/logger.ts';
import type { Counting } from '../telemetry/metrics.ts';
import type { MetricSnapshot } from '../telemetry/series.ts';
import type { TraceView } from '../telemetry/trace-view.ts';

/**
 * What a process has in common with the others that serve the same router. One that serves alone has none of it, and does
 * and keeps everything by itself.
 */
export interface Commons {
  /** Takes a line of the log with its end. */
  writeLine(line: string): void;
  readonly logState: LogState;
  /** Where limits, budgets and circuits are, unless the configuration names another place. */
  store: Store;
  ledger: Ledger;
  cacheOf(maxBytes: number): CacheStore;
  places: Places;
  pools: PoolMemory;
  /** How a call to a target went: failures in a row are counted by all together. */
  tellOutcome(outcome: KeyOutcome): void;
  conversations: SharedConversations;
  /** A call begins: should this process die, it is known that it was under way. */
  opened(call: Call): void;
  /** It tries a target. */
  tried(call: Call, attempt: AttemptRecord): void;
  /** A call is over; its line of the log goes with it, so that a process that dies has told both or neither. */
  settled(record: CallRecord, contextWindow: number | undefined, line: string): void;
  /** From now on calls are counted like this. */
  countAs(counting: Counting): void;
  /** Of every process. */
  metricSnapshots(): Promise<MetricSnapshot[][]>;
  /** Of the other processes. */
  otherProcesses(): Promise<ProcessState[]>;
  /** A trace that another process keeps. */
  trace(callId: string): Promise<TraceView | undefined>;
}
