import type { CallRecord } from '../call/record.ts';

/** Milliseconds since the epoch; `until` is excluded. A call belongs to the moment it began. */
export interface TimeRange {
  since: number;
  until: number;
}

export const groupKeys = ['model', 'provider', 'key', 'session', 'rule', 'day', 'hour'] as const;

/** What numbers are told apart by. Days and hours are UTC's. */
export type GroupKey = (typeof groupKeys)[number];

export interface RequestCounts {
  total: number;
  succeeded: number;
  failed: number;
  /** Answered with a kept reply; they succeeded too. */
  cached: number;
  /** Ended by the router before any target was tried. */
  refused: number;
}

/** As the providers reported them, of all legs; `input` is what was neither read from a cache nor written to one. */
export interface TokenCounts {
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
}

export interface CostCounts {
  /** Whole micro-dollars of all legs whose price is known; null where there are legs and no price of any is known. */
  microUsd: number | null;
  /** Against the default model, where both prices are known. */
  savedMicroUsd: number;
  /** Calls with a leg whose price is not known: their cost is not in `microUsd`. */
  unknownPriceCalls: number;
}

export interface Totals {
  /** The model, provider, … that these are the numbers of; a day as `2026-11-24`, an hour as `2026-11-24T13:00:00Z`. */
  group: string | null;
  requests: RequestCounts;
  tokens: TokenCounts;
  cost: CostCounts;
}

/** Milliseconds, by nearest rank; null where there is nothing to measure. */
export interface Percentiles {
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

/** One model at one provider, over all calls that tried it. */
export interface ModelStatistics {
  group: string | null;
  model: string;
  provider: string;
  /** Calls that tried it. */
  requests: number;
  tokens: TokenCounts;
  cost: Omit<CostCounts, 'savedMicroUsd'>;
  /** The part of those calls that it failed, 0 to 1. */
  errorRate: number;
  /** Of the calls that it answered. */
  latencyMs: Percentiles;
}

/** Of the calls that succeeded. */
export interface Performance {
  group: string | null;
  requests: number;
  /** Start of the first call; null where there is none. */
  firstStartedAt: number | null;
  latencyMs: Percentiles;
  firstOutputMs: Percentiles;
}

export interface CallFilter extends TimeRange {
  limit: number;
  model?: string;
  provider?: string;
  key?: string;
  session?: string;
  rule?: string;
  outcome?: string;
}

/** The records of calls. Nothing in it throws but the questions, and those Failure `records-away`. */
export interface Ledger {
  /** Takes a record at once; it is written within a second, or counted as lost where the database is away for long. */
  add(record: CallRecord): void;
  /** Resolves when everything taken so far is written, or could not be. */
  flush(): Promise<void>;
  /** One entry, or one for each group that has calls. */
  totals(range: TimeRange, groupBy?: GroupKey): Promise<Totals[]>;
  models(range: TimeRange, groupBy?: GroupKey): Promise<ModelStatistics[]>;
  performance(range: TimeRange, groupBy?: GroupKey): Promise<Performance[]>;
  /** The newest first, without their bodies. */
  calls(filter: CallFilter): Promise<CallRecord[]>;
  /** With its bodies, where they were recorded. */
  call(id: string): Promise<CallRecord | undefined>;
  /** Seals every recorded body anew by `change`, which gets its bytes and its place, and takes the old ones out of the files. */
  reseal(change: (bytes: Buffer, place: string) => Buffer): Promise<Resealed>;
  /** Records that were lost since the start. */
  readonly lost: number;
  /** Writes what is left and closes. */
  close(): Promise<void>;
}

export interface Resealed {
  bodies: number;
  /** Why what stood there before may still be found in the files. */
  unscrubbed?: string;
}
