import { openSeal, type Seal } from '../cache/kept-reply.ts';
import type { Config } from '../config/schema.ts';
import { RunningCalls } from '../gateway/joining/running-calls.ts';
import type { RetrySettings } from '../gateway/parts.ts';
import { type BreakerSettings, Health } from '../providers/health.ts';
import { LiveState } from '../routing/live-state.ts';
import { Caches } from './caches.ts';
import type { Commons } from './commons.ts';
import { SessionNotes } from './session-notes.ts';

/** What outlives a reload: how targets do, whose turn it is, where sessions are and what they were answered with, what is kept, what runs. */
export interface Moment {
  health: Health;
  state: LiveState;
  caches: Caches;
  sessions: SessionNotes;
  running: RunningCalls;
}

/**
 * Nothing is known yet; what is kept is sealed. `sessionsFile` is where sessions are noted for other commands; nowhere where
 * it is left out.
 */
export function newMoment(seal: Seal = openSeal, sessionsFile?: string, commons?: Commons): Moment {
  const health = new Health(breakerSettings(undefined), Date.now, commons?.places);
  health.onOutcome = commons && ((outcome) => commons.tellOutcome(outcome));
  const state = new LiveState({
    blocked: (target) => {
      const reason = health.blocked(target);
      return reason === undefined ? undefined : { reason, soft: true };
    },
    inFlight: (target) => health.inFlight(target),
    latencyMs: (target) => health.latencyMs(target),
    random: Math.random,
    now: Date.now,
    ...(commons ? { pools: commons.pools } : {}),
  });
  const sessions = new SessionNotes(sessionsFile);
  return { health, state, caches: new Caches(seal, commons), sessions, running: new RunningCalls() };
}

export function breakerSettings(configured: Config['circuitBreaker']): BreakerSettings {
  const { enabled = true, failures = 5, cooldown = 30 } = configured ?? {};
  return { enabled, failures, cooldownMs: cooldown * 1000 };
}

export function retrySettings(configured: Config['retry']): RetrySettings {
  const { attempts = 1, budget = 240_000, hedge = false } = configured ?? {};
  return { attempts, budgetMs: budget, hedge };
}
