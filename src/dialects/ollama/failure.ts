import { Failure } from '../../call/failure.ts';
import type { ErrorReply, Exchange } from '../dialect.ts';
import { classifyFailure, readError, readErrorBody } from '../shared/failure.ts';

/** What a reply with an error status means: `{"error": "…"}`. */
export function decodeFailure({ status, headers, body }: ErrorReply, { provider }: Exchange): Failure {
  const failure = classifyFailure({ ...readErrorBody(body), provider, status, headers });
  // Not the request is wrong, the model lacks something: another target may have it.
  if (failure.kind !== 'upstream-refused-request' || !lacking.test(failure.message)) return failure;
  return new Failure('not-expressible', failure.message, failure.details);
}

const lacking = /does not support (tools|multimodal|images?|vision)/i;

/** What an error inside a reply or a stream means. */
export function failureOfError(value: unknown, { provider }: Exchange): Failure {
  const body = readError(value);
  const { status_code: status } = body.error;
  return classifyFailure({ ...body, provider, status: typeof status === 'number' && status >= 400 ? status : 200 });
}
