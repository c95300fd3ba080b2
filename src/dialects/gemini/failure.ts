import type { Failure } from '../../call/failure.ts';
import type { ErrorReply, Exchange } from '../dialect.ts';
import { classifyFailure, type ErrorBody, readError, readErrorBody } from '../shared/failure.ts';

/** What a reply with an error status means. */
export function decodeFailure({ status, headers, body }: ErrorReply, { provider }: Exchange): Failure {
  const error = readErrorBody(body);
  return classifyFailure({ ...error, ...kindOf(error), provider, status: ownStatus(error) ?? status, headers });
}

/** What an error inside a reply or a stream means. */
export function failureOfError(value: unknown, { provider }: Exchange): Failure {
  const error = readError(value);
  return classifyFailure({ ...error, ...kindOf(error), provider, status: ownStatus(error) ?? 200 });
}

/** A key that is wrong is reported as a bad request. */
function ownStatus({ message }: ErrorBody): number | undefined {
  return /^API key (not valid|expired|not found)/i.test(message) ? 401 : undefined;
}

/** Google names the kind of an error in `status`; its number decides where the reply has none of its own. */
function kindOf({ error, code }: ErrorBody): { type?: string; code?: string | number } {
  const { status } = error;
  if (typeof status !== 'string') return {};
  const known = statusCodes[status];
  return { type: status, ...(typeof code !== 'number' && known !== undefined ? { code: known } : {}) };
}

/** Google's canonical codes and the HTTP status that each stands for. */
const statusCodes: Record<string, number> = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  OUT_OF_RANGE: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ABORTED: 409,
  ALREADY_EXISTS: 409,
  RESOURCE_EXHAUSTED: 429,
  INTERNAL: 500,
  UNKNOWN: 500,
  DATA_LOSS: 500,
  UNIMPLEMENTED: 501,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
};
