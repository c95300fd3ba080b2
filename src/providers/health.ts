import { createHash } from 'node:crypto';
import type { CallSignal } from '../call/cancellation.ts';
import type { Failure, FailureKind } from '../call/failure.ts';
import { type Circuit, KeyHealth, type KeyRest } from './key-health.ts';
import { Slots } from './slots.ts';
import type { Target } from './target.ts';

export interface BreakerSettings {
  enabled: boolean;
  /** Failures in a row that open a circuit. */
  failures: number;
  /** How long an open circuit stays so before one call may try again; doubled with each try that fails. */
  cooldownMs: number;
}

/** How a target is, as people are told. */
export interface HealthReport {
  circuit: Circuit;
  /** Until the first output, smoothed over the last calls; null where there was none. */
  latencyMs: number | null;
  /** Milliseconds since the epoch; null where it was never called. */
  lastChecked: number | null;
  lastOk: boolean | null;
  inFlight: number;
}

/** That a key of a target is left alone from now on, or no longer. */
export interface RestChange {
  /** Provider and model. */
  target: string;
  /** Tells the key from others without giving it away. */
  key: string;
  rest: KeyRest;
}

/** The places at targets that bound how many calls they answer at a time, where several processes share them. */
export interface Places {
  /** A place among `limit`. Rejects with Failure `target-busy`, or the signal's reason. */
  take(place: WantedPlace, signal: CallSignal): Promise<() => void>;
}

export interface WantedPlace {
  /** Provider and model. */
  target: string;
  /** The target as people know it. */
  name: string;
  limit: number;
  session: string;
}

/** How a call with a key of a target went, where it says something about the target. */
export interface KeyOutcome {
  /** Provider and model. */
  target: string;
  /** Tells the key from others without giving it away. */
  key: string;
  /** What was said; undefined where it went well. */
  failure?: string;
}

/** One call on its way to a target; told exactly once how it went, and once that it is over. */
export interface Attempt {
  /** The first output is there. */
  succeeded(): void;
  failed(failure: Failure): void;
  /** Nothing more comes of it, whatever came. */
  over(): void;
}

/**
 * What is known of how targets and their keys do: circuits, cool-downs, latency, calls on their way. It outlives reloads,
 * since a target is known by its provider and model.
 */
export class Health {
  readonly #now: () => number;
  #breaker: BreakerSettings;
  readonly #targets = new Map<string, TargetHealth>();
  /** Told of what other processes should know. */
  onChange: ((change: RestChange) => void) | undefined;
  /** Told of each failure, and of the success that ends a row of them: processes that count them together. */
  onOutcome: ((outcome: KeyOutcome) => void) | undefined;
  readonly #places: Places | undefined;

  constructor(breaker: BreakerSettings, now: () => number, places?: Places) {
    this.#breaker = breaker;
    this.#now = now;
    this.#places = places;
  }

  /** Other settings from now on. */
  configure(breaker: BreakerSettings): void {
    this.#breaker = breaker;
  }

  /** What another process found. */
  applyRemote({ target, key, rest }: RestChange): void {
    this.#ofId(target).fingerprinted(key).apply(rest);
  }

  /** How a call of another process went, that counts with those of this one. */
  applyOutcome({ target, key, failure }: KeyOutcome): void {
    const slot = this.#ofId(target).fingerprinted(key);
    if (failure === undefined) slot.succeeded();
    else if (this.#breaker.enabled) slot.failed(this.#now(), this.#breaker, failure);
  }

  /** Why no key of the target can be used now; undefined where one can. */
  blocked(target: Target): string | undefined {
    const known = this.#targets.get(idOf(target));
    if (!known) return undefined;
    if (known.checkProblem !== undefined) return `its health check failed: ${known.checkProblem}`;
    const now = this.#now();
    const reasons = slotsOf(target).map((key) => known.key(key).blocked(now));
    return reasons.includes(undefined) ? undefined : reasons[0];
  }

  /** The target's keys for one call, in turn, those that can be used first; one empty slot where it needs none. */
  keysInTurn(target: Target): (string | undefined)[] {
    const known = this.#of(target);
    const now = this.#now();
    const keys: (string | undefined)[] = target.keys.size === 0 ? [undefined] : target.keys.inTurn();
    const usable = keys.filter((key) => known.key(key).blocked(now) === undefined);
    return usable.length > 0 ? usable : keys;
  }

  /** A place among the calls that the target answers at a time. Rejects with Failure `target-busy`, or the signal's reason. */
  takePlace(target: Target, session: string, signal: CallSignal): Promise<() => void> {
    const { maxConcurrent: limit, name } = target;
    if (limit === undefined) return Promise.resolve(noPlace);
    if (this.#places) {
      const known = this.#of(target);
      known.waitingElsewhere += 1;
      return this.#places.take({ target: idOf(target), name, limit, session }, signal).finally(() => {
        known.waitingElsewhere -= 1;
      });
    }
    return this.#of(target).slots(limit).take(session, name, signal);
  }

  inFlight(target: Target): number {
    return this.#targets.get(idOf(target))?.inFlight ?? 0;
  }

  /** Calls that wait for a place. */
  waiting(target: Target): number {
    return this.#targets.get(idOf(target))?.waiting ?? 0;
  }

  latencyMs(target: Target): number | undefined {
    return this.#targets.get(idOf(target))?.latencyMs;
  }

  /** The time within which nine and a half of ten first outputs came; undefined where too few are known. */
  slowestUsualMs(target: Target): number | undefined {
    return this.#targets.get(idOf(target))?.percentile95();
  }

  report(target: Target): HealthReport {
    const known = this.#targets.get(idOf(target));
    if (!known) return { circuit: 'closed', latencyMs: null, lastChecked: null, lastOk: null, inFlight: 0 };
    const circuits = slotsOf(target).map((key) => known.key(key).circuit(this.#now()));
    return {
      circuit: bestOf(circuits),
      latencyMs: known.latencyMs ?? null,
      lastChecked: known.lastChecked ?? null,
      lastOk: known.lastOk ?? null,
      inFlight: known.inFlight,
    };
  }

  /** A call to the target begins with this key. */
  begin(target: Target, key: string | undefined): Attempt {
    const known = this.#of(target);
    const slot = known.key(key);
    const startedAt = this.#now();
    slot.begin(startedAt);
    known.inFlight += 1;
    const tell = ({ openUntil, coolUntil }: KeyRest) => {
      const { rest } = slot;
      if (rest.openUntil === openUntil && rest.coolUntil === coolUntil) return;
      this.onChange?.({ target: idOf(target), key: fingerprintOf(key), rest });
    };
    let over = false;
    return {
      succeeded: () => {
        const { rest, failures } = slot;
        slot.succeeded();
        if (failures > 0) this.onOutcome?.({ target: idOf(target), key: fingerprintOf(key) });
        known.checkProblem = undefined;
        tell(rest);
        known.note(true, this.#now(), this.#now() - startedAt);
      },
      failed: (failure) => {
        const breaker = this.#breaker;
        const { rest } = slot;
        if (failure.status === 499) return slot.released();
        const wait = coolDownMs(failure);
        if (wait !== undefined) slot.coolDown(this.#now() + wait, coolDownReason(failure));
        if (breaker.enabled && countsAgainst.has(failure.kind)) {
          slot.failed(this.#now(), breaker, failure.message);
          this.onOutcome?.({ target: idOf(target), key: fingerprintOf(key), failure: failure.message });
        } else slot.released();
        if (countsAgainst.has(failure.kind)) known.note(false, this.#now());
        tell(rest);
      },
      over: () => {
        if (over) return;
        over = true;
        known.inFlight -= 1;
        slot.released();
      },
    };
  }

  /** What an active check found: what is wrong with the target, or nothing. */
  noteCheck(target: Target, problem: string | undefined): void {
    const known = this.#of(target);
    known.checkProblem = problem;
    known.note(problem === undefined, this.#now());
  }

  #of(target: Target): TargetHealth {
    return this.#ofId(idOf(target));
  }

  #ofId(id: string): TargetHealth {
    let known = this.#targets.get(id);
    if (!known) {
      known = new TargetHealth();
      this.#targets.set(id, known);
    }
    return known;
  }
}

class TargetHealth {
  inFlight = 0;
  /** Calls that wait for a place that another process gives. */
  waitingElsewhere = 0;
  latencyMs: number | undefined;
  lastChecked: number | undefined;
  lastOk: boolean | undefined;
  /** What the last check found wrong; a call that succeeds knows better. */
  checkProblem: string | undefined;
  readonly #keys = new Map<string, KeyHealth>();
  readonly #fingerprinted = new Map<string, KeyHealth>();
  #slots: Slots | undefined;
  #samples: number[] = [];

  key(key: string | undefined): KeyHealth {
    const name = key ?? '';
    let health = this.#keys.get(name);
    if (!health) {
      health = this.fingerprinted(fingerprintOf(key));
      this.#keys.set(name, health);
    }
    return health;
  }

  /** The same, also for a key that was never used here. */
  fingerprinted(fingerprint: string): KeyHealth {
    const health = this.#fingerprinted.get(fingerprint) ?? new KeyHealth();
    this.#fingerprinted.set(fingerprint, health);
    return health;
  }

  /** The places, as many as are configured now. */
  slots(limit: number): Slots {
    if (this.#slots?.limit !== limit) this.#slots = new Slots({ limit, longestWaitMs });
    return this.#slots;
  }

  get waiting(): number {
    return this.waitingElsewhere + (this.#slots?.waiting ?? 0);
  }

  note(ok: boolean, now: number, latencyMs?: number): void {
    this.lastOk = ok;
    this.lastChecked = now;
    if (latencyMs === undefined) return;
    this.latencyMs = this.latencyMs === undefined ? latencyMs : this.latencyMs * 0.8 + latencyMs * 0.2;
    this.#samples.push(latencyMs);
    if (this.#samples.length > keptSamples) this.#samples.shift();
  }

  percentile95(): number | undefined {
    if (this.#samples.length < fewestSamples) return undefined;
    const sorted = [...this.#samples].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.95))];
  }
}

/** How long a call waits for its turn at a busy target, in milliseconds. */
export const longestWaitMs = 15_000;
const noPlace = () => {};
const keptSamples = 50;
const fewestSamples = 10;

/** What says something about the target, not about the request. */
const countsAgainst: ReadonlySet<FailureKind> = new Set<FailureKind>([
  'upstream-error',
  'upstream-overloaded',
  'upstream-timeout',
  'upstream-unreachable',
  'upstream-cut',
  'upstream-garbled',
]);

/** How long the key is left alone because of this failure. */
function coolDownMs({ kind, details }: Failure): number | undefined {
  const asked = details.retryAfterSeconds === undefined ? undefined : details.retryAfterSeconds * 1000;
  switch (kind) {
    case 'upstream-rate-limit':
      return asked ?? 5000;
    case 'upstream-overloaded':
      return asked;
    case 'upstream-credential':
      return 60_000;
    case 'upstream-billing':
      return asked ?? 300_000;
    default:
      return undefined;
  }
}

function coolDownReason({ kind, message }: Failure): string {
  return `${coolDownWords[kind] ?? 'left alone for a while'}: ${message}`;
}

const coolDownWords: Partial<Record<FailureKind, string>> = {
  'upstream-rate-limit': 'its rate limit is reached',
  'upstream-overloaded': 'it is overloaded',
  'upstream-credential': 'its credential was refused',
  'upstream-billing': 'its account is exhausted',
};

function fingerprintOf(key: string | undefined): string {
  return key === undefined ? 'none' : createHash('sha256').update(key).digest('hex').slice(0, 16);
}

function idOf({ provider, model }: Target): string {
  return `${provider}\n${model}`;
}

function slotsOf(target: Target): (string | undefined)[] {
  return target.keys.size === 0 ? [undefined] : [...target.keys.all()];
}

function bestOf(circuits: readonly Circuit[]): Circuit {
  return circuits.includes('closed') ? 'closed' : circuits.includes('half-open') ? 'half-open' : 'open';
}
