import type { Call } from '../../call/call.ts';
import type { CallSignal } from '../../call/cancellation.ts';
import type { CallRecord } from '../../call/record.ts';
import type { StreamEvent } from '../../protocol/stream-event.ts';
import { CallRecorder } from '../call-recorder.ts';
import { endedBy, failureOf } from '../failure-of.ts';
import type { Outcome } from '../outcome.ts';
import type { GatewayParts } from '../parts.ts';
import { RecordedStream } from '../recorded-stream.ts';
import { replyHeaders } from '../reply-headers.ts';
import type { RunningCall } from './running-call.ts';

/** The reply to a call that is the retry of a running one: what that one is told, from the beginning, and at no cost of its own. */
export async function joinCall(parts: GatewayParts, call: Call, running: RunningCall): Promise<Outcome> {
  const recorder = new CallRecorder(parts, call, parts.admission.begin(call));
  const { record } = recorder;
  try {
    const outcome = await unlessGone(running.join(call), call.signal);
    const first = outcome.record;
    recorder.joins(first);
    const joined = { 'x-router-joined': first.id };
    if (!outcome.ok) {
      recorder.refusal(outcome.failure);
      return { ...outcome, record, headers: { ...outcome.headers, ...joined } };
    }
    const headers = { ...outcome.reply.headers, ...joined };
    if (outcome.reply.kind === 'stream') {
      const batches = told(outcome.reply.batches, recorder, first);
      return { ok: true, record, reply: { kind: 'stream', headers, batches } };
    }
    recorder.message(outcome.reply.message);
    recorder.settle();
    return { ok: true, record, reply: { ...outcome.reply, headers } };
  } catch (error) {
    const failure = failureOf(error, call);
    recorder.refusal(failure);
    return { ok: false, record, failure, headers: replyHeaders(record) };
  }
}

function told(batches: AsyncIterable<StreamEvent[]>, recorder: CallRecorder, first: CallRecord) {
  return new RecordedStream(batches, recorder, () => {
    recorder.joins(first);
    if (first.failure)
      Object.assign(recorder.record, { outcome: first.outcome, status: first.status, failure: first.failure });
  });
}

/** Rejects as soon as the client has gone. */
function unlessGone<Value>(promise: Promise<Value>, signal: CallSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const gone = () => reject(endedBy(signal));
    signal.addEventListener('abort', gone, { once: true });
    if (signal.aborted) gone();
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', gone));
  });
}
