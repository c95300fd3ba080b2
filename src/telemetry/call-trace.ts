import type { Call } from '../call/call.ts';
import type { Explanation } from '../call/explanation.ts';
import type { CallObserver, ExchangeObserver } from '../call/observer.ts';
import type { AttemptRecord, CallRecord } from '../call/record.ts';
import { shownHeaders, shownUrl } from './redact.ts';
import { contextHeaders, type TraceContext } from './trace-context.ts';

/** One moment of a call. */
export interface TraceEvent {
  /** Milliseconds since the call began. */
  atMs: number;
  event: string;
  [field: string]: unknown;
}

/** One try of a target. */
export interface TracedAttempt {
  attempt: AttemptRecord;
  /** Empty where no spans are sent. */
  spanId: string;
  /** Where it was asked, without what may be secret; undefined where nothing was sent. */
  url?: string;
  /** The upstream's. */
  status?: number;
}

export interface TraceSettings {
  now(): number;
  /** Bytes of randomness, as hexadecimal digits. */
  newId(bytes: number): string;
  /** Where spans are sent: the place of the call in its distributed trace. */
  context?: TraceContext;
  /** False where only spans are wanted, which need no moments. */
  keepsEvents: boolean;
  /** Told of each moment as it comes. */
  onEvent?(event: TraceEvent): void;
  onSettled?(trace: CallTrace, record: CallRecord): void;
}

/** What happens to one call, moment by moment: neither its words nor any secret. */
export class CallTrace implements CallObserver {
  readonly id: string;
  readonly startedAt: number;
  readonly sessionId: string | undefined;
  readonly context: TraceContext | undefined;
  readonly attempts: TracedAttempt[] = [];
  /** In the order of their time. */
  readonly events: TraceEvent[] = [];
  decision: Explanation | undefined;
  /** Complete once the call is over. */
  record: CallRecord | undefined;
  isOver = false;
  readonly #settings: TraceSettings;

  constructor(call: Call, settings: TraceSettings) {
    this.#settings = settings;
    this.id = call.id;
    this.startedAt = call.startedAt;
    this.sessionId = call.sessionId;
    this.context = settings.context;
    this.#note('received', () => receivedFields(call), call.startedAt);
  }

  decided(record: CallRecord, explain: () => Explanation): void {
    this.record = record;
    if (!this.#settings.keepsEvents) return;
    this.decision = explain();
    this.#note('decided', () => decidedFields(this.decision!));
  }

  attempting(attempt: AttemptRecord): ExchangeObserver {
    const traced: TracedAttempt = { attempt, spanId: this.context ? this.#settings.newId(8) : '' };
    this.attempts.push(traced);
    const of = { attempt: this.attempts.length, target: attempt.target, provider: attempt.provider };
    return {
      headers: this.context ? contextHeaders(this.context, traced.spanId) : {},
      sent: (url, headers) => {
        traced.url = shownUrl(url);
        this.#note('sent', () => ({ ...of, url: traced.url, headers: shownHeaders(headers) }));
      },
      answered: (status, headers) => {
        traced.status = status;
        this.#note('answered', () => ({ ...of, status, headers: shownHeaders(headers) }));
      },
    };
  }

  settled(record: CallRecord): void {
    this.record = record;
    record.attempts.forEach((attempt, index) => {
      const { startedAt, durationMs } = attempt;
      this.#note('attempt-over', () => overFields(attempt, index + 1), startedAt + durationMs);
    });
    const { outcome, status, durationMs, firstOutputMs = null } = record;
    this.#note('settled', () => ({ outcome, status, durationMs, firstOutputMs }));
    this.isOver = true;
    this.#settings.onSettled?.(this, record);
  }

  #note(event: string, fields: () => Record<string, unknown>, at = this.#settings.now()): void {
    if (!this.#settings.keepsEvents) return;
    const noted = { atMs: at - this.startedAt, event, ...fields() };
    const later = this.events.findLastIndex(({ atMs }) => atMs <= noted.atMs) + 1;
    this.events.splice(later, 0, noted);
    this.#settings.onEvent?.(noted);
  }
}

function receivedFields({ request, rawBody, sessionId, caller, headers }: Call): Record<string, unknown> {
  return {
    ...{ requestedModel: request.model, stream: request.stream === true, bytes: rawBody?.length ?? null },
    ...{ messages: request.messages.length, tools: request.tools?.length ?? 0 },
    ...{ session: sessionId ?? null, caller: caller.name, headers: shownHeaders(headers) },
  };
}

function decidedFields({ rule, reason, candidates }: Explanation): Record<string, unknown> {
  const refused = candidates.filter((candidate) => candidate.refused !== undefined);
  return {
    ...{ rule, reason },
    targets: candidates.filter((candidate) => candidate.refused === undefined).map(({ model }) => model),
    refused: Object.fromEntries(refused.map((candidate) => [candidate.model, candidate.refused])),
  };
}

function overFields(attempt: AttemptRecord, number: number): Record<string, unknown> {
  const { target, provider, outcome, durationMs, failure, usage = null } = attempt;
  return { attempt: number, target, provider, outcome, durationMs, usage, ...(failure ? { failure } : {}) };
}
