import { randomBytes } from 'node:crypto';
import type { Call } from '../call/call.ts';
import { type Currency, moneyText } from '../call/money.ts';
import { asksForTrace, type CallObserver } from '../call/observer.ts';
import type { CallRecord } from '../call/record.ts';
import type { Config } from '../config/schema.ts';
import { isSwitchedOff } from '../config/switches.ts';
import type { Registry } from '../providers/registry.ts';
import { Transport } from '../providers/transport.ts';
import { CallTrace } from '../telemetry/call-trace.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type Counting, Metrics } from '../telemetry/metrics.ts';
import { SpanExporter } from '../telemetry/span-exporter.ts';
import { attributes, spansOf } from '../telemetry/spans.ts';
import { traceContext } from '../telemetry/trace-context.ts';
import { TraceRing } from '../telemetry/trace-ring.ts';
import type { Commons } from './commons.ts';
import { ToldCall } from './told-call.ts';
import { version } from './version.ts';

/** How a configuration wants its calls followed and counted. */
export interface TelemetrySettings {
  counting: Counting;
  providerTypeOf(provider: string): string | undefined;
}

/** What this process tells of its calls: log, metrics, spans and traces; where others serve too, one of them counts. It outlives reloads. */
export class Telemetry {
  readonly logger: Logger;
  readonly #commons: Commons | undefined;
  readonly metrics = new Metrics();
  readonly traces = new TraceRing();
  #exporter: { endpoint: string; spans: SpanExporter; transport: Transport } | undefined;
  #summaries: NodeJS.Timeout | undefined;

  constructor(logger: Logger, commons?: Commons) {
    this.logger = logger;
    this.#commons = commons;
  }

  get lostSpans(): number {
    return this.#exporter?.spans.lostSpans ?? 0;
  }

  /** From now on as this configuration says. */
  configure({ logging, tracing }: Config, activeCalls: () => number): void {
    const { metrics } = logging;
    clearInterval(this.#summaries);
    if (metrics?.enabled && !this.#commons) {
      this.#summaries = setInterval(() => this.#summarize(activeCalls()), metrics.interval * 1000).unref();
    }
    const endpoint = tracing && !isSwitchedOff(tracing) ? (tracing.endpoint ?? usualCollector) : undefined;
    if (endpoint === this.#exporter?.endpoint) return;
    void this.#closeExporter();
    if (endpoint !== undefined) this.#exporter = this.#openExporter(endpoint);
  }

  /** Who follows a call; undefined where nobody has to. */
  observe(call: Call, { providerTypeOf }: TelemetrySettings): CallObserver | undefined {
    const trace = this.#traceOf(call, providerTypeOf);
    if (!this.#commons) return trace;
    this.#commons.opened(call);
    return new ToldCall(call, this.#commons, trace);
  }

  #traceOf(call: Call, providerTypeOf: TelemetrySettings['providerTypeOf']): CallTrace | undefined {
    const { logger } = this;
    const spans = this.#exporter?.spans;
    const isKept = asksForTrace(call);
    if (!spans && !isKept && !logger.isDebugging) return undefined;
    const context = spans && traceContext(call.headers, newId);
    const trace = new CallTrace(call, {
      ...{ now: Date.now, newId, keepsEvents: isKept || logger.isDebugging },
      ...(context ? { context } : {}),
      onEvent: ({ event, ...fields }) => {
        const { headers: _headers, ...told } = fields;
        if (logger.isDebugging) logger.debug(`call ${event}`, { requestId: call.id, ...told });
      },
      onSettled: (settled, record) => {
        if (spans && context?.sampled) spans.add(spansOf(settled, context, record, providerTypeOf));
      },
    });
    if (isKept) this.traces.add(trace);
    return trace;
  }

  /** Writes down a call that is over. */
  settle(record: CallRecord, { counting }: TelemetrySettings): void {
    this.logger.call(record);
    this.metrics.add(record, counting);
  }

  async close(): Promise<void> {
    clearInterval(this.#summaries);
    await this.#closeExporter();
    await this.logger.close();
  }

  #summarize(activeCalls: number): void {
    const { costMicroUsd, ...counts } = this.metrics.takeSummary();
    this.logger.info('metrics', { ...counts, cost: moneyText(costMicroUsd), activeCalls });
  }

  #openExporter(endpoint: string) {
    const transport = new Transport({ maxConnections: 1, connectTimeoutMs: 5000, keepAlive: true });
    const spans = new SpanExporter({
      endpoint,
      resource: attributes({ 'service.name': 'claude-code-router', 'service.version': version }),
      post: (url, body, signal) => post(transport, url, body, signal),
      onProblem: (problem) => this.logger.warn(problem),
    });
    return { endpoint, spans, transport };
  }

  async #closeExporter(): Promise<void> {
    const closing = this.#exporter;
    this.#exporter = undefined;
    await closing?.spans.close(closeLimitMs);
    await closing?.transport.destroy();
  }
}

/** The settings of a configuration: only what it names stands in labels. */
export function telemetrySettings({ targets }: Registry, currency: Currency): TelemetrySettings {
  const types = new Map(targets.map(({ provider, providerType }) => [provider, providerType]));
  return {
    counting: {
      models: new Set(targets.map(({ name }) => name)),
      providers: new Set(types.keys()),
      currency,
    },
    providerTypeOf: (provider) => types.get(provider),
  };
}

async function post(transport: Transport, url: string, body: Buffer, signal: AbortSignal): Promise<number> {
  const reply = await transport.send({
    ...{ method: 'POST', url, body, signal, provider: 'tracing' },
    headers: { 'content-type': 'application/json' },
  });
  for await (const _chunk of reply.body);
  return reply.status;
}

function newId(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}

/** Where a collector listens, unless it is told otherwise. */
const usualCollector = 'http://localhost:4318';
const closeLimitMs = 2000;
