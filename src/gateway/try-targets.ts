import type { Call } from '../call/call.ts';
import { Failure, type FailureKind } from '../call/failure.ts';
import type { AttemptRecord } from '../call/record.ts';
import type { Target } from '../providers/target.ts';
import type { Decision } from '../routing/decide.ts';
import type { Refusal, RefusalKind } from '../routing/refusal.ts';
import { attempt, type Opened } from './attempt.ts';
import type { GatewayParts } from './parts.ts';

/**
 * Tries the decided targets in order, each with its keys in turn, until one begins to answer. A failure that another
 * target can't better ends it at once. Throws the Failure that the client is told.
 */
export async function tryTargets(
  parts: GatewayParts,
  call: Call,
  decision: Decision,
  attempts: AttemptRecord[],
): Promise<Opened> {
  const failures: Failure[] = [];
  for (const target of decision.targets) {
    for (const key of keysOf(target)) {
      const startedAt = parts.now();
      const note = (outcome: AttemptRecord['outcome'], failure?: Failure) =>
        attempts.push(attemptRecord(target, startedAt, parts.now(), outcome, failure));
      try {
        const opened = await attempt(parts, call, target, key);
        note('ok');
        return opened;
      } catch (error) {
        const failure = Failure.from(error);
        note(failure.kind === 'client-gone' ? 'cancelled' : 'failed', failure);
        if (failure.remedy === 'none') throw failure;
        failures.push(failure);
      }
    }
  }
  throw lastWord(failures, decision);
}

function keysOf(target: Target): (string | undefined)[] {
  return target.keys.size === 0 ? [undefined] : target.keys.inTurn();
}

function attemptRecord(
  target: Target,
  startedAt: number,
  now: number,
  outcome: AttemptRecord['outcome'],
  failure: Failure | undefined,
): AttemptRecord {
  const record: AttemptRecord = {
    target: target.name,
    provider: target.provider,
    model: target.model,
    startedAt,
    durationMs: now - startedAt,
    outcome,
  };
  if (failure) record.failure = { kind: failure.kind, status: failure.status, message: failure.message };
  if (failure?.details.usage) record.usage = failure.details.usage;
  return record;
}

/** One failure is told as it is; of several, the last, with what the others said. */
function lastWord(failures: readonly Failure[], decision: Decision): Failure {
  const last = failures.at(-1);
  if (!last) return noTarget(decision);
  const messages = [...new Set(failures.map((failure) => failure.message))];
  if (messages.length === 1) return last;
  const retryAfterSeconds = earliest(failures);
  return new Failure('no-target', `every target failed: ${messages.join('; ')}`, { retryAfterSeconds });
}

/** Nobody can take the call: told as what the client could do about it, the most hopeful first. */
function noTarget({ refused }: Decision): Failure {
  if (refused.length === 0) {
    return new Failure('no-target', 'no model is configured: add one to the configuration, or set a provider key');
  }
  const kind = outlook.find((each) => refused.some((refusal) => refusal.kind === each)) ?? 'unknown';
  const telling = refused.filter((refusal) => refusal.kind === kind);
  if (kind === 'window') return new Failure('upstream-prompt-too-long', largestWindow(telling).reason);
  const waits = telling.map((refusal) => refusal.retryAfterSeconds).filter((wait) => wait !== undefined);
  const reasons = refused.map(({ name, reason }) => `${name}: ${reason}`);
  const details = waits.length > 0 ? { retryAfterSeconds: Math.min(...waits) } : {};
  return new Failure(failureOf[kind], `no target can take this call: ${reasons.join('; ')}`, details);
}

const outlook: readonly RefusalKind[] = ['limit', 'resting', 'window', 'budget', 'problem', 'images', 'tools', 'key'];

const failureOf: Readonly<Record<RefusalKind, FailureKind>> = {
  limit: 'limit-reached',
  resting: 'no-target',
  window: 'upstream-prompt-too-long',
  budget: 'budget-reached',
  problem: 'upstream-credential',
  images: 'not-expressible',
  tools: 'not-expressible',
  key: 'forbidden',
  unknown: 'no-target',
};

function largestWindow(refused: readonly Refusal[]): Refusal {
  const windowOf = ({ target }: Refusal) => target?.abilities.contextWindow ?? 0;
  return refused.reduce((largest, each) => (windowOf(each) > windowOf(largest) ? each : largest));
}

function earliest(failures: readonly Failure[]): number | undefined {
  const waits = failures.map((failure) => failure.details.retryAfterSeconds).filter((wait) => wait !== undefined);
  return waits.length === failures.length ? Math.min(...waits) : undefined;
}
