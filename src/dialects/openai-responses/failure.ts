import type { Failure } from '../../call/failure.ts';
import type { ErrorReply, Exchange } from '../dialect.ts';
import { classifyFailure, type ErrorBody, readError, readErrorBody } from '../shared/failure.ts';

/** What a reply with an error status means. */
export function decodeFailure({ status, headers, body }: ErrorReply, { provider }: Exchange): Failure {
  return classifyFailure({ ...readErrorBody(body), provider, status, headers });
}

/** What an `error` event or the `error` of a failed response means; its code tells the status. */
export function failureOfError(value: unknown, { provider }: Exchange): Failure {
  const body = readError(value);
  return classifyFailure({ ...body, provider, status: isRefusal(body) ? 400 : 200 });
}

/** Codes with which OpenAI says that the request itself can't be answered. */
function isRefusal({ code }: ErrorBody): boolean {
  return /^(invalid_|data_residency|failed_to_download)|image|polic(y|ies)/.test(String(code ?? ''));
}
