import type { Target } from '../providers/target.ts';
import type { Facts } from './facts.ts';
import type { RoutingState } from './state.ts';

export type RefusalKind =
  /** No configured provider serves a model of that name. */
  | 'unknown'
  /** It is not set up: no key, no address. */
  | 'problem'
  /** The caller's key may not use it. */
  | 'key'
  | 'window'
  | 'images'
  | 'tools'
  /** A cool-down or an open breaker. */
  | 'resting'
  /** A limit or a budget. */
  | 'limit'
  | 'budget';

/** A model that would have been tried but can't take the call. */
export interface Refusal {
  name: string;
  provider: string | undefined;
  kind: RefusalKind;
  reason: string;
  target: Target | undefined;
  retryAfterSeconds?: number;
}

/** Tokens of answer for which a target must have room. */
const leastAnswer = 1024;

/** Why a target can't take the call; undefined where it can. */
export function refusalOf(target: Target, facts: Facts, state: RoutingState): Refusal | undefined {
  if (target.problem !== undefined) return refusal(target, 'problem', target.problem);
  const { allowedModels } = facts;
  if (allowedModels && ![target.name, ...target.aliases].some((name) => allowedModels.includes(name))) {
    return refusal(target, 'key', `the key may not use ${target.name}`);
  }
  const { contextWindow, images, tools } = target.abilities;
  if (images === false && facts.needsImages)
    return refusal(target, 'images', 'it takes no images, and the call holds some');
  if (tools === false && facts.hasTools) return refusal(target, 'tools', 'it calls no tools, and the call offers some');
  if (contextWindow !== undefined && !facts.fitsIn(contextWindow - leastAnswer, target.model)) {
    const prompt = facts.promptTokens(target.model);
    const most = Math.max(0, contextWindow - leastAnswer);
    return refusal(target, 'window', `prompt is too long: ${prompt} tokens > ${most} maximum`);
  }
  const block = state.blocked(target);
  if (block === undefined) return undefined;
  const resting = refusal(target, block.soft ? 'resting' : (block.kind ?? 'limit'), block.reason);
  return block.retryAfterSeconds === undefined ? resting : { ...resting, retryAfterSeconds: block.retryAfterSeconds };
}

function refusal(target: Target, kind: RefusalKind, reason: string): Refusal {
  return { name: target.name, provider: target.provider, kind, reason, target };
}

/** For a name that the configuration uses and nobody serves. */
export function unknownModel(name: string): Refusal {
  const reason = `no configured provider serves a model called ${name}`;
  return { name, provider: undefined, kind: 'unknown', reason, target: undefined };
}
