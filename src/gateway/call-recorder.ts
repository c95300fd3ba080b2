import type { CallAdmission } from '../admission/call-admission.ts';
import type { KeptReply } from '../cache/kept-reply.ts';
import type { Call } from '../call/call.ts';
import type { Failure } from '../call/failure.ts';
import type { CallObserver } from '../call/observer.ts';
import type { CallRecord } from '../call/record.ts';
import type { CallExtensions } from '../plugins/call-extensions.ts';
import type { StreamEvent } from '../protocol/stream-event.ts';
import { addUsage } from '../protocol/usage.ts';
import type { WholeMessage } from '../protocol/whole-message.ts';
import { explain } from '../routing/explain.ts';
import { billCall } from './bill-call.ts';
import type { ReplyKeeper } from './keep-reply.ts';
import type { Leg } from './leg.ts';
import type { GatewayParts } from './parts.ts';
import { BodyRecorder } from './record-bodies.ts';
import type { Route } from './route-call.ts';

/** Writes down what comes of a call, and hands it over once, when the call is over. */
export class CallRecorder {
  readonly record: CallRecord;
  readonly observer: CallObserver | undefined;
  readonly #parts: GatewayParts;
  readonly #admission: CallAdmission;
  readonly #bodies: BodyRecorder | undefined;
  readonly #extensions: CallExtensions | undefined;
  #keeper: ReplyKeeper | undefined;
  #leg: Leg | undefined;
  #settled = false;

  constructor(parts: GatewayParts, call: Call, admission: CallAdmission, extensions?: CallExtensions) {
    this.#parts = parts;
    this.#admission = admission;
    this.#extensions = extensions;
    this.#bodies = parts.recordBodies ? new BodyRecorder(call) : undefined;
    this.record = newRecord(call);
    this.observer = parts.observe?.(call);
  }

  route({ facts, decision, state }: Route): void {
    const { table } = this.#parts;
    this.record.rule = decision.rule;
    this.record.reason = decision.reason;
    this.record.askedBy = facts.isSubagent ? 'subagent' : facts.isBackground ? 'client' : 'person';
    this.record.explain = () => explain(decision, facts, table, state, { showText: false });
    this.#parts.state.noteDecision(decision, facts);
    this.observer?.decided(this.record, this.record.explain);
  }

  /** The call is the retry of a running one, and is told what that one is. */
  joins(first: CallRecord): void {
    const { id, rule, reason, model, provider, upstreamModel, stopReason, warnings } = first;
    const told = { rule, reason, model, provider, upstreamModel, stopReason, warnings: [...warnings] };
    Object.assign(this.record, told, { joined: id });
  }

  /** The answer is to be kept, or was. */
  keeps(keeper: ReplyKeeper): void {
    this.#keeper = keeper;
    this.record.cache = 'miss';
  }

  /** The answer was kept from an earlier call. */
  hit({ message, target, provider, warnings, usageEstimated }: KeptReply): void {
    const { record } = this;
    record.cache = 'hit';
    record.model = target;
    record.provider = provider;
    record.warnings.push(...warnings);
    record.upstreamModel = message.model;
    record.stopReason = message.stop_reason ?? undefined;
    record.usage = message.usage;
    if (usageEstimated) record.usageEstimated = true;
    this.#extensions?.answeredBy({ model: target, provider, cache: 'hit' });
  }

  /** A target answers, or goes on with the answer of another. */
  leg(leg: Leg): void {
    this.#leg = leg;
    this.record.model = leg.target.name;
    this.record.provider = leg.target.provider;
    this.#keeper?.leg(leg);
    this.#extensions?.answeredBy({
      model: leg.target.name,
      provider: leg.target.provider,
      cache: this.record.cache ?? 'off',
    });
    this.record.warnings.push(...leg.warnings);
  }

  /** The whole answer, and what the client is told of it. */
  message(message: WholeMessage, told = message): void {
    this.#bodies?.add(told.bytes);
    this.record.stopReason = message.message.stop_reason ?? undefined;
  }

  events(batch: readonly StreamEvent[]): void {
    // A stream that waits for its target begins without it.
    const last = batch.at(-1)?.type;
    if (last !== 'message_start' && last !== 'error') {
      this.record.firstOutputMs ??= this.#parts.now() - this.record.startedAt;
    }
    this.#bodies?.addEvents(batch);
  }

  failure(failure: Failure): void {
    const { record } = this;
    const wasTried = record.attempts.length > 0;
    record.outcome = failure.kind === 'client-gone' ? 'cancelled' : wasTried ? 'failed' : 'refused';
    record.status = failure.status;
    record.failure = { kind: failure.kind, message: failure.message };
    if (failure.kind !== 'client-gone') this.#extensions?.failed(failure);
  }

  /** The client gets an error instead of an answer. */
  refusal(failure: Failure): void {
    this.failure(failure);
    this.#bodies?.addFailure(failure);
    this.settle();
  }

  /** The client has left before the answer was whole. */
  left(): void {
    if (this.record.failure === undefined) this.record.outcome = 'cancelled';
  }

  settle(): void {
    if (this.#settled) return;
    this.#settled = true;
    const { record } = this;
    record.durationMs = this.#parts.now() - record.startedAt;
    record.upstreamModel ??= this.#leg?.upstreamModel;
    record.stopReason ??= this.#leg?.stopReason;
    for (const { usage, usageEstimated } of record.attempts) {
      if (usage) record.usage = record.usage ? addUsage(record.usage, usage) : usage;
      if (usageEstimated) record.usageEstimated = true;
    }
    this.#keeper?.settle(record);
    this.#extensions?.over();
    billCall(record, this.#parts.table);
    this.#admission.settle(record);
    this.#bodies?.fill(record);
    this.observer?.settled(record);
    this.#parts.settle(record);
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
