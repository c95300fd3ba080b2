import { Failure, type FailureKind } from '../../call/failure.ts';
import { isJsonObject } from '../../protocol/messages.ts';
import { parseJson } from '../../protocol/stream-event.ts';
import type { ErrorReply, Exchange } from '../dialect.ts';
import { classifyFailure, readError, readErrorBody } from '../shared/failure.ts';
import { retryAfterSeconds } from '../shared/retry-after.ts';
import { statusOfAwsError } from './aws-errors.ts';

/** An error reply: in Anthropic's own form it keeps status, body and wording, since clients act on them. */
export function decodeFailure(reply: ErrorReply, exchange: Exchange): Failure {
  const parsed = parseJson(reply.body.toString('utf8'));
  if (!isEnvelope(parsed)) {
    const { message, code, type, retryAfterSeconds: wait } = readErrorBody(reply.body);
    const status = statusOfAwsError(nameOfAwsError(reply, parsed)) ?? reply.status;
    const { provider } = exchange;
    return classifyFailure({
      ...{ provider, status, headers: reply.headers, message, code, type },
      ...(wait === undefined ? {} : { retryAfterSeconds: wait }),
    });
  }
  const failure = failureOfError(reply.status, parsed, reply.body, exchange);
  const wait = retryAfterSeconds({ headers: reply.headers, message: '' }, false);
  const shouldRetry = reply.headers['x-should-retry'];
  return failure.with({
    ...(wait === undefined ? {} : { retryAfterSeconds: wait }),
    ...(typeof shouldRetry === 'string' ? { shouldRetry: shouldRetry === 'true' } : {}),
  });
}

/** AWS names an error in a header, older services in the body. */
function nameOfAwsError({ headers }: ErrorReply, parsed: unknown): string {
  const name = headers['x-amzn-errortype'] ?? (isJsonObject(parsed) ? parsed.__type : undefined);
  return typeof name === 'string' ? name : '';
}

/** The failure that an error object tells; status 200 for one inside a stream or a reply that claimed success. */
export function failureOfError(status: number, parsed: unknown, body: Buffer, exchange: Exchange): Failure {
  const { provider } = exchange;
  if (!isEnvelope(parsed)) return classifyFailure({ provider, status, ...readError(parsed) });
  const { type, message } = parsed.error;
  const told = status === 200 ? (statusOfType[type] ?? 500) : status;
  const kind = kindOf(told, message);
  const details = { provider, upstreamStatus: told };
  if (kind === 'upstream-credential')
    return new Failure(kind, `${provider} refused the credential or the access: ${message}`, details);
  return new Failure(kind, message, { ...details, status: told, type, body });
}

interface Envelope {
  type: 'error';
  error: { type: string; message: string };
}

function isEnvelope(value: unknown): value is Envelope {
  return (
    isJsonObject(value) &&
    value.type === 'error' &&
    isJsonObject(value.error) &&
    typeof value.error.type === 'string' &&
    typeof value.error.message === 'string'
  );
}

const statusOfType: Record<string, number> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  conflict_error: 409,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
};

function kindOf(status: number, message: string): FailureKind {
  if (status === 400 && /prompt is too long/i.test(message)) return 'upstream-prompt-too-long';
  return kinds[status] ?? (status >= 500 ? 'upstream-error' : 'upstream-refused-request');
}

const kinds: Record<number, FailureKind> = {
  401: 'upstream-credential',
  402: 'upstream-billing',
  403: 'upstream-credential',
  404: 'upstream-not-found',
  408: 'upstream-timeout',
  409: 'upstream-conflict',
  413: 'upstream-too-large',
  429: 'upstream-rate-limit',
  503: 'upstream-overloaded',
  504: 'upstream-timeout',
  529: 'upstream-overloaded',
};
