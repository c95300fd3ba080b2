import { monitorEventLoopDelay } from 'node:perf_hooks';
import { AggregatorRegistry, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Gauges } from './metrics.ts';

/** Every metric of the router, in the form of the library that writes them. */
export type Instruments = ReturnType<typeof createInstruments>;

/** The metrics of this process, all at nothing. */
export function createInstruments() {
  const registry = new Registry();
  const { counter, histogram } = makersIn(registry);
  const observe = gaugesIn(registry);
  return {
    requests: counter('requests_total', 'Calls that are over, by who answered and the class of the HTTP status.', [
      ...(['model', 'provider', 'status'] as const),
    ]),
    outcomes: counter('call_outcomes_total', 'Calls that are over, by what became of them.', ['outcome']),
    failures: counter('call_failures_total', 'Calls that ended with a failure, by its kind.', ['kind']),
    duration: histogram('request_duration_seconds', 'From the request to the end of the answer.', durationBuckets),
    firstOutput: histogram('first_output_seconds', 'From the request to the first output.', firstOutputBuckets),
    tokens: counter('tokens_total', 'Tokens of all tries, as the providers reported them.', ['type']),
    modelTokens: counter('model_tokens_total', 'Tokens by the model that used them.', ['model', 'provider', 'type']),
    cost: counter('cost_total', 'What calls of known price cost.', ['currency']),
    modelCost: counter('model_cost_total', 'Cost by the model that caused it.', ['model', 'provider', 'currency']),
    unknownPrices: counter('unknown_price_calls_total', 'Calls whose cost is not known, and is not in the cost.', []),
    cache: counter('cache_requests_total', 'Calls that could be answered with a kept reply.', ['result']),
    attempts: counter('upstream_attempts_total', 'Tries of targets.', ['outcome']),
    observe,
    snapshot: (): Promise<unknown> => registry.getMetricsAsJSON(),
  };
}

/** The text of one snapshot, or of several, added up. */
export async function textOf(snapshots: readonly unknown[]): Promise<{ contentType: string; text: string }> {
  const whole = AggregatorRegistry.aggregate(snapshots as object[]);
  return { contentType: whole.contentType, text: await whole.metrics() };
}

/** What is counted is there from the beginning, so that a rate over it starts at nothing. */
function makersIn(registry: Registry) {
  const registers = [registry];
  return {
    counter: <Label extends string>(name: string, help: string, labelNames: Label[]) =>
      new Counter({ name: `${prefix}${name}`, help, labelNames, registers }),
    histogram: (name: string, help: string, buckets: number[]) =>
      new Histogram({
        ...{ name: `${prefix}${name}`, help, buckets, registers },
        labelNames: ['model', 'provider'] as const,
      }),
  };
}

function gaugesIn(registry: Registry): (gauges: Gauges) => void {
  const gauge = <Label extends string>(
    name: string,
    help: string,
    labelNames: Label[] = [],
    aggregator: 'sum' | 'max' | 'min' = 'sum',
  ) => new Gauge({ name: `${prefix}${name}`, help, labelNames, aggregator, registers: [registry] });
  const ofTarget: ['model', 'provider'] = ['model', 'provider'];
  const buildInfo = gauge('build_info', 'The version of the router and of Node.', ['version', 'node'], 'max');
  const startTime = gauge('start_time_seconds', 'When the router started.', [], 'min');
  const activeCalls = gauge('active_calls', 'Calls on their way.');
  const circuit = gauge('circuit_state', 'Circuit of a model: 0 closed, 1 half-open, 2 open.', ofTarget, 'max');
  const targetCalls = gauge('target_active_calls', 'Calls on their way to a model.', ofTarget);
  const waiting = gauge('target_waiting_calls', 'Calls that wait for their turn at a busy model.', ofTarget);
  const lost = gauge('lost_items', 'Records of calls, lines of the log and spans that were given up.', ['kind']);
  const memory = gauge('resident_memory_bytes', 'Memory of the process.');
  const heap = gauge('heap_used_bytes', 'Memory that JavaScript objects take.');
  const cpu = new Counter({
    ...{ name: `${prefix}cpu_seconds_total`, help: 'Processor time used.', registers: [registry] },
  });
  const delay = gauge('event_loop_delay_seconds', 'How late timers were, 99 of 100 less.', [], 'max');
  const delays = monitorEventLoopDelay({ resolution: 20 });
  delays.enable();
  return ({ version, startedAt, activeCalls: active, targets, lost: given }) => {
    buildInfo.set({ version, node: process.version }, 1);
    startTime.set(startedAt / 1000);
    activeCalls.set(active);
    // A model that a reload took away is not shown any more.
    for (const each of [circuit, targetCalls, waiting]) each.reset();
    for (const { model, provider, ...target } of targets) {
      circuit.set({ model, provider }, circuitNumbers[target.circuit]);
      targetCalls.set({ model, provider }, target.activeCalls);
      waiting.set({ model, provider }, target.waitingCalls);
    }
    for (const [kind, count] of Object.entries(given)) lost.set({ kind }, count);
    const { rss, heapUsed } = process.memoryUsage();
    memory.set(rss);
    heap.set(heapUsed);
    const { user, system } = process.cpuUsage();
    cpu.reset();
    cpu.inc((user + system) / 1e6);
    delay.set(delays.count === 0 ? 0 : Math.max(0, delays.percentile(99) / 1e9 - resolutionSeconds));
    delays.reset();
  };
}

const prefix = 'claude_router_';
const resolutionSeconds = 0.02;
const circuitNumbers = { closed: 0, 'half-open': 1, open: 2 } as const;
const durationBuckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320, 640];
const firstOutputBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64];
