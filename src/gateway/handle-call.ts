import type { CallAdmission } from '../admission/call-admission.ts';
import type { KeptReply } from '../cache/kept-reply.ts';
import type { Call } from '../call/call.ts';
import { Failure } from '../call/failure.ts';
import type { Reply } from '../call/reply.ts';
import type { CallExtensions } from '../plugins/call-extensions.ts';
import type { PluginRoute } from '../plugins/plugin.ts';
import { eventsOfMessage } from '../protocol/events-of-message.ts';
import type { StreamEvent } from '../protocol/stream-event.ts';
import { WholeMessage } from '../protocol/whole-message.ts';
import type { Decision } from '../routing/decide.ts';
import { enterer, routeAdmitted } from './admit-call.ts';
import { answerStream, errorEvent } from './answer-stream.ts';
import { CallRecorder } from './call-recorder.ts';
import { clientGone, failureOf } from './failure-of.ts';
import { heldStream } from './held-stream.ts';
import { joinCall } from './joining/join-call.ts';
import { keeperFor, type ReplyKeeper } from './keep-reply.ts';
import { Leg } from './leg.ts';
import type { Outcome } from './outcome.ts';
import type { GatewayParts } from './parts.ts';
import { RecordedStream } from './recorded-stream.ts';
import { replyHeaders, traceHeaders } from './reply-headers.ts';
import { type Route, withSetFields } from './route-call.ts';
import { type PrepareCall, TargetTries } from './try-targets.ts';

/** The outcome of a call: its own, or that of the running call that it is a retry of. Never throws. */
export function handleCall(parts: GatewayParts, call: Call): Promise<Outcome> {
  if (!call.received) return answerCall(parts, call);
  const first = parts.running.find(call);
  return first ? joinCall(parts, call, first) : parts.running.run(call, (running) => answerCall(parts, running));
}

/** The way of a call, top to bottom: admission, facts, decision, targets, reply, and its record once it is over. Never throws. */
async function answerCall(parts: GatewayParts, call: Call): Promise<Outcome> {
  const admission = parts.admission.begin(call);
  const extensions = parts.extensions?.begin(call);
  const recorder = new CallRecorder(parts, call, admission, extensions);
  let debug = traceHeaders(call);
  try {
    const asked = extensions ? await extensions.request(call) : call;
    const route = await routeAdmitted(parts, asked, admission);
    recorder.route(route);
    debug = traceHeaders(call, route.decision);
    if (extensions) await extensions.route(toldRoute(route.decision));
    const reply = await replyOf(parts, withSetFields(asked, route.decision), route, {
      recorder,
      admission,
      extensions,
    });
    return {
      ok: true,
      record: recorder.record,
      reply: { ...reply, headers: { ...reply.headers, ...admission.headers(), ...debug } },
    };
  } catch (error) {
    const failure = failureOf(error, call);
    recorder.refusal(failure);
    const { record } = recorder;
    return { ok: false, record, failure, headers: { ...replyHeaders(record), ...admission.headers(), ...debug } };
  }
}

/** What goes with one call. */
interface Companions {
  recorder: CallRecorder;
  admission: CallAdmission;
  extensions: CallExtensions | undefined;
}

async function replyOf(parts: GatewayParts, call: Call, route: Route, companions: Companions): Promise<Reply> {
  const { decision } = route;
  const { recorder, extensions } = companions;
  const tries = triesOf(parts, route, companions);
  const noteLeg = (leg: Leg) => {
    recorder.leg(leg);
    parts.state.noteAnswer(decision, route.facts, leg.target);
  };
  const keeper = parts.cache && keeperFor(parts.cache, call, route);
  if (keeper) recorder.keeps(keeper);
  const opening: Promise<Leg | KeptReply> = keeper ? foundOrAsked(keeper, tries, call) : tries.open(call);
  if (call.request.stream !== true) {
    const opened = await opening;
    const message = wholeMessage(opened, recorder, noteLeg, keeper);
    const told = extensions ? await extensions.message(message) : message;
    recorder.message(message, told);
    recorder.settle();
    return { kind: 'message', headers: replyHeaders(recorder.record, sourceOf(opened)), message: told };
  }
  const onFailure = (failure: Failure) => recorder.failure(failure);
  const answer = opening.then((opened) => {
    if (!(opened instanceof Leg)) {
      recorder.hit(opened);
      return replayed(opened);
    }
    noteLeg(opened);
    const stream = answerStream(tries, call, opened, { onLeg: noteLeg, onFailure });
    return keeper ? keeper.watched(stream) : stream;
  });
  const begun = await within(answer, parts.holdMs);
  const [first] = decision.targets;
  const stream = begun ?? heldStream(answer, call, first?.model ?? call.request.model, onFailure);
  const batches = extensions ? changedStream(stream, extensions, call, onFailure) : stream;
  const source = begun ? sourceOf(await opening) : first;
  return {
    kind: 'stream',
    headers: replyHeaders(recorder.record, source),
    batches: new RecordedStream(batches, recorder, async (ended) => {
      const opened = await opening.catch(() => undefined);
      // A stream that was left before it began to be read has nobody else to end it.
      if (opened instanceof Leg) opened.end(ended ? undefined : clientGone());
    }),
  };
}

async function foundOrAsked(keeper: ReplyKeeper, tries: TargetTries, call: Call): Promise<Leg | KeptReply> {
  return (await keeper.slot.find(call.signal)) ?? tries.open(call);
}

function triesOf(parts: GatewayParts, route: Route, { recorder, admission, extensions }: Companions): TargetTries {
  const prepare: PrepareCall | undefined = extensions?.changesTargetRequests
    ? (call, target) => extensions.targetRequest(call, target.name)
    : undefined;
  const enter = enterer(admission, route);
  return new TargetTries(parts, route.decision, recorder, recorder.record.startedAt, enter, prepare);
}

/** The answer that a target gave whole, or that was kept. */
function wholeMessage(
  from: Leg | KeptReply,
  recorder: CallRecorder,
  noteLeg: (leg: Leg) => void,
  keeper: ReplyKeeper | undefined,
): WholeMessage {
  if (!(from instanceof Leg)) {
    recorder.hit(from);
    return WholeMessage.of(from.message, from.usageEstimated);
  }
  const { opened } = from;
  noteLeg(from);
  from.end();
  if (opened.kind !== 'message') throw new Failure('internal', 'a stream where a message was asked for');
  keeper?.message(opened.message.message);
  return opened.message;
}

/** Who answered, for the headers. */
function sourceOf(opened: Leg | KeptReply): { name: string; provider: string; model: string } {
  return opened instanceof Leg ? opened.target : { ...opened, name: opened.target };
}

async function* replayed(kept: KeptReply): AsyncGenerator<StreamEvent[]> {
  yield eventsOfMessage(kept.message);
}

/** The stream as plugins and transformers change it; where a required one fails, it ends in an error. */
async function* changedStream(
  stream: AsyncGenerator<StreamEvent[]>,
  extensions: CallExtensions,
  call: Call,
  onFailure: (failure: Failure) => void,
): AsyncGenerator<StreamEvent[]> {
  try {
    yield* extensions.stream(stream);
  } catch (error) {
    const failure = failureOf(error, call);
    onFailure(failure);
    yield [errorEvent(failure)];
  }
}

function toldRoute({ targets, rule, reason }: Decision): PluginRoute {
  return { models: targets.map(({ name }) => name), rule, reason };
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
