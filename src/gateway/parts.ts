import type { CallRecord } from '../call/record.ts';
import type { Upstream } from '../providers/transport.ts';
import type { RoutingTable } from '../routing/decide.ts';

/** What one attempt at one target works with. */
export interface AttemptParts {
  upstream: Upstream;
  /** Estimated tokens of a request's whole prompt. */
  estimateTokens(request: unknown, model: string): number;
  /** True for a credential that is the router's own: it never leaves. */
  isRouterKey(key: string): boolean;
}

/** What the path of a call works with. */
export interface GatewayParts extends AttemptParts {
  table: RoutingTable;
  /** Whether requests and replies are kept with the record. */
  recordBodies?: boolean;
  /** Takes the record of each call when it is over, exactly once. */
  settle(record: CallRecord): void;
  /** Milliseconds since the epoch. */
  now(): number;
  /** How long a stream's first output is waited for before the reply begins without it, in milliseconds. */
  holdMs: number;
}
