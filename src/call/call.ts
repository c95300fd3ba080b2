import type { MessagesRequest } from '../protocol/messages.ts';
import type { CallSignal } from './cancellation.ts';

export type Permission = 'read' | 'write' | 'admin';

/** How much may be asked in any span of `windowMs`. */
export interface CallLimit {
  requests?: number;
  tokens?: number;
  windowMs: number;
}

/** What may be spent, in whole micro-dollars. */
export interface CallBudget {
  daily?: number;
  monthly?: number;
}

/** Who calls: a key of the router's, or anyone on an open loopback router. */
export interface Caller {
  /** The key's name, or `local`. */
  name: string;
  permissions: ReadonlySet<Permission>;
  /** The models a key is limited to; undefined is all. */
  models?: readonly string[];
  /** The key's own, in place of the limit of every key. */
  rateLimit?: CallLimit;
  budget?: CallBudget;
}

/** A request as it came. A retry of the same request is known by it. */
export interface ReceivedRequest {
  /** With its query. */
  path: string;
  body: Buffer;
  /** Resolves when all of the reply was handed over to the client; never where it left before. */
  delivered: Promise<void>;
}

/** One request and what it came with. Never mutated. */
export interface Call {
  /** `req_…`; the client sees it as `request-id`. */
  id: string;
  /** Milliseconds since the epoch. */
  startedAt: number;
  caller: Caller;
  request: MessagesRequest;
  /** The body as it came; undefined once somebody changed the request. */
  rawBody: Buffer | undefined;
  /** The query of the URL, with its `?`, or ''. */
  query: string;
  /** Lower-case names. */
  headers: Readonly<Record<string, string>>;
  /** Claude Code's session, from its header or from `metadata.user_id`. */
  sessionId: string | undefined;
  /** Aborted when nobody waits for the answer any more. */
  signal: CallSignal;
  /** What came; undefined where the call came in no request of its own. */
  received?: ReceivedRequest;
  /** What the client asked for and its request can't say, a short line each. */
  warnings?: readonly string[];
}
