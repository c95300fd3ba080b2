import type { Target } from '../providers/target.ts';

/** Why a target takes no calls at the moment. */
export interface Block {
  reason: string;
  /** True for a cool-down or an open breaker: better than nothing. False for a limit or a budget. */
  soft: boolean;
  /** Of one that is not soft; a limit where it says nothing. */
  kind?: 'limit' | 'budget';
  retryAfterSeconds?: number;
}

/** What a session did last. */
export interface SessionState {
  /** The name of the target that the pool gave it. */
  target: string;
  /** Tokens of its prompt that the target's prompt cache is likely to hold. */
  warmTokens: number;
}

/** What a decision needs to know of the moment: a snapshot, read while it is made and never changed by it. */
export interface RoutingState {
  /** Undefined for a target that takes calls. */
  blocked(target: Target): Block | undefined;
  /** Calls on their way. */
  inFlight(target: Target): number;
  /** How long its first output takes of late, in milliseconds; undefined where that is not known. */
  latencyMs(target: Target): number | undefined;
  session(id: string): SessionState | undefined;
  /** How many times a pool has been asked for a target. */
  turn(pool: string): number;
  /** 0 to 1. */
  readonly random: number;
}
