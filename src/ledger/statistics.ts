import type { Engine, SqlRow, SqlValue } from './engine.ts';
import type { GroupKey, ModelStatistics, Percentiles, Performance, TimeRange, TokenCounts, Totals } from './ledger.ts';

/** Requests, tokens and cost in a time, in all or by group. */
export async function readTotals(engine: Engine, range: TimeRange, groupBy?: GroupKey): Promise<Totals[]> {
  const requests = await engine.all(
    `SELECT ${callGroup(groupBy)} AS grp, COUNT(*) AS total, ${countOf("c.outcome = 'succeeded'")} AS succeeded,
      ${countOf("c.outcome = 'failed'")} AS failed, ${countOf('c.cached = 1')} AS cached,
      ${countOf("c.outcome = 'refused'")} AS refused, CAST(COALESCE(SUM(c.saved_micro), 0) AS BIGINT) AS saved
      FROM calls c WHERE ${inRange('c')} GROUP BY 1`,
    boundsOf(range),
  );
  const spent = await engine.all(
    `SELECT ${attemptGroup(groupBy)} AS grp, ${tokenSums}, ${costSums} FROM ${attemptsWithCalls} WHERE ${inRange('a')} GROUP BY 1`,
    boundsOf(range),
  );
  const groups = new Map<unknown, Totals>();
  const groupOf = (row: SqlRow) => {
    const known = groups.get(row.grp);
    const totals = known ?? emptyTotals(groupName(row.grp, groupBy));
    if (!known) groups.set(row.grp, totals);
    return totals;
  };
  if (groupBy === undefined) groups.set('all', emptyTotals(null));
  for (const row of requests) {
    const totals = groupOf(row);
    const { total, succeeded, failed, cached, refused } = row;
    totals.requests = {
      total: Number(total),
      succeeded: Number(succeeded),
      failed: Number(failed),
      cached: Number(cached),
      refused: Number(refused),
    };
    totals.cost.savedMicroUsd = Number(row.saved);
  }
  for (const row of spent) {
    const totals = groupOf(row);
    totals.tokens = tokensOf(row);
    totals.cost = { ...totals.cost, ...costOf(row) };
  }
  return [...groups.values()].sort(byGroup);
}

/** Every model that a call was sent to in a time. */
export async function readModels(engine: Engine, range: TimeRange, groupBy?: GroupKey): Promise<ModelStatistics[]> {
  const rows = await engine.all(
    `SELECT ${attemptGroup(groupBy)} AS grp, a.target AS model, a.provider AS provider,
      COUNT(DISTINCT a.call_id) AS requests,
      COUNT(DISTINCT CASE WHEN a.outcome <> 'failed' THEN a.call_id END) AS unfailed, ${tokenSums}, ${costSums}
      FROM ${attemptsWithCalls} WHERE ${inRange('a')} GROUP BY 1, a.target, a.provider`,
    boundsOf(range),
  );
  const latencies = await readRanks(engine, range, 'c.duration_ms', [callGroup(groupBy), 'c.model', 'c.provider']);
  return rows.map((row) => ({
    group: groupName(row.grp, groupBy),
    model: String(row.model),
    provider: String(row.provider),
    requests: Number(row.requests),
    tokens: tokensOf(row),
    cost: costOf(row),
    errorRate: (Number(row.requests) - Number(row.unfailed)) / Number(row.requests),
    latencyMs: latencies.get(keyOf([row.grp, row.model, row.provider])) ?? noPercentiles,
  }));
}

/** How fast the calls of a time were. */
export async function readPerformance(engine: Engine, range: TimeRange, groupBy?: GroupKey): Promise<Performance[]> {
  const group = callGroup(groupBy);
  const rows = await engine.all(
    `SELECT ${group} AS grp, COUNT(*) AS requests, MIN(c.started_at) AS first FROM calls c WHERE ${inRange('c')} GROUP BY 1`,
    boundsOf(range),
  );
  const latencies = await readRanks(engine, range, 'c.duration_ms', [group]);
  const firstOutputs = await readRanks(engine, range, 'c.first_output_ms', [group]);
  if (rows.length === 0 && groupBy === undefined) rows.push({ grp: 'all', requests: 0, first: null });
  return rows
    .map((row) => ({
      group: groupName(row.grp, groupBy),
      requests: Number(row.requests),
      firstStartedAt: row.first === null ? null : Number(row.first),
      latencyMs: latencies.get(keyOf([row.grp])) ?? noPercentiles,
      firstOutputMs: firstOutputs.get(keyOf([row.grp])) ?? noPercentiles,
    }))
    .sort(byGroup);
}

/** Nearest ranks of a measure of the calls that succeeded, by the values of the given columns. */
async function readRanks(
  engine: Engine,
  range: TimeRange,
  measure: string,
  columns: readonly string[],
): Promise<Map<string, Percentiles>> {
  const names = columns.map((_, index) => `k${index}`);
  const named = columns.map((column, index) => `${column} AS ${names[index]}`);
  const partition = columns.join(', ');
  const rows = await engine.all(
    `SELECT ${names.join(', ')}, ${percentileAt(50)} AS p50, ${percentileAt(95)} AS p95, ${percentileAt(99)} AS p99 FROM (
      SELECT ${named.join(', ')}, ${measure} AS v,
        ROW_NUMBER() OVER (PARTITION BY ${partition} ORDER BY ${measure}) AS place,
        COUNT(*) OVER (PARTITION BY ${partition}) AS n
      FROM calls c WHERE ${inRange('c')} AND c.outcome = 'succeeded' AND c.cached = 0 AND ${measure} IS NOT NULL
    ) AS ranked GROUP BY ${names.join(', ')}`,
    boundsOf(range),
  );
  return new Map(
    rows.map((row) => [
      keyOf(names.map((name) => row[name])),
      { p50: Number(row.p50), p95: Number(row.p95), p99: Number(row.p99) },
    ]),
  );
}

const attemptsWithCalls = 'attempts a JOIN calls c ON c.started_at = a.started_at AND c.id = a.call_id';
const tokenSums = ['input', 'output', 'cache_read', 'cache_write']
  .map((name) => `CAST(SUM(a.${name}_tokens) AS BIGINT) AS ${name}`)
  .join(', ');
const costSums = `CAST(SUM(a.cost_micro) AS BIGINT) AS cost,
  COUNT(DISTINCT CASE WHEN a.unpriced = 1 THEN a.call_id END) AS unpriced`;
const noPercentiles: Percentiles = { p50: null, p95: null, p99: null };
const dayMs = 86_400_000;
const hourMs = 3_600_000;

const callColumns = { model: 'c.model', provider: 'c.provider', key: 'c.caller', session: 'c.session', rule: 'c.rule' };

function callGroup(groupBy: GroupKey | undefined): string {
  if (groupBy === undefined) return "'all'";
  if (groupBy === 'day') return `c.started_at / ${dayMs}`;
  if (groupBy === 'hour') return `c.started_at / ${hourMs}`;
  return callColumns[groupBy];
}

/** What a leg spent belongs to its own model, not to the one that answered in the end. */
function attemptGroup(groupBy: GroupKey | undefined): string {
  if (groupBy === 'model') return 'a.target';
  if (groupBy === 'provider') return 'a.provider';
  return callGroup(groupBy);
}

function groupName(value: unknown, groupBy: GroupKey | undefined): string | null {
  if (groupBy === undefined || value === null || value === undefined) return null;
  if (groupBy === 'day') return new Date(Number(value) * dayMs).toISOString().slice(0, 10);
  if (groupBy === 'hour') return `${new Date(Number(value) * hourMs).toISOString().slice(0, 13)}:00:00Z`;
  return String(value);
}

function inRange(table: string): string {
  return `${table}.started_at >= ? AND ${table}.started_at < ?`;
}

function boundsOf({ since, until }: TimeRange): SqlValue[] {
  return [Math.floor(since), Math.floor(until)];
}

function countOf(condition: string): string {
  return `CAST(SUM(CASE WHEN ${condition} THEN 1 ELSE 0 END) AS BIGINT)`;
}

function percentileAt(percent: number): string {
  return `MIN(CASE WHEN place * 100 >= n * ${percent} THEN v END)`;
}

function tokensOf(row: SqlRow): TokenCounts {
  return {
    input: Number(row.input),
    output: Number(row.output),
    cacheRead: Number(row.cache_read),
    cacheWrite: Number(row.cache_write),
  };
}

/** No price is unknown only where something had to be paid for. */
function costOf(row: SqlRow): { microUsd: number | null; unknownPriceCalls: number } {
  const unknownPriceCalls = Number(row.unpriced);
  if (row.cost !== null) return { microUsd: Number(row.cost), unknownPriceCalls };
  return { microUsd: unknownPriceCalls > 0 ? null : 0, unknownPriceCalls };
}

function emptyTotals(group: string | null): Totals {
  return {
    group,
    requests: { total: 0, succeeded: 0, failed: 0, cached: 0, refused: 0 },
    tokens: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
    cost: { microUsd: 0, savedMicroUsd: 0, unknownPriceCalls: 0 },
  };
}

function keyOf(values: readonly unknown[]): string {
  return JSON.stringify(values.map((value) => (value === null || value === undefined ? null : String(value))));
}

function byGroup(one: { group: string | null }, other: { group: string | null }): number {
  return (one.group ?? '') < (other.group ?? '') ? -1 : 1;
}
