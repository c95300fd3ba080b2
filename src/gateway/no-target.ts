import { Failure, type FailureKind } from '../call/failure.ts';
import type { Decision } from '../routing/decide.ts';
import type { Refusal, RefusalKind } from '../routing/refusal.ts';

/** Nobody can take the call: told as what the client could do about it, the most hopeful first. */
export function noTarget({ refused }: Decision): Failure {
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
