import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { Gauges } from './metrics.ts';
import { HistogramSeries, type MetricSnapshot, Series } from './series.ts';

/** What is counted of calls, all at nothing. */
export function newCounters() {
  const counter = (name: string, help: string) => new Series(`${prefix}${name}`, help, 'counter');
  return {
    requests: counter('requests_total', 'Calls that are over, by who answered and the class of the HTTP status.'),
    outcomes: counter('call_outcomes_total', 'Calls that are over, by what became of them.'),
    failures: counter('call_failures_total', 'Calls that ended with a failure, by its kind.'),
    duration: new HistogramSeries(
      `${prefix}request_duration_seconds`,
      'From the request to the end of the answer.',
      [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320, 640],
    ),
    firstOutput: new HistogramSeries(
      `${prefix}first_output_seconds`,
      'From the request to the first output.',
      [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64],
    ),
    tokens: counter('tokens_total', 'Tokens of all tries, as the providers reported them.'),
    modelTokens: counter('model_tokens_total', 'Tokens by the model that used them.'),
    cost: counter('cost_total', 'What tries of known price cost.'),
    modelCost: counter('model_cost_total', 'Cost by the model that caused it.'),
    unknownPrices: counter('unknown_price_calls_total', 'Calls whose cost is not known, and not whole in the cost.'),
    cache: counter('cache_requests_total', 'Calls that could be answered with a kept reply.'),
    attempts: counter('upstream_attempts_total', 'Tries of targets.'),
  };
}

/** What is measured when it is asked for. The delay of the event loop is watched from the first time on. */
export class MomentaryValues {
  #delays: IntervalHistogram | undefined;

  snapshot(gauges: Gauges): MetricSnapshot[] {
    return [...processValues(gauges), ...targetValues(gauges), this.#eventLoopDelay()];
  }

  #eventLoopDelay(): MetricSnapshot {
    const late = this.#delays?.count ? this.#delays.percentile(99) / 1e9 - resolutionMs / 1000 : 0;
    this.#delays ??= watchedDelays();
    this.#delays.reset();
    return gauge('event_loop_delay_seconds', 'How late timers were, 99 of 100 less.', 'max', Math.max(0, late));
  }
}

function watchedDelays(): IntervalHistogram {
  const delays = monitorEventLoopDelay({ resolution: resolutionMs });
  delays.enable();
  return delays;
}

function processValues({ version, startedAt, activeCalls, lost }: Gauges): MetricSnapshot[] {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const buildInfo = new Series(`${prefix}build_info`, 'The version of the router and of Node.', 'gauge', 'max');
  buildInfo.set({ version, node: process.version }, 1);
  const given = new Series(`${prefix}lost_items`, 'Records, lines of the log and spans that were given up.', 'gauge');
  for (const [kind, count] of Object.entries(lost)) given.set({ kind }, count);
  const cpu = new Series(`${prefix}cpu_seconds_total`, 'Processor time used.', 'counter');
  cpu.set({}, (user + system) / 1e6);
  return [
    ...[buildInfo.snapshot(), given.snapshot(), cpu.snapshot()],
    gauge('start_time_seconds', 'When the router started.', 'min', startedAt / 1000),
    gauge('active_calls', 'Calls on their way.', 'sum', activeCalls),
    gauge('resident_memory_bytes', 'Memory of the process.', 'sum', rss),
    gauge('heap_used_bytes', 'Memory that JavaScript objects take.', 'sum', heapUsed),
  ];
}

function targetValues({ targets }: Gauges): MetricSnapshot[] {
  const circuit = new Series(
    `${prefix}circuit_state`,
    'Circuit of a model: 0 closed, 1 half-open, 2 open.',
    'gauge',
    'max',
  );
  const active = new Series(`${prefix}target_active_calls`, 'Calls on their way to a model.', 'gauge');
  const waiting = new Series(`${prefix}target_waiting_calls`, 'Calls that wait for their turn at a model.', 'gauge');
  for (const { model, provider, ...target } of targets) {
    circuit.set({ model, provider }, circuitNumbers[target.circuit]);
    active.set({ model, provider }, target.activeCalls);
    waiting.set({ model, provider }, target.waitingCalls);
  }
  return [circuit.snapshot(), active.snapshot(), waiting.snapshot()];
}

function gauge(name: string, help: string, aggregator: 'sum' | 'max' | 'min', value: number): MetricSnapshot {
  const series = new Series(`${prefix}${name}`, help, 'gauge', aggregator);
  series.set({}, value);
  return series.snapshot();
}

const prefix = 'claude_router_';
const resolutionMs = 20;
const circuitNumbers = { closed: 0, 'half-open': 1, open: 2 } as const;
