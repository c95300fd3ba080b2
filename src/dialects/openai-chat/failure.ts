import type { Failure } from '../../call/failure.ts';
import type { ErrorReply, Exchange } from '../dialect.ts';
import { classifyFailure, readError, readErrorBody } from '../shared/failure.ts';

/** What a reply with an error status means. */
export function decodeFailure({ status, headers, body }: ErrorReply, { provider }: Exchange): Failure {
  return classifyFailure({ ...readErrorBody(body), provider, status, headers });
}

/** What an error inside a reply or a stream means; its code tells the status where there is one. */
export function failureOfError(value: unknown, { provider }: Exchange): Failure {
  const body = readError(value);
  const { status_code: status } = body.error;
  return classifyFailure({ ...body, provider, status: typeof status === 'number' && status >= 400 ? status : 200 });
}
