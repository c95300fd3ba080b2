import type { Caller, CallLimit } from '../call/call.ts';
import { Failure } from '../call/failure.ts';
import type { CallRecord } from '../call/record.ts';
import type { Config } from '../config/schema.ts';
import { isSwitchedOff } from '../config/switches.ts';
import { promptTokensOf, tokenCount } from '../protocol/usage.ts';
import type { Target } from '../providers/target.ts';
import type { WindowShare, WindowState } from '../stores/store.ts';

/** The limits of a configuration. A key's own limit comes with its caller. */
export interface RateLimits {
  global: CallLimit | undefined;
  perKey: CallLimit | undefined;
  /** By the name that the configuration uses. */
  perModel: ReadonlyMap<string, CallLimit>;
}

/** A window of a limit, and what a call wants of it. */
export interface LimitWindow extends WindowShare {
  what: 'requests' | 'tokens';
  /** Whose limit it is, for people: `all callers`, `the key ci`, `gpt-4`. */
  whose: string;
  /** The prompt alone is more than the limit. */
  impossible: boolean;
}

/** Estimated tokens of a call. */
export interface TokenDemand {
  prompt: number;
  /** With the longest answer that is asked for. */
  most: number;
}

/** The limits that are in force. */
export function rateLimitsOf({ rateLimit }: Config): RateLimits {
  if (rateLimit === undefined || isSwitchedOff(rateLimit)) {
    return { global: undefined, perKey: undefined, perModel: new Map() };
  }
  const { global, perKey, perModel = {} } = rateLimit;
  return {
    global: global && limitOf(global),
    perKey: perKey && limitOf(perKey),
    perModel: new Map(Object.entries(perModel).map(([name, limit]) => [name, limitOf(limit)])),
  };
}

/** A configured limit; a plain number is requests an hour. */
export function limitOf(limit: number | { requests?: number; tokens?: number; window: number }): CallLimit {
  if (typeof limit === 'number') return { requests: limit, windowMs: 3_600_000 };
  const { requests, tokens, window } = limit;
  return { requests, tokens, windowMs: window * 1000 };
}

/** The windows that every call of this caller takes of. */
export function callerWindows(
  { global, perKey }: RateLimits,
  caller: Caller,
  tokens: () => TokenDemand,
): LimitWindow[] {
  const own = caller.rateLimit ?? perKey;
  return [
    ...windowsOf('global', 'all callers', global, tokens),
    ...windowsOf(`key:${caller.name}`, `the key ${caller.name}`, own, tokens),
  ];
}

/** The windows of every limit of a model. */
export function modelWindows({ perModel }: RateLimits, tokens: () => TokenDemand): Map<string, LimitWindow[]> {
  return new Map([...perModel].map(([name, limit]) => [name, windowsOf(`model:${name}`, name, limit, tokens)]));
}

/** The names under which a target may have limits. */
export function limitNames({ name, aliases }: Target): string[] {
  return [name, ...aliases];
}

function windowsOf(
  name: string,
  whose: string,
  limit: CallLimit | undefined,
  tokens: () => TokenDemand,
): LimitWindow[] {
  if (limit === undefined) return [];
  const { windowMs } = limit;
  const windows: LimitWindow[] = [];
  const add = (what: 'requests' | 'tokens', most: number | undefined, wanted: () => TokenDemand) => {
    if (most === undefined) return;
    // What is wanted is a worst case: one that is larger than the limit waits until nothing else is used.
    const demand = wanted();
    const share = { limit: most, windowMs, amount: Math.min(most, demand.most) };
    windows.push({ name: `${name}:${what}:${windowMs}`, what, whose, impossible: demand.prompt > most, ...share });
  };
  add('requests', limit.requests, () => ({ prompt: 0, most: 1 }));
  add('tokens', limit.tokens, tokens);
  return windows;
}

/** What a call that is over really took of a window: of one model's, or of all. */
export function takenBy(record: CallRecord, { what }: LimitWindow, isOf: (target: string) => boolean): number {
  const attempts = record.attempts.filter(({ target }) => isOf(target));
  if (what === 'requests') return attempts.length > 0 || record.cache === 'hit' ? 1 : 0;
  return attempts.reduce((sum, { usage }) => {
    return usage === undefined ? sum : sum + promptTokensOf(usage) + tokenCount(usage.output_tokens);
  }, 0);
}

/** Why a window has no room, in words. */
export function limitReason({ what, whose, limit, windowMs, impossible }: LimitWindow): string {
  if (impossible)
    return `the prompt alone is more than the limit of ${limit} ${what} in ${windowMs / 1000} s for ${whose}`;
  return `the limit of ${limit} ${what} in ${windowMs / 1000} s for ${whose} is reached`;
}

/** Whole seconds after which there is room. */
export function waitSeconds({ fitsInMs }: WindowState): number {
  return Math.max(1, Math.ceil(fitsInMs / 1000));
}

/** A call that can never fit, as a failure. */
export function impossibleFailure(windows: readonly LimitWindow[]): Failure | undefined {
  const window = windows.find(({ impossible }) => impossible);
  return window && new Failure('limit-reached', limitReason(window), { shouldRetry: false });
}

/** The windows that have no room, as a failure; undefined where all have. */
export function limitFailure(windows: readonly LimitWindow[], states: readonly WindowState[]): Failure | undefined {
  const full = windows.flatMap((window, index) => {
    const state = states[index];
    return state === undefined || window.look || state.fitsInMs === 0 ? [] : [{ window, wait: waitSeconds(state) }];
  });
  const [longest] = full.sort((one, other) => other.wait - one.wait);
  if (longest === undefined) return undefined;
  const { window, wait } = longest;
  return new Failure('limit-reached', `${limitReason(window)}: ask again in ${wait} s`, { retryAfterSeconds: wait });
}

/** Of each kind the window that is nearest to its limit, as headers. */
export function limitHeaders(
  seen: readonly { window: LimitWindow; state: WindowState }[],
  now: number,
): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const what of ['requests', 'tokens'] as const) {
    const [nearest] = seen
      .filter(({ window }) => window.what === what)
      .map(({ window, state }) => ({ window, state, left: Math.max(0, window.limit - state.used) }))
      .sort((one, other) => one.left / one.window.limit - other.left / other.window.limit);
    if (nearest === undefined) continue;
    headers[`anthropic-ratelimit-${what}-limit`] = String(nearest.window.limit);
    headers[`anthropic-ratelimit-${what}-remaining`] = String(nearest.left);
    headers[`anthropic-ratelimit-${what}-reset`] = new Date(now + nearest.state.emptyInMs).toISOString();
  }
  return headers;
}
