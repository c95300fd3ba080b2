import type { MessagesRequest } from '../../protocol/messages.ts';

/** How hard the client wants the model to think. */
export type RequestedEffort =
  /** It leaves that to the provider: nothing is sent. */
  | { kind: 'default' }
  | { kind: 'off' }
  /** A level of `effortLadder`; `budget` where the client counted in tokens. */
  | { kind: 'level'; level: Effort; budget?: number };

/** All levels, lowest first. */
export const effortLadder = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;

export type Effort = (typeof effortLadder)[number];

/** Thinking that is switched off outweighs an effort; an effort outweighs a budget; adaptive alone is the default. */
export function requestedEffort({ thinking, output_config: output }: MessagesRequest): RequestedEffort {
  if (thinking?.type === 'disabled' || thinking?.type === 'between_tools') return { kind: 'off' };
  const budget =
    thinking?.type === 'enabled' && typeof thinking.budget_tokens === 'number' ? thinking.budget_tokens : undefined;
  const level = isEffort(output?.effort) ? output.effort : budget === undefined ? undefined : levelOfBudget(budget);
  if (level === undefined) return { kind: 'default' };
  if (level === 'none') return { kind: 'off' };
  return budget === undefined ? { kind: 'level', level } : { kind: 'level', level, budget };
}

/**
 * The level to send where only `supported` ones are known (lowest first): the next lower one, else the lowest there is.
 * `none` is taken only for itself. Undefined where nothing fits.
 */
export function nearestEffort(level: Effort, supported: readonly string[]): string | undefined {
  if (supported.includes(level)) return level;
  const wanted = effortLadder.indexOf(level);
  const known = effortLadder.filter((step) => step !== 'none' && supported.includes(step));
  return known.findLast((step) => effortLadder.indexOf(step) < wanted) ?? known[0];
}

/** True for a level of the ladder. */
export function isEffort(value: unknown): value is Effort {
  return (effortLadder as readonly unknown[]).includes(value);
}

function levelOfBudget(budget: number): Effort {
  if (budget <= 1024) return 'minimal';
  if (budget < 8192) return 'low';
  if (budget < 16384) return 'medium';
  return budget < 32000 ? 'high' : 'xhigh';
}
