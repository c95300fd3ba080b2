import type { Command } from 'commander';
import type { CommandContext } from './command.ts';
import { askJson, requireRunning } from './running.ts';
import { amountText, type Cell, queryOf, type StatisticsOptions, showRows, statisticsOptions } from './statistics.ts';

export function define(command: Command, context: CommandContext): void {
  statisticsOptions(command)
    .addHelpText('after', '\nExample:\n  router stats --since 7d --group-by day')
    .action((options: StatisticsOptions) => stats(options, context));
}

interface Totals {
  requests: { total: number; succeeded: number; failed: number; cached: number; refused: number };
  tokens: { input: number; output: number; cacheRead: number; cacheWrite: number };
  cost: { total: string | null; saved: string; unknownPriceCalls: number };
}

interface Stats extends Totals {
  since: string;
  until: string;
  currency: string;
  groups?: (Totals & { group: string | null })[];
}

interface Percentiles {
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

interface Model {
  model: string;
  provider: string;
  requests: number;
  tokens: Totals['tokens'];
  cost: string | null;
  errorRate: number;
  latencyMs: Percentiles;
}

interface Speed {
  latencyMs: Percentiles;
  firstOutputMs: Percentiles;
}

async function stats(options: StatisticsOptions, context: CommandContext): Promise<void> {
  const query = queryOf(options);
  const { terminal } = context;
  const state = requireRunning(context);
  const ask = (path: string) => askJson(state, `${path}${query}`, context);
  const all = (await ask('/api/stats')) as Stats;
  const { models } = (await ask('/api/stats/models')) as { models: Model[] };
  const speed = (await ask('/api/stats/performance')) as Speed;
  if (options.json) {
    const { latencyMs, firstOutputMs } = speed;
    return terminal.json({ ...all, models, latencyMs, firstOutputMs });
  }
  if (!options.csv) {
    for (const line of summaryLines(all, speed)) terminal.out(line);
    terminal.out('');
  }
  if (all.groups)
    return showRows(groupHead(options.groupBy!), all.groups.map(groupRow), options.csv === true, terminal);
  showRows(modelHead, models.map(modelRow), options.csv === true, terminal);
}

function summaryLines({ since, until, currency, requests, tokens, cost }: Stats, speed: Speed): string[] {
  const { total, succeeded, failed, cached, refused } = requests;
  const unknown = cost.unknownPriceCalls > 0 ? `; ${cost.unknownPriceCalls} calls of unknown price are not in it` : '';
  return [
    `From ${since} to ${until}`,
    `Requests      ${total}: ${succeeded} succeeded (${cached} from the cache), ${failed} failed, ${refused} refused`,
    `Tokens        ${tokens.input} in, ${tokens.output} out, ${tokens.cacheRead} read from and ${tokens.cacheWrite} written to prompt caches`,
    `Cost          ${amountText(cost.total, currency)}${unknown}`,
    `Saved         ${amountText(cost.saved, currency)} against the default model`,
    `Latency       ${percentileText(speed.latencyMs)}`,
    `First output  ${percentileText(speed.firstOutputMs)}`,
  ];
}

function percentileText({ p50, p95, p99 }: Percentiles): string {
  return p50 === null ? 'nothing to measure' : `p50 ${p50} ms, p95 ${p95} ms, p99 ${p99} ms`;
}

const modelHead = 'MODEL,PROVIDER,REQUESTS,ERRORS,INPUT,OUTPUT,CACHE READ,CACHE WRITE,COST,P50 MS,P95 MS,P99 MS'.split(
  ',',
);

function modelRow({ model, provider, requests, errorRate, tokens, cost, latencyMs }: Model): Cell[] {
  const { input, output, cacheRead, cacheWrite } = tokens;
  const errors = `${Math.round(errorRate * 1000) / 10}%`;
  const { p50, p95, p99 } = latencyMs;
  return [model, provider, requests, errors, input, output, cacheRead, cacheWrite, cost, p50, p95, p99];
}

function groupHead(groupBy: string): string[] {
  return [groupBy.toUpperCase(), ...'REQUESTS,SUCCEEDED,FAILED,CACHED,REFUSED,INPUT,OUTPUT,COST,SAVED'.split(',')];
}

function groupRow({ group, requests, tokens, cost }: Totals & { group: string | null }): Cell[] {
  const { total, succeeded, failed, cached, refused } = requests;
  return [
    group ?? 'none',
    total,
    succeeded,
    failed,
    cached,
    refused,
    tokens.input,
    tokens.output,
    cost.total,
    cost.saved,
  ];
}
