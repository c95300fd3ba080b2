import type { CallAdmission } from '../admission/call-admission.ts';
import type { Call } from '../call/call.ts';
import { Failure } from '../call/failure.ts';
import type { Reply } from '../call/reply.ts';
import type { StreamEvent } from '../protocol/stream-event.ts';
import { enterer, routeAdmitted } from './admit-call.ts';
import { answerStream } from './answer-stream.ts';
import { CallRecorder } from './call-recorder.ts';
import { clientGone, failureOf } from './failure-of.ts';
import { heldStream } from './held-stream.ts';
import type { Leg } from './leg.ts';
import type { GatewayParts } from './parts.ts';
import { replyHeaders, traceHeaders } from './reply-headers.ts';
import { type Route, withSetFields } from './route-call.ts';
import { TargetTries } from './try-targets.ts';

/** A reply, or the failure that the client is told, with the headers that go on either. */
export type Outcome = { ok: true; reply: Reply } | { ok: false; failure: Failure; headers: Record<string, string> };

/** The way of a call, top to bottom: admission, facts, decision, targets, reply, and its record once it is over. Never throws. */
export async function handleCall(parts: GatewayParts, call: Call): Promise<Outcome> {
  const admission = parts.admission.begin(call);
  const recorder = new CallRecorder(parts, call, admission);
  let debug = traceHeaders(call);
  try {
    const route = await routeAdmitted(parts, call, admission);
    recorder.route(route);
    debug = traceHeaders(call, route.decision);
    const reply = await replyOf(parts, withSetFields(call, route.decision), route, recorder, admission);
    return { ok: true, reply: { ...reply, headers: { ...reply.headers, ...admission.headers(), ...debug } } };
  } catch (error) {
    const failure = failureOf(error, call);
    recorder.refusal(failure);
    return { ok: false, failure, headers: { ...replyHeaders(recorder.record), ...admission.headers(), ...debug } };
  }
}

async function replyOf(
  parts: GatewayParts,
  call: Call,
  route: Route,
  recorder: CallRecorder,
  admission: CallAdmission,
): Promise<Reply> {
  const { decision } = route;
  const tries = new TargetTries(parts, decision, recorder, call.startedAt, enterer(admission, route));
  const noteLeg = (leg: Leg) => {
    recorder.leg(leg);
    parts.state.noteAnswer(decision, route.facts, leg.target);
  };
  const opening = tries.open(call);
  if (call.request.stream !== true) return wholeReply(await opening, recorder, noteLeg);
  const onFailure = (failure: Failure) => recorder.failure(failure);
  const answer = opening.then((leg) => {
    noteLeg(leg);
    return answerStream(tries, call, leg, { onLeg: noteLeg, onFailure });
  });
  const begun = await within(answer, parts.holdMs);
  const [first] = decision.targets;
  const batches = begun ?? heldStream(answer, call, first?.model ?? call.request.model, onFailure);
  const target = begun ? (await opening).target : first;
  return {
    kind: 'stream',
    headers: replyHeaders(recorder.record, target),
    batches: recorded(batches, opening, recorder),
  };
}

function wholeReply(leg: Leg, recorder: CallRecorder, noteLeg: (leg: Leg) => void): Reply {
  const { opened } = leg;
  noteLeg(leg);
  leg.end();
  if (opened.kind !== 'message') throw new Failure('internal', 'a stream where a message was asked for');
  recorder.message(opened.message);
  recorder.settle();
  return { kind: 'message', headers: replyHeaders(recorder.record, leg.target), message: opened.message };
}

/** The batches as they pass, written down; the call is settled when the stream is over or left. */
async function* recorded(
  batches: AsyncGenerator<StreamEvent[]>,
  opening: Promise<Leg>,
  recorder: CallRecorder,
): AsyncGenerator<StreamEvent[]> {
  let ended = false;
  try {
    for await (const batch of batches) {
      recorder.events(batch);
      const last = batch.at(-1)?.type;
      ended = last === 'message_stop' || last === 'error';
      yield batch;
      if (ended) return;
    }
  } finally {
    if (!ended) recorder.left();
    const leg = await opening.catch(() => undefined);
    // A stream that was left before it began to be read has nobody else to end it.
    leg?.end(ended ? undefined : clientGone());
    recorder.settle();
  }
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
