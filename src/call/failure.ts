import type { Usage } from '../protocol/messages.ts';

/** What the path does about a failure before the first output reached the client. */
export type Remedy =
  /** The client's own doing, or nothing that another target could do better: it is told at once. */
  | 'none'
  /** This target can't now: the next key, then the next target. */
  | 'next-target'
  /** A hiccup: the same target once more, then as `next-target`. */
  | 'retry-then-next';

export type ErrorType =
  | 'invalid_request_error'
  | 'authentication_error'
  | 'billing_error'
  | 'permission_error'
  | 'not_found_error'
  | 'conflict_error'
  | 'request_too_large'
  | 'rate_limit_error'
  | 'api_error'
  | 'timeout_error'
  | 'overloaded_error';

interface FailureRow {
  status: number;
  type: ErrorType;
  remedy: Remedy;
}

/** Every way a call can fail, what the client is told, and what is done about it: the failover policy on one screen. */
export const FAILURES = {
  // The client's own, judged by the router.
  'malformed-request': { status: 400, type: 'invalid_request_error', remedy: 'none' },
  'not-expressible': { status: 400, type: 'invalid_request_error', remedy: 'next-target' },
  unauthenticated: { status: 401, type: 'authentication_error', remedy: 'none' },
  'budget-reached': { status: 402, type: 'billing_error', remedy: 'none' },
  forbidden: { status: 403, type: 'permission_error', remedy: 'none' },
  'no-such-path': { status: 404, type: 'not_found_error', remedy: 'none' },
  'wrong-method': { status: 405, type: 'invalid_request_error', remedy: 'none' },
  'request-too-large': { status: 413, type: 'request_too_large', remedy: 'none' },
  'limit-reached': { status: 429, type: 'rate_limit_error', remedy: 'none' },
  'no-target': { status: 529, type: 'overloaded_error', remedy: 'none' },
  'records-away': { status: 503, type: 'api_error', remedy: 'none' },
  'state-away': { status: 503, type: 'overloaded_error', remedy: 'none' },
  'plugin-refused': { status: 403, type: 'permission_error', remedy: 'none' },
  'plugin-failed': { status: 500, type: 'api_error', remedy: 'none' },
  'sealed-data': { status: 500, type: 'api_error', remedy: 'none' },
  draining: { status: 503, type: 'overloaded_error', remedy: 'none' },
  internal: { status: 500, type: 'api_error', remedy: 'none' },
  // Said by a provider.
  'upstream-refused-request': { status: 400, type: 'invalid_request_error', remedy: 'none' },
  'upstream-prompt-too-long': { status: 400, type: 'invalid_request_error', remedy: 'none' },
  'upstream-too-large': { status: 413, type: 'request_too_large', remedy: 'none' },
  'upstream-credential': { status: 403, type: 'permission_error', remedy: 'next-target' },
  'upstream-billing': { status: 402, type: 'billing_error', remedy: 'next-target' },
  'upstream-not-found': { status: 404, type: 'not_found_error', remedy: 'next-target' },
  'upstream-conflict': { status: 409, type: 'conflict_error', remedy: 'retry-then-next' },
  'upstream-rate-limit': { status: 429, type: 'rate_limit_error', remedy: 'next-target' },
  'upstream-error': { status: 500, type: 'api_error', remedy: 'retry-then-next' },
  'upstream-overloaded': { status: 529, type: 'overloaded_error', remedy: 'next-target' },
  // Seen by the router.
  'upstream-timeout': { status: 504, type: 'timeout_error', remedy: 'next-target' },
  'upstream-unreachable': { status: 529, type: 'overloaded_error', remedy: 'next-target' },
  'target-busy': { status: 529, type: 'overloaded_error', remedy: 'next-target' },
  'upstream-cut': { status: 500, type: 'api_error', remedy: 'retry-then-next' },
  'upstream-garbled': { status: 500, type: 'api_error', remedy: 'next-target' },
  // Nobody is to be told.
  'process-lost': { status: 500, type: 'api_error', remedy: 'none' },
  outrun: { status: 499, type: 'api_error', remedy: 'none' },
  'client-gone': { status: 499, type: 'api_error', remedy: 'none' },
} as const satisfies Record<string, FailureRow>;

export type FailureKind = keyof typeof FAILURES;

export interface FailureDetails {
  /** Differs from the row's only where a provider's own status or type is kept. */
  status?: number;
  type?: string;
  retryAfterSeconds?: number;
  /** False where asking again can't help: clients then stop. */
  shouldRetry?: boolean;
  /** The configured provider that said it. */
  provider?: string;
  /** The status the provider answered with. */
  upstreamStatus?: number;
  /** An Anthropic-shaped error body as it came: sent on unchanged, since the client's recovery reads its wording. */
  body?: Buffer;
  /** What the provider reported as used before it failed. */
  usage?: Usage;
  cause?: unknown;
}

/** The only error that crosses a folder's border: a row of FAILURES, a message for the client, and what is known. */
export class Failure extends Error {
  readonly kind: FailureKind;
  readonly details: FailureDetails;

  constructor(kind: FailureKind, message: string, details: FailureDetails = {}) {
    super(message, { cause: details.cause });
    this.name = 'Failure';
    this.kind = kind;
    this.details = details;
  }

  get status(): number {
    return this.details.status ?? FAILURES[this.kind].status;
  }

  get type(): string {
    return this.details.type ?? FAILURES[this.kind].type;
  }

  get remedy(): Remedy {
    return FAILURES[this.kind].remedy;
  }

  /** The same failure with more known about it. */
  with(details: FailureDetails, message = this.message): Failure {
    return new Failure(this.kind, message, { ...this.details, ...details });
  }

  /** Any thrown value as a Failure; what is not one is a fault of the router's own. */
  static from(error: unknown): Failure {
    if (error instanceof Failure) return error;
    return new Failure('internal', 'internal error of the router; its log has the details under this request-id', {
      cause: error,
    });
  }
}
