import type { Attribute, Span } from './spans.ts';

export interface SpanExporterSettings {
  /** The collector: its address alone, or with the path that takes traces. */
  endpoint: string;
  /** What the spans are said to come from. */
  resource: Attribute[];
  /** Sends a JSON body and gives the status of the answer. Throws where nobody answers. */
  post(url: string, body: Buffer, signal: AbortSignal): Promise<number>;
  /** Told once when spans can't be sent, until they can be again. */
  onProblem(problem: string): void;
}

/**
 * Sends spans to a collector as OTLP/JSON over HTTP, some at a time, behind the calls. Nothing ever waits for it: what can't
 * be sent waits in a bounded queue, and beyond that the oldest are given up.
 */
export class SpanExporter {
  readonly #settings: SpanExporterSettings;
  readonly #url: string;
  #waiting: Span[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #failures = 0;
  #lost = 0;
  #closed = false;

  constructor(settings: SpanExporterSettings) {
    this.#settings = settings;
    this.#url = traceUrl(settings.endpoint);
  }

  /** Spans that were given up since the start. */
  get lostSpans(): number {
    return this.#lost;
  }

  add(spans: readonly Span[]): void {
    this.#waiting.push(...spans);
    const tooMany = this.#waiting.length - mostWaiting;
    if (tooMany > 0) {
      this.#waiting.splice(0, tooMany);
      this.#lost += tooMany;
    }
    this.#sendSoon();
  }

  /** Sends what waits, for no longer than the limit in milliseconds. */
  async close(limitMs: number): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    const signal = AbortSignal.timeout(limitMs);
    await this.#sending;
    while (this.#waiting.length > 0 && !signal.aborted) if (!(await this.#sendBatch(signal))) break;
    this.#lost += this.#waiting.length;
    this.#waiting = [];
  }

  #sendSoon(): void {
    if (this.#closed || this.#timer || this.#sending || this.#waiting.length === 0) return;
    const pauseMs = Math.min(gatherMs * 2 ** this.#failures, longestPauseMs);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#sending = this.#sendBatch(AbortSignal.timeout(answerLimitMs)).then(() => {
        this.#sending = undefined;
        this.#sendSoon();
      });
    }, pauseMs).unref();
  }

  /** True where they arrived. What a collector refuses for good is given up, so that the next ones get through. */
  async #sendBatch(signal: AbortSignal): Promise<boolean> {
    const batch = this.#waiting.splice(0, batchSize);
    const problem = await this.#post(batch, signal);
    if (problem === undefined) {
      this.#failures = 0;
      return true;
    }
    if (this.#failures === 0) this.#settings.onProblem(`spans can't be sent to ${this.#url}: ${problem.why}`);
    this.#failures = Math.min(this.#failures + 1, 10);
    if (problem.forGood) this.#lost += batch.length;
    else this.#waiting.unshift(...batch);
    return false;
  }

  async #post(batch: Span[], signal: AbortSignal): Promise<{ why: string; forGood: boolean } | undefined> {
    try {
      const status = await this.#settings.post(this.#url, bodyOf(batch, this.#settings.resource), signal);
      if (status >= 200 && status < 300) return undefined;
      return { why: `the collector answered ${status}`, forGood: !passing.has(status) };
    } catch (error) {
      return { why: error instanceof Error ? error.message : String(error), forGood: false };
    }
  }
}

function bodyOf(spans: Span[], resource: Attribute[]): Buffer {
  const scope = { name: 'claude-code-router' };
  return Buffer.from(
    JSON.stringify({ resourceSpans: [{ resource: { attributes: resource }, scopeSpans: [{ scope, spans }] }] }),
  );
}

/** A collector's usual path, where the address names none. */
function traceUrl(endpoint: string): string {
  const url = new URL(endpoint);
  if (url.pathname === '/') url.pathname = '/v1/traces';
  return url.href;
}

/** After these OTLP wants to be asked again. */
const passing = new Set([429, 502, 503, 504]);
const batchSize = 512;
const mostWaiting = 4096;
/** How long spans are gathered before they are sent. */
const gatherMs = 500;
const longestPauseMs = 60_000;
const answerLimitMs = 10_000;
