import type { Call } from '../call/call.ts';
import type { CallSignal } from '../call/cancellation.ts';
import { Failure } from '../call/failure.ts';

/** What a thrown value means for a call: where it was ended from outside, why it was. */
export function failureOf(error: unknown, call: Pick<Call, 'signal'>): Failure {
  return call.signal.aborted ? endedBy(call.signal) : Failure.from(error);
}

/** Why an aborted call was ended: what was said of it, else that its client has gone. */
export function endedBy(signal: CallSignal): Failure {
  return signal.reason instanceof Failure ? signal.reason : clientGone();
}

export function clientGone(): Failure {
  return new Failure('client-gone', 'the client closed the connection');
}
