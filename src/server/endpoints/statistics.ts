import type { Admission, BudgetReport } from '../../admission/admit.ts';
import { type Currency, moneyText } from '../../call/money.ts';
import type {
  CostCounts,
  GroupKey,
  Ledger,
  ModelStatistics,
  Performance,
  TimeRange,
  Totals,
} from '../../ledger/ledger.ts';
import { callsOf } from '../process-state.ts';
import { readGroupKey, readQuery, readRange } from '../read-query.ts';
import type { Exchange } from '../route-table.ts';
import { sendJson } from '../send-reply.ts';

/** `GET /api/stats`: requests, tokens and cost of a time. Throws Failure `malformed-request`, `records-away`. */
export async function statistics(exchange: Exchange): Promise<void> {
  const { service, response, id } = exchange;
  const { ledger, currency } = service;
  const { range, groupBy } = readAsked(exchange);
  const [all] = await ledger.totals(range);
  const groups = groupBy && (await ledger.totals(range, groupBy));
  sendJson(response, id, 200, {
    ...spanOf(range),
    currency: currency.code,
    ...totalsForm(all!, currency),
    ...lostForm(ledger),
    ...(groups
      ? { groupBy, groups: groups.map((entry) => ({ group: entry.group, ...totalsForm(entry, currency) })) }
      : {}),
  });
}

/** `GET /api/stats/models`: each model that was tried. Throws as `statistics` does. */
export async function modelStatistics(exchange: Exchange): Promise<void> {
  const { service, response, id } = exchange;
  const { ledger, currency } = service;
  const { range, groupBy } = readAsked(exchange);
  const models = await ledger.models(range);
  const grouped = groupBy && (await ledger.models(range, groupBy));
  sendJson(response, id, 200, {
    ...spanOf(range),
    currency: currency.code,
    models: models.map((entry) => modelForm(entry, currency)),
    ...(grouped
      ? { groupBy, groups: grouped.map((entry) => ({ group: entry.group, ...modelForm(entry, currency) })) }
      : {}),
  });
}

/** `GET /api/stats/costs`: what was spent, and on what. Throws as `statistics` does. */
export async function costStatistics(exchange: Exchange): Promise<void> {
  const { service, response, id } = exchange;
  const { ledger, currency } = service;
  const { range, groupBy } = readAsked(exchange);
  const [all] = await ledger.totals(range);
  const by = async (key: GroupKey) => {
    const entries = (await ledger.totals(range, key)).filter(({ group }) => group !== null);
    return Object.fromEntries(entries.map(({ group, cost }) => [group, moneyText(cost.microUsd, currency)]));
  };
  const { total, saved, unknownPriceCalls } = costForm(all!.cost, currency);
  const groups = groupBy && (await ledger.totals(range, groupBy));
  sendJson(response, id, 200, {
    ...spanOf(range),
    currency: currency.code,
    total,
    saved,
    unknownPriceCalls,
    byModel: await by('model'),
    byKey: await by('key'),
    byDay: await by('day'),
    budget: budgetForm(await service.gateway.admission.budgets(), currency),
    ...(groups ? { groupBy, groups: groups.map(({ group, cost }) => ({ group, ...costForm(cost, currency) })) } : {}),
  });
}

/** `GET /api/stats/performance`: how fast, and how busy now. Throws as `statistics` does. */
export async function performanceStatistics(exchange: Exchange): Promise<void> {
  const { service, response, id } = exchange;
  const { range, groupBy } = readAsked(exchange);
  const [all] = await service.ledger.performance(range);
  const groups = groupBy && (await service.ledger.performance(range, groupBy));
  sendJson(response, id, 200, {
    ...spanOf(range),
    ...performanceForm(all!, range),
    activeCalls: callsOf(await service.processes()),
    eventLoopDelayMs: await eventLoopDelayMs(),
    ...(groups
      ? { groupBy, groups: groups.map((entry) => ({ group: entry.group, ...performanceForm(entry, range) })) }
      : {}),
  });
}

function readAsked({ query, startedAt }: Exchange): { range: TimeRange; groupBy: GroupKey | undefined } {
  const asked = readQuery(query, ['since', 'until', 'groupBy']);
  return { range: readRange(asked, startedAt), groupBy: readGroupKey(asked.groupBy) };
}

function spanOf({ since, until }: TimeRange): { since: string; until: string } {
  return { since: new Date(since).toISOString(), until: new Date(until).toISOString() };
}

function budgetForm(budgets: Awaited<ReturnType<Admission['budgets']>>, currency: Currency) {
  const form = (budget: BudgetReport | null) =>
    budget && {
      limit: moneyText(budget.limit, currency),
      spent: moneyText(budget.spent, currency),
      reserved: moneyText(budget.reserved, currency),
      resetsAt: new Date(budget.resetsAt).toISOString(),
      warning: budget.warning,
    };
  return { daily: form(budgets.daily), monthly: form(budgets.monthly) };
}

function totalsForm({ requests, tokens, cost }: Totals, currency: Currency) {
  return { requests, tokens, cost: costForm(cost, currency) };
}

function costForm({ microUsd, savedMicroUsd, unknownPriceCalls }: CostCounts, currency: Currency) {
  return { total: moneyText(microUsd, currency), saved: moneyText(savedMicroUsd, currency), unknownPriceCalls };
}

function modelForm(
  { model, provider, requests, tokens, cost, errorRate, latencyMs }: ModelStatistics,
  currency: Currency,
) {
  const { microUsd, unknownPriceCalls } = cost;
  return {
    model,
    provider,
    requests,
    tokens,
    cost: moneyText(microUsd, currency),
    unknownPriceCalls,
    errorRate,
    latencyMs,
  };
}

/** Throughput is calls a second, from the first call of the time to its end. */
function performanceForm({ requests, firstStartedAt, latencyMs, firstOutputMs }: Performance, { until }: TimeRange) {
  const seconds = firstStartedAt === null ? 0 : Math.max(1, (until - firstStartedAt) / 1000);
  const throughput = seconds === 0 ? 0 : Math.round((requests / seconds) * 1e6) / 1e6;
  return { requests, latencyMs, firstOutputMs, throughput };
}

function lostForm({ lost }: Ledger): { lostRecords?: number } {
  return lost > 0 ? { lostRecords: lost } : {};
}

/** How late timers are just now, on average. */
async function eventLoopDelayMs(): Promise<number> {
  const waitMs = 5;
  const samples = 4;
  let late = 0;
  for (let sample = 0; sample < samples; sample += 1) {
    const before = performance.now();
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    late += Math.max(0, performance.now() - before - waitMs);
  }
  return Math.round((late / samples) * 100) / 100;
}
