import type { ErrorType, Failure, FailureKind } from '../../call/failure.ts';
import type { WrittenFailure } from '../client-format.ts';

/** What stands in `error` of OpenAI's envelope. */
export interface OpenAiError {
  message: string;
  type: string;
  param: string | null;
  code: string | null;
}

/** A failure with the status, type and code that OpenAI's clients know. */
export function writeOpenAiFailure(failure: Failure): WrittenFailure {
  const error = openAiError(failure.type, failure.message);
  const code = codes[failure.kind];
  if (code !== undefined) error.code = code;
  const headers: Record<string, string> = {};
  // They take every 429 for one that passes by itself.
  if (failure.status === 402) headers['x-should-retry'] = 'false';
  return { status: statusFor(failure, error), headers, body: Buffer.from(JSON.stringify({ error })) };
}

/** The error of a failure that is known by Anthropic's type and message alone, as inside a stream. */
export function openAiError(type: string, message: string): OpenAiError {
  const overflow = /prompt is too long|context (length|window)/i.test(message);
  const own = overflow && overflowTypes.has(type) ? overflowError : (errors[type as ErrorType] ?? errors.api_error);
  return { message, type: own.type, param: null, code: own.code };
}

interface ErrorNames {
  type: string;
  code: string | null;
}

const overflowError: ErrorNames = { type: 'invalid_request_error', code: 'context_length_exceeded' };
const overflowTypes: ReadonlySet<string> = new Set(['invalid_request_error', 'request_too_large']);

const errors: Record<ErrorType, ErrorNames> = {
  invalid_request_error: { type: 'invalid_request_error', code: null },
  authentication_error: { type: 'authentication_error', code: 'invalid_api_key' },
  billing_error: { type: 'insufficient_quota', code: 'insufficient_quota' },
  permission_error: { type: 'permission_error', code: 'permission_denied' },
  not_found_error: { type: 'invalid_request_error', code: 'not_found' },
  conflict_error: { type: 'conflict_error', code: 'conflict' },
  request_too_large: { type: 'invalid_request_error', code: 'request_too_large' },
  rate_limit_error: { type: 'rate_limit_error', code: 'rate_limit_exceeded' },
  api_error: { type: 'server_error', code: 'server_error' },
  timeout_error: { type: 'server_error', code: 'timeout' },
  overloaded_error: { type: 'server_error', code: 'overloaded' },
};

/** Where the kind says more than the type. */
const codes: Partial<Record<FailureKind, string>> = {
  'upstream-prompt-too-long': 'context_length_exceeded',
  'upstream-not-found': 'model_not_found',
  'no-such-path': 'unknown_url',
  'wrong-method': 'method_not_supported',
};

function statusFor({ status }: Failure, { code }: OpenAiError): number {
  if (code === 'context_length_exceeded') return 400;
  return statuses[status] ?? status;
}

/** Statuses that OpenAI's clients don't know. */
const statuses: Record<number, number> = { 402: 429, 529: 503 };
