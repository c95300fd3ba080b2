import type { AttemptRecord, CallRecord } from '../call/record.ts';
import { promptTokensOf } from '../protocol/usage.ts';
import type { CallTrace, TracedAttempt } from './call-trace.ts';
import type { TraceContext } from './trace-context.ts';

type AttributeValue =
  | { stringValue: string }
  | { intValue: string }
  | { doubleValue: number }
  | { boolValue: boolean }
  | { arrayValue: { values: AttributeValue[] } };

/** A name and a value, as OTLP/JSON writes them. */
export interface Attribute {
  key: string;
  value: AttributeValue;
}

/** A span as OTLP/JSON writes it; the names are the protocol's. */
export interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  traceState?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: Attribute[];
  status: { code?: number; message?: string };
}

/**
 * The spans of a call that is over: one for the call by OpenTelemetry's conventions for generative AI, and below it one
 * for each try. `providerTypeOf` says what kind of service a configured provider is.
 */
export function spansOf(
  trace: CallTrace,
  context: TraceContext,
  record: CallRecord,
  providerTypeOf: (provider: string) => string | undefined,
): Span[] {
  const providerName = (provider: string) => conventionalName(providerTypeOf(provider), provider);
  const call: Span = {
    ...frame(context, context.spanId, context.parentSpanId),
    name: `chat ${record.requestedModel}`,
    kind: clientKind,
    ...times(record.startedAt, record.durationMs),
    attributes: attributes({ ...callAttributes(record, providerName), 'gen_ai.conversation.id': trace.sessionId }),
    status: statusOf(record.outcome, record.failure?.message),
  };
  return [call, ...trace.attempts.map((traced) => attemptSpan(traced, context, providerName))];
}

function attemptSpan(traced: TracedAttempt, context: TraceContext, providerName: (provider: string) => string): Span {
  const { attempt, spanId, url, status } = traced;
  const place = url?.startsWith('http') ? new URL(url) : undefined;
  return {
    ...frame(context, spanId, context.spanId),
    name: `attempt ${attempt.target}`,
    kind: clientKind,
    ...times(attempt.startedAt, attempt.durationMs),
    attributes: attributes({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': providerName(attempt.provider),
      'gen_ai.request.model': attempt.model,
      ...usageAttributes(attempt),
      'http.request.method': place && 'POST',
      'url.full': place && url,
      'server.address': place?.hostname,
      'server.port': place && Number(place.port || (place.protocol === 'https:' ? 443 : 80)),
      'http.response.status_code': status,
      'error.type': attempt.failure?.kind,
      'claude_router.target': attempt.target,
      'claude_router.provider': attempt.provider,
      'claude_router.outcome': attempt.outcome,
    }),
    status: statusOf(attempt.outcome, attempt.failure?.message),
  };
}

function callAttributes(record: CallRecord, providerName: (provider: string) => string): Attributes {
  const provider = record.provider ?? record.attempts.at(-1)?.provider;
  return {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': provider && providerName(provider),
    'gen_ai.request.model': record.requestedModel,
    'gen_ai.response.model': record.upstreamModel,
    'gen_ai.response.finish_reasons': record.stopReason && [record.stopReason],
    ...usageAttributes(record),
    'http.response.status_code': record.status,
    'error.type': record.outcome === 'succeeded' ? undefined : record.failure?.kind,
    'claude_router.request_id': record.id,
    'claude_router.model': record.model,
    'claude_router.provider': record.provider,
    'claude_router.rule': record.rule,
    'claude_router.outcome': record.outcome,
    'claude_router.attempts': record.attempts.length,
    'claude_router.stream': record.stream,
    'claude_router.first_output_ms': record.firstOutputMs,
    'claude_router.cost_usd': typeof record.costMicroUsd === 'number' ? String(record.costMicroUsd / 1e6) : undefined,
  };
}

/** By the conventions the input tokens hold those of caches, too. */
function usageAttributes({ usage }: Pick<AttemptRecord | CallRecord, 'usage'>): Attributes {
  if (!usage) return {};
  return {
    'gen_ai.usage.input_tokens': promptTokensOf(usage),
    'gen_ai.usage.output_tokens': usage.output_tokens,
    'gen_ai.usage.cache_read.input_tokens': usage.cache_read_input_tokens ?? undefined,
    'gen_ai.usage.cache_creation.input_tokens': usage.cache_creation_input_tokens ?? undefined,
  };
}

type Attributes = Record<string, string | number | boolean | string[] | undefined>;

/** Those that have a value. */
export function attributes(values: Attributes): Attribute[] {
  return Object.entries(values).flatMap(([key, value]) =>
    value === undefined || value === '' ? [] : [{ key, value: valueAttribute(value) }],
  );
}

function valueAttribute(value: string | number | boolean | string[]): AttributeValue {
  if (Array.isArray(value)) return { arrayValue: { values: value.map((item) => ({ stringValue: item })) } };
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

function frame({ traceId, state }: TraceContext, spanId: string, parentSpanId: string | undefined) {
  return {
    ...{ traceId, spanId },
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    ...(state === undefined ? {} : { traceState: state }),
  };
}

function times(startedAt: number, durationMs: number) {
  return { startTimeUnixNano: nanoseconds(startedAt), endTimeUnixNano: nanoseconds(startedAt + durationMs) };
}

function nanoseconds(milliseconds: number): string {
  return String(BigInt(Math.round(milliseconds)) * 1_000_000n);
}

/** Only what failed has a status; a client that left is nobody's error. */
function statusOf(outcome: string, message: string | undefined): Span['status'] {
  return outcome === 'failed' || outcome === 'refused' ? { code: 2, ...(message ? { message } : {}) } : {};
}

function conventionalName(type: string | undefined, provider: string): string {
  if (type === undefined || type === 'openai-compatible' || type === 'local') return provider;
  return conventionalNames[type] ?? type;
}

/** What the conventions call the services that they know. */
const conventionalNames: Readonly<Record<string, string>> = {
  azure: 'azure.ai.openai',
  foundry: 'azure.ai.inference',
  bedrock: 'aws.bedrock',
  vertex: 'gcp.vertex_ai',
  google: 'gcp.gemini',
  gemini: 'gcp.gemini',
  mistral: 'mistral_ai',
  xai: 'x_ai',
};

const clientKind = 3;
