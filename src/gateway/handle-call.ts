import type { Call } from '../call/call.ts';
import { Failure } from '../call/failure.ts';
import type { CallRecord } from '../call/record.ts';
import type { Reply } from '../call/reply.ts';
import type { Usage } from '../protocol/messages.ts';
import type { StreamEvent } from '../protocol/stream-event.ts';
import type { Decision } from '../routing/decide.ts';
import { decisionLine, explain } from '../routing/explain.ts';
import type { Opened } from './attempt.ts';
import { billCall } from './bill-call.ts';
import type { GatewayParts } from './parts.ts';
import { BodyRecorder } from './record-bodies.ts';
import { begunStream, heldStream } from './reply-stream.ts';
import { type Route, routeCall, withSetFields } from './route-call.ts';
import { tryTargets } from './try-targets.ts';
import { ReplyWatch } from './watch-reply.ts';

/** A reply, or the failure that the client is told, with the headers that go on either. */
export type Outcome = { ok: true; reply: Reply } | { ok: false; failure: Failure; headers: Record<string, string> };

/** The way of a call, top to bottom: facts, decision, targets, reply, and its record once it is over. Never throws. */
export async function handleCall(parts: GatewayParts, call: Call): Promise<Outcome> {
  const record = newRecord(call);
  const bodies = parts.recordBodies ? new BodyRecorder(call) : undefined;
  const settle = settleOnce(parts, record, bodies);
  let debug: Record<string, string> = {};
  try {
    const route = await routeCall(parts, call);
    noteRoute(parts, record, route);
    debug = debugHeaders(call, route.decision);
    const routed = withSetFields(call, route.decision);
    const reply = await replyOf(parts, routed, route.decision, record, settle, bodies);
    return { ok: true, reply: { ...reply, headers: { ...reply.headers, ...debug } } };
  } catch (error) {
    const failure = Failure.from(error);
    noteFailure(record, failure);
    bodies?.addFailure(failure);
    settle();
    return { ok: false, failure, headers: { ...headersOf(record, undefined), ...debug } };
  }
}

function noteRoute({ state, table }: GatewayParts, record: CallRecord, { facts, decision }: Route): void {
  record.rule = decision.rule;
  record.reason = decision.reason;
  record.explain = () => explain(decision, facts, table, state, { showText: false });
  state.noteDecision(decision, facts);
}

/** What the client may see of the decision where it asks and may know. */
function debugHeaders({ headers, caller }: Call, decision: Decision): Record<string, string> {
  if (headers['x-debug']?.toLowerCase() !== 'true' || !caller.permissions.has('admin')) return {};
  return { 'x-router-decision': headerText(decisionLine(decision)) };
}

async function replyOf(
  parts: GatewayParts,
  call: Call,
  decision: Decision,
  record: CallRecord,
  settle: () => void,
  bodies: BodyRecorder | undefined,
): Promise<Reply> {
  const opening = tryTargets(parts, call, decision, record.attempts);
  if (call.request.stream !== true) return wholeReply(await opening, record, settle, bodies);
  const opened = await within(opening, parts.holdMs);
  const onFailure = (failure: Failure) => noteFailure(record, failure);
  const passing = (batches: AsyncGenerator<StreamEvent[]>) =>
    watched(parts, call, batches, opening, record, settle, bodies);
  if (opened === undefined) {
    const first = decision.targets[0];
    const target = opening.then((late) => noteTarget(record, late));
    target.catch(() => undefined);
    const batches = heldStream(opening, call, first?.model ?? call.request.model, onFailure);
    return { kind: 'stream', headers: headersOf(record, first), batches: passing(batches) };
  }
  if (opened.kind !== 'stream') return wholeReply(opened, record, settle, bodies);
  noteTarget(record, opened);
  const batches = begunStream(opened, call, onFailure);
  return { kind: 'stream', headers: headersOf(record, opened.target), batches: passing(batches) };
}

function wholeReply(opened: Opened, record: CallRecord, settle: () => void, bodies: BodyRecorder | undefined): Reply {
  noteTarget(record, opened);
  if (opened.kind !== 'message') throw new Failure('internal', 'a stream where a message was asked for');
  const { message } = opened.message;
  record.usage = message.usage;
  record.stopReason = message.stop_reason ?? undefined;
  record.upstreamModel = message.model;
  noteLeg(record, message.usage, message.model, false);
  bodies?.add(opened.message.bytes);
  settle();
  return { kind: 'message', headers: headersOf(record, opened.target), message: opened.message };
}

/** The batches as they pass, watched for the record, which is settled when the stream is over or left. */
async function* watched(
  parts: GatewayParts,
  call: Call,
  batches: AsyncGenerator<StreamEvent[]>,
  opening: Promise<Opened>,
  record: CallRecord,
  settle: () => void,
  bodies: BodyRecorder | undefined,
): AsyncGenerator<StreamEvent[]> {
  const watch = new ReplyWatch();
  let ended = false;
  try {
    for await (const batch of batches) {
      record.firstOutputMs ??= parts.now() - record.startedAt;
      watch.add(batch);
      bodies?.addEvents(batch);
      const last = batch.at(-1)?.type;
      ended ||= last === 'message_stop' || last === 'error';
      yield batch;
      if (ended) return;
    }
  } finally {
    if (!ended && record.failure === undefined) record.outcome = 'cancelled';
    const opened = await opening.catch(() => undefined);
    record.stopReason = watch.stopReason;
    if (opened?.kind === 'stream') {
      const { usage, estimated } = watch.spent(() => parts.estimateTokens(call.request, opened.target.model));
      record.upstreamModel = answeredBy(opened);
      noteLeg(record, usage, record.upstreamModel, estimated || opened.usageEstimated());
    }
    settle();
  }
}

function newRecord(call: Call): CallRecord {
  return {
    id: call.id,
    startedAt: call.startedAt,
    durationMs: 0,
    caller: call.caller.name,
    sessionId: call.sessionId,
    requestedModel: call.request.model,
    stream: call.request.stream === true,
    rule: 'none',
    reason: '',
    attempts: [],
    warnings: [...(call.warnings ?? [])],
    outcome: 'succeeded',
    status: 200,
  };
}

/** The usage of the target that answered, which is the last that was tried. */
function noteLeg(record: CallRecord, usage: Usage | undefined, model: string, estimated: boolean): void {
  if (!usage) return;
  record.usage = usage;
  if (estimated) record.usageEstimated = true;
  const leg = record.attempts.at(-1);
  if (leg) Object.assign(leg, { usage, model, ...(estimated ? { usageEstimated: true } : {}) });
}

/** The target's own word: a stream that began before it carries the router's. */
function answeredBy(opened: Extract<Opened, { kind: 'stream' }>): string {
  const start = opened.events.find(({ type }) => type === 'message_start')?.data;
  return (start?.type === 'message_start' && start.message.model) || opened.target.model;
}

function noteTarget(record: CallRecord, { target, warnings }: Opened): void {
  record.model = target.name;
  record.provider = target.provider;
  record.upstreamModel = target.model;
  record.warnings.push(...warnings);
}

function noteFailure(record: CallRecord, failure: Failure): void {
  record.outcome = failure.kind === 'client-gone' ? 'cancelled' : record.attempts.length > 0 ? 'failed' : 'refused';
  record.status = failure.status;
  record.failure = { kind: failure.kind, message: failure.message };
}

function settleOnce(parts: GatewayParts, record: CallRecord, bodies: BodyRecorder | undefined): () => void {
  let settled = false;
  return () => {
    if (settled) return;
    settled = true;
    record.durationMs = parts.now() - record.startedAt;
    billCall(record, parts.table);
    bodies?.fill(record);
    parts.settle(record);
  };
}

function headersOf(
  record: CallRecord,
  target: { name: string; provider: string; model: string } | undefined,
): Record<string, string> {
  const last = record.attempts.at(-1);
  const headers: Record<string, string> = {
    'x-router-model': headerText(target?.name ?? last?.target ?? 'none'),
    'x-router-provider': headerText(target?.provider ?? last?.provider ?? 'none'),
    'x-router-rule': headerText(record.rule),
    'x-router-attempts': String(record.attempts.length),
    'x-router-cache': 'off',
  };
  if (target) headers['x-router-upstream-model'] = headerText(target.model);
  if (record.warnings.length > 0) headers['x-router-warnings'] = headerText(record.warnings.join('; '));
  return headers;
}

/** Text that a header can carry. */
function headerText(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 2000);
}

/** The value, or undefined where it is not there in time; the promise goes on. */
async function within<Value>(promise: Promise<Value>, limitMs: number): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), limitMs);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}
