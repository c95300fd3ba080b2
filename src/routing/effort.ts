import { effortLadder } from '../dialects/shared/effort.ts';
import type { Facts } from './facts.ts';

/** From here on an effort counts as thinking unless the configuration says another. */
export const usualThinkingEffort = 'xhigh';

/** True for a call with extended thinking: switched on, or by an effort from `minEffort` on; adaptive thinking alone is not. */
export function thinksHard(facts: Facts, minEffort: string = usualThinkingEffort): boolean {
  if (facts.thinkingEnabled) return true;
  const ladder: readonly string[] = effortLadder;
  return facts.effort !== undefined && ladder.indexOf(facts.effort) >= ladder.indexOf(minEffort);
}
