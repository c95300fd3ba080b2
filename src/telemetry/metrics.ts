import type { Currency } from '../call/money.ts';
import type { CallRecord } from '../call/record.ts';
import type { Usage } from '../protocol/messages.ts';
import { MomentaryValues, newCounters } from './instruments.ts';
import type { MetricSnapshot } from './series.ts';

/** What is so at the moment the metrics are read. */
export interface Gauges {
  version: string;
  /** Milliseconds since the epoch. */
  startedAt: number;
  activeCalls: number;
  targets: readonly TargetGauges[];
  /** Records of calls, lines of the log and spans that were given up. */
  lost: { records: number; lines: number; spans: number };
}

export interface TargetGauges {
  model: string;
  provider: string;
  circuit: 'closed' | 'half-open' | 'open';
  activeCalls: number;
  waitingCalls: number;
}

/** How a configuration wants its calls counted. */
export interface Counting {
  /** The models that may stand in a label: whatever else a client names is `other`. */
  models: ReadonlySet<string>;
  providers: ReadonlySet<string>;
  currency: Currency;
}

/** What came since the last summary. */
export interface MetricsSummary {
  calls: number;
  succeeded: number;
  failed: number;
  cancelled: number;
  refused: number;
  inputTokens: number;
  outputTokens: number;
  /** Micro-dollars of the calls whose price is known. */
  costMicroUsd: number;
  unknownPriceCalls: number;
}

/** The numbers of one process. Sums of several are made of their snapshots, by `metricsText`. */
export class Metrics {
  readonly #counters = newCounters();
  readonly #moment = new MomentaryValues();
  #summary = emptySummary();

  /** Counts a call that is over. */
  add(record: CallRecord, counting: Counting): void {
    addToSummary(this.#summary, record);
    count(this.#counters, record, counting);
  }

  /** What came since this was asked last. */
  takeSummary(): MetricsSummary {
    const summary = this.#summary;
    this.#summary = emptySummary();
    return summary;
  }

  /** All numbers of this process, as JSON that can be sent to another. */
  snapshot(gauges: Gauges): MetricSnapshot[] {
    const counted = Object.values(this.#counters).map((series) => series.snapshot());
    return [...counted, ...this.moment(gauges)];
  }

  /** What is so at the moment, without what was counted. */
  moment(gauges: Gauges): MetricSnapshot[] {
    return this.#moment.snapshot(gauges);
  }
}

/**
 * The media type and the Prometheus text of the numbers of one or more processes. The library that writes it is read when
 * the first one asks: a router that nobody scrapes does without it.
 */
export async function metricsText(
  snapshots: readonly MetricSnapshot[][],
): Promise<{ contentType: string; text: string }> {
  const { AggregatorRegistry } = await import('prom-client');
  const whole = AggregatorRegistry.aggregate([...snapshots]);
  return { contentType: whole.contentType, text: await whole.metrics() };
}

function count(
  counters: ReturnType<typeof newCounters>,
  record: CallRecord,
  { models, providers, currency }: Counting,
): void {
  const labels = (model: string | undefined, provider: string | undefined) => ({
    model: labelOf(model, models),
    provider: labelOf(provider, providers),
  });
  const answered = labels(record.model, record.provider);
  const amount = (microUsd: number) => microUsd / 1e6 / currency.usdPerUnit;
  counters.requests.add({ ...answered, status: `${Math.floor(record.status / 100)}xx` });
  counters.outcomes.add({ outcome: record.outcome });
  if (record.failure) counters.failures.add({ kind: record.failure.kind });
  counters.duration.observe(answered, record.durationMs / 1000);
  if (record.firstOutputMs !== undefined) counters.firstOutput.observe(answered, record.firstOutputMs / 1000);
  for (const [type, tokens] of tokensOf(record.usage)) counters.tokens.add({ type }, tokens);
  if (record.cache === 'hit' || record.cache === 'miss') counters.cache.add({ result: record.cache });
  for (const attempt of record.attempts) {
    counters.attempts.add({ outcome: attempt.outcome });
    const tried = labels(attempt.target, attempt.provider);
    for (const [type, tokens] of tokensOf(attempt.usage)) counters.modelTokens.add({ ...tried, type }, tokens);
    if (!attempt.costMicroUsd) continue;
    counters.cost.add({ currency: currency.code }, amount(attempt.costMicroUsd));
    counters.modelCost.add({ ...tried, currency: currency.code }, amount(attempt.costMicroUsd));
  }
  if (record.costMicroUsd === null) counters.unknownPrices.add({});
}

function labelOf(name: string | undefined, known: ReadonlySet<string>): string {
  return name === undefined ? 'none' : known.has(name) ? name : 'other';
}

function tokensOf(usage: Usage | undefined): [type: string, tokens: number][] {
  if (!usage) return [];
  return [
    ['input', usage.input_tokens],
    ['output', usage.output_tokens],
    ['cache_read', usage.cache_read_input_tokens ?? 0],
    ['cache_write', usage.cache_creation_input_tokens ?? 0],
  ];
}

function emptySummary(): MetricsSummary {
  return {
    ...{ calls: 0, succeeded: 0, failed: 0, cancelled: 0, refused: 0 },
    ...{ inputTokens: 0, outputTokens: 0, costMicroUsd: 0, unknownPriceCalls: 0 },
  };
}

function addToSummary(summary: MetricsSummary, record: CallRecord): void {
  summary.calls += 1;
  summary[record.outcome] += 1;
  summary.inputTokens += record.usage?.input_tokens ?? 0;
  summary.outputTokens += record.usage?.output_tokens ?? 0;
  summary.costMicroUsd += record.costMicroUsd ?? 0;
  if (record.costMicroUsd === null) summary.unknownPriceCalls += 1;
}
