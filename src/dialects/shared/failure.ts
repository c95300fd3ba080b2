import { Failure, type FailureDetails, type FailureKind } from '../../call/failure.ts';
import { promptOverflow } from './prompt-overflow.ts';
import { retryAfterSeconds } from './retry-after.ts';

export { type ErrorBody, errorMessageOf, readError, readErrorBody } from './error-body.ts';

export interface UpstreamError {
  /** The configured provider, for the message. */
  provider: string;
  /** The HTTP status; 200 where the error came inside a reply or stream, and then the code decides. */
  status: number;
  headers?: Readonly<Record<string, string | string[] | undefined>>;
  /** The provider's own words; always kept in ours. */
  message: string;
  code?: string | number;
  type?: string;
  /** Where the body says how long to wait. */
  retryAfterSeconds?: number;
  /** Where the body says how long the prompt is and how long it may be. */
  promptTokens?: number;
  contextWindow?: number;
}

/** What a provider's error means for the call: the row of FAILURES, what the client is told, and when to come back. */
export function classifyFailure(error: UpstreamError): Failure {
  const { provider, message } = error;
  const kind = kindOf(error);
  const details: FailureDetails = { provider, upstreamStatus: statusOf(error) };
  const wait = retryAfterSeconds(error, kind === 'upstream-rate-limit' || kind === 'upstream-overloaded');
  if (wait !== undefined) details.retryAfterSeconds = wait;
  if (kind === 'upstream-billing') details.shouldRetry = false;
  if (kind === 'upstream-prompt-too-long') return new Failure(kind, promptOverflow(error)!.message, details);
  const words = message === '' ? `answered ${details.upstreamStatus} without a message` : message;
  if (kind === 'upstream-credential') {
    const refused = details.upstreamStatus === 403 ? 'access' : 'the credential';
    return new Failure(kind, `${provider} refused ${refused}: ${words}`, details);
  }
  return new Failure(kind, message === '' ? `${provider} ${words}` : `${provider}: ${words}`, details);
}

/** The provider's status: that of the reply, else the one that a code inside a good reply stands for. */
function statusOf({ status, code }: UpstreamError): number {
  if (status >= 400) return status;
  const number = typeof code === 'string' && /^\d{3}$/.test(code) ? Number(code) : code;
  return typeof number === 'number' && number >= 400 && number <= 599 ? number : status;
}

function kindOf(error: UpstreamError): FailureKind {
  const words = `${error.code ?? ''} ${error.type ?? ''}`.toLowerCase();
  const status = statusOf(error);
  if (status === 401) return 'upstream-credential';
  // A provider that answers 400 means the request, whatever code it borrows for that.
  const meansRequest = status === 400 || status === 422;
  if (!meansRequest && /insufficient_quota|billing|credit_balance|payment_required/.test(words))
    return 'upstream-billing';
  if (lackOfCredit.test(error.message)) return 'upstream-billing';
  if (!meansRequest && /rate_limit/.test(words)) return 'upstream-rate-limit';
  if (mayBeOverflow(status) && promptOverflow(error)) return 'upstream-prompt-too-long';
  if (status >= 500 && /overload|capacity/.test(words)) return 'upstream-overloaded';
  return status >= 400 ? kindOfStatus(status) : kindOfWords(words, error.message);
}

/** Statuses under which providers are known to report a prompt that is too long, and none at all. */
function mayBeOverflow(status: number): boolean {
  return status < 400 || status === 400 || status === 413 || status === 422 || status >= 500;
}

const lackOfCredit = /credit balance|insufficient (credits?|balance|funds)/i;

function kindOfStatus(status: number): FailureKind {
  switch (status) {
    case 401:
    case 403:
      return 'upstream-credential';
    case 402:
      return 'upstream-billing';
    case 404:
      return 'upstream-not-found';
    case 408:
    case 504:
    case 524:
      return 'upstream-timeout';
    case 409:
      return 'upstream-conflict';
    case 413:
      return 'upstream-too-large';
    case 429:
      return 'upstream-rate-limit';
    case 498:
    case 503:
    case 529:
      return 'upstream-overloaded';
  }
  return status < 500 ? 'upstream-refused-request' : 'upstream-error';
}

/** An error inside a good reply often has no status, only a word for what it is. */
function kindOfWords(words: string, message: string): FailureKind {
  for (const [pattern, kind] of kindsOfWords) if (pattern.test(words)) return kind;
  if (/overload|server (is )?busy/i.test(message)) return 'upstream-overloaded';
  if (/rate limit/i.test(message)) return 'upstream-rate-limit';
  return 'upstream-error';
}

const kindsOfWords: readonly (readonly [RegExp, FailureKind])[] = [
  [/rate_?limit|throttl|resource_exhausted|too_many_requests/, 'upstream-rate-limit'],
  [/auth|api_key|permission|forbidden|access_denied/, 'upstream-credential'],
  [/not_?found/, 'upstream-not-found'],
  [/overload|unavailable|capacity|insufficient_system_resource/, 'upstream-overloaded'],
  [/timeout|deadline/, 'upstream-timeout'],
  [
    /invalid|bad_request|validation|content_policy|content_filter|tool_use_failed|unsupported/,
    'upstream-refused-request',
  ],
];
