import type { AttemptRecord, CallRecord } from '../call/record.ts';
import type { Usage } from '../protocol/messages.ts';
import { tokenCount } from '../protocol/usage.ts';
import { bodyPlace, type Seal, type SqlValue, type Written } from './engine.ts';

/** Tables and columns in the order in which rows hold their values. */
export const tables = {
  calls: {
    started_at: 'BIGINT',
    id: 'TEXT',
    duration_ms: 'BIGINT',
    first_output_ms: 'BIGINT',
    caller: 'TEXT',
    session: 'TEXT',
    model: 'TEXT',
    provider: 'TEXT',
    rule: 'TEXT',
    outcome: 'TEXT',
    cached: 'BIGINT',
    saved_micro: 'BIGINT',
    record: 'TEXT',
  },
  attempts: {
    started_at: 'BIGINT',
    call_id: 'TEXT',
    position: 'BIGINT',
    target: 'TEXT',
    provider: 'TEXT',
    outcome: 'TEXT',
    input_tokens: 'BIGINT',
    output_tokens: 'BIGINT',
    cache_read_tokens: 'BIGINT',
    cache_write_tokens: 'BIGINT',
    cost_micro: 'BIGINT',
    unpriced: 'BIGINT',
  },
  bodies: { started_at: 'BIGINT', call_id: 'TEXT', kind: 'TEXT', truncated: 'BIGINT', content: 'BYTES' },
} as const;

export type TableName = keyof typeof tables;

/** The rows of one call. */
export type Entry = Record<TableName, SqlValue[][]>;

/** A record as it is kept: names cleaned, bodies sealed and apart. */
export function writtenOf(record: CallRecord, seal: Seal): Written {
  const { bodies, requestedModel, sessionId } = record;
  const names = { requestedModel: clean(requestedModel), sessionId: cleanOrNull(sessionId) ?? undefined };
  const isClean = names.requestedModel === requestedModel && names.sessionId === sessionId;
  // Nearly every record is written as it is: a copy costs as much as the writing.
  if (!bodies && isClean) return { json: JSON.stringify(record) };
  const json = JSON.stringify({ ...record, ...names, bodies: undefined });
  if (!bodies) return { json };
  const { request, reply, truncated } = bodies;
  const sealed = (bytes: Buffer, kind: 'request' | 'reply') => seal.seal(bytes, bodyPlace(record.id, kind));
  return { json, bodies: { request: sealed(request, 'request'), reply: sealed(reply, 'reply'), truncated } };
}

/** A record as rows. `started_at` is the call's in every table. */
export function entryOf({ json, bodies }: Written): Entry {
  const record = JSON.parse(json) as CallRecord;
  return {
    calls: [callRow(record, json)],
    attempts: record.attempts.map((attempt, position) => attemptRow(record, attempt, position)),
    bodies: bodies
      ? [
          [record.startedAt, record.id, 'request', 0, bodies.request],
          [record.startedAt, record.id, 'reply', bodies.truncated ? 1 : 0, bodies.reply],
        ]
      : [],
  };
}

function callRow(record: CallRecord, json: string): SqlValue[] {
  return [
    record.startedAt,
    record.id,
    Math.round(record.durationMs),
    record.firstOutputMs === undefined ? null : Math.round(record.firstOutputMs),
    clean(record.caller),
    cleanOrNull(record.sessionId),
    cleanOrNull(record.model),
    cleanOrNull(record.provider),
    clean(record.rule),
    record.outcome,
    record.cache === 'hit' ? 1 : 0,
    record.savedMicroUsd ?? null,
    json,
  ];
}

function attemptRow(record: CallRecord, attempt: AttemptRecord, position: number): SqlValue[] {
  const usage: Partial<Usage> = attempt.usage ?? {};
  const cost = attempt.costMicroUsd ?? null;
  return [
    record.startedAt,
    record.id,
    position,
    clean(attempt.target),
    clean(attempt.provider),
    outcomeOf(record, attempt, position),
    counted(usage.input_tokens),
    counted(usage.output_tokens),
    counted(usage.cache_read_input_tokens),
    counted(usage.cache_creation_input_tokens),
    cost === null ? null : Math.min(cost, largestCount),
    cost === null && (attempt.usage !== undefined || costsUnknown(record, position)) ? 1 : 0,
  ];
}

/** A target that began to answer may still have failed. */
function outcomeOf(record: CallRecord, attempt: AttemptRecord, position: number): string {
  const isLast = position === record.attempts.length - 1;
  return isLast && attempt.outcome === 'ok' && record.outcome !== 'succeeded' ? record.outcome : attempt.outcome;
}

/** True where the last target did work that was not counted: it answered, or the process died while it did. */
function costsUnknown({ outcome, costMicroUsd, attempts, failure }: CallRecord, position: number): boolean {
  if (costMicroUsd !== null || position !== attempts.length - 1) return false;
  return outcome === 'succeeded' || failure?.kind === 'process-lost';
}

/** Counts come from other people's servers: a senseless one must not spoil the sums. */
function counted(tokens: unknown): number {
  return Math.min(tokenCount(tokens), largestCount);
}

const largestCount = 1e15;

function cleanOrNull(text: string | undefined): string | null {
  return text === undefined ? null : clean(text);
}

/** Names may come from anybody: a database takes no NUL, no half of a character, and nothing endless in an index. */
function clean(text: string): string {
  const short = text.length > longestName ? text.slice(0, longestName) : text;
  return /^[\x20-\x7e]*$/.test(short) ? short : Buffer.from(short.replaceAll('\0', '\ufffd')).toString('utf8');
}

const longestName = 500;
