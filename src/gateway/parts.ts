import type { Admission } from '../admission/admit.ts';
import type { Call } from '../call/call.ts';
import type { CallObserver, ExchangeObserver } from '../call/observer.ts';
import type { CallRecord } from '../call/record.ts';
import type { CountedRequest, TokenFamily } from '../models/tokens.ts';
import type { Extensions } from '../plugins/extensions.ts';
import type { Health } from '../providers/health.ts';
import type { Upstream } from '../providers/transport.ts';
import type { RoutingTable } from '../routing/decide.ts';
import type { LiveState } from '../routing/live-state.ts';
import type { RunningCalls } from './joining/running-calls.ts';
import type { CacheParts } from './keep-reply.ts';
import type { CustomRouter } from './route-call.ts';

/** What one attempt at one target works with. */
export interface AttemptParts {
  upstream: Upstream;
  /** Estimated tokens of a request's whole prompt. */
  estimateTokens(request: unknown, model: string): number;
  /** True for a credential that is the router's own: it never leaves. */
  isRouterKey(key: string): boolean;
  /** True where only callers on this machine are served: they may name addresses that lead nowhere else. */
  localOnly?: boolean;
  /** Follows what passes between the router and this upstream. */
  exchange?: ExchangeObserver;
}

/** What deciding a call works with. */
export interface RoutingParts {
  table: RoutingTable;
  /** What routing knows of the moment. */
  state: LiveState;
  /** Estimated tokens of a prompt, for any family of models. */
  measurePrompt(request: CountedRequest): (family: TokenFamily) => number;
  /** The user's own routing function, where there is one. */
  customRouter: CustomRouter | undefined;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** What the path of a call works with. */
export interface GatewayParts extends AttemptParts, RoutingParts {
  /** Whether requests and replies are kept with the record. */
  recordBodies?: boolean;
  /** Takes the provider's own count of a request's whole prompt. */
  learnTokens?(request: unknown, model: string, promptTokens: number): void;
  /** Kept replies, where any are kept. */
  cache?: CacheParts;
  /** Plugins and transformers, where there are any. */
  extensions?: Extensions;
  /** Limits and budgets. */
  admission: Admission;
  /** The calls on their way, which their clients’ retries join. */
  running: RunningCalls;
  /** How targets and their keys do. */
  health: Health;
  retry: RetrySettings;
  /** Who follows a call while it runs; undefined where nobody does. */
  observe?(call: Call): CallObserver | undefined;
  /** Takes the record of each call when it is over, exactly once. */
  settle(record: CallRecord): void;
  /** How long a stream's first output is waited for before the reply begins without it, in milliseconds. */
  holdMs: number;
}

/** What happens before the first output when a target fails. */
export interface RetrySettings {
  /** Further tries of the same target after a hiccup. */
  attempts: number;
  /** After so long, in milliseconds, nothing more is tried: the client would not wait for it. */
  budgetMs: number;
  /** Whether a second target is asked where the first is slower to begin than it usually is. */
  hedge?: boolean;
}
