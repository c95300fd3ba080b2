import type { CallSize } from '../admission/budget.ts';
import type { AdmissionBlock, CallAdmission } from '../admission/call-admission.ts';
import type { Call } from '../call/call.ts';
import type { Explanation } from '../call/explanation.ts';
import { Failure } from '../call/failure.ts';
import type { Target } from '../providers/target.ts';
import { type Decision, decide } from '../routing/decide.ts';
import { explain } from '../routing/explain.ts';
import type { Facts } from '../routing/facts.ts';
import { refusalOf } from '../routing/refusal.ts';
import type { RoutingState } from '../routing/state.ts';
import type { GatewayParts } from './parts.ts';
import { factsOf, type Route } from './route-call.ts';

/**
 * Admits a call, decides where it goes within limits and budgets, and enters the first target. One that another call took the
 * last of in between is set aside, and it is decided again. Throws Failure where the call is not admitted at all.
 */
export async function routeAdmitted(parts: GatewayParts, call: Call, admission: CallAdmission): Promise<Route> {
  await admission.admit((model) => parts.estimateTokens(call.request, model));
  const facts = await factsOf(parts, call);
  let state = admittedState(parts.state, admission, facts);
  for (;;) {
    let decision = decideWithin(parts, facts, state);
    const inPool = decision.pool && (await parts.state.inPool(decision.pool.name, facts));
    if (inPool) {
      state = { ...state, ...inPool };
      decision = decideWithin(parts, facts, state);
    }
    const [first] = decision.targets;
    if (first === undefined || (await admission.enter(first, sizeOf(facts, decision))))
      return { facts, decision, state };
  }
}

/** Where a call would go within limits and budgets, and why, without sending it or taking of them. */
export async function explainAdmitted(parts: GatewayParts, call: Call): Promise<Explanation> {
  const admission = parts.admission.begin(call);
  await admission.look((model) => parts.estimateTokens(call.request, model));
  const facts = await factsOf(parts, call);
  let state = admittedState(parts.state, admission, facts);
  const { pool } = decideWithin(parts, facts, state);
  const inPool = pool && (await parts.state.inPool(pool.name, facts, true));
  if (inPool) state = { ...state, ...inPool };
  return explain(decideWithin(parts, facts, state), facts, parts.table, state, { showText: true });
}

/** How a target that comes later is entered: the failure says why it can't be. `begun`: another has begun to answer. */
export type EnterTarget = (target: Target, begun: boolean) => Promise<Failure | undefined>;

/** Enters the later targets of a call that is on its way. */
export function enterer(admission: CallAdmission, { facts, decision }: Route): EnterTarget {
  const size = sizeOf(facts, decision);
  return async (target, begun) => {
    if (await admission.enter(target, size, { begun })) return undefined;
    return failureOfBlock(target, admission.blockOf(target, size));
  };
}

function failureOfBlock({ name }: Target, block: AdmissionBlock | undefined): Failure {
  const { kind, reason, retryAfterSeconds } = block ?? { kind: 'limit', reason: 'it is not admitted' };
  const details = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  return new Failure(kind === 'limit' ? 'limit-reached' : 'budget-reached', `${name}: ${reason}`, details);
}

/** The answer may be as long as a rule allows. */
function sizeOf(facts: Facts, { set }: Decision): CallSize {
  return typeof set?.max_tokens === 'number' ? new LongerCall(facts, set.max_tokens) : facts;
}

class LongerCall implements CallSize {
  readonly #facts: Facts;
  readonly maxTokens: number;

  constructor(facts: Facts, maxTokens: number) {
    this.#facts = facts;
    this.maxTokens = maxTokens;
  }

  get marksCache(): boolean {
    return this.#facts.marksCache;
  }

  promptTokens(model: string): number {
    return this.#facts.promptTokens(model);
  }
}

/** The state as it is for this call: its limits and budgets keep targets away, too. */
function admittedState(state: RoutingState, admission: CallAdmission, facts: Facts): RoutingState {
  return {
    blocked: (target) => admission.blockOf(target, facts) ?? state.blocked(target),
    inFlight: (target) => state.inFlight(target),
    latencyMs: (target) => state.latencyMs(target),
    session: (id) => state.session(id),
    turn: (pool) => state.turn(pool),
    random: state.random,
  };
}

/** The decision; where budgets keep its first choice away, the model that is configured for that answers. */
function decideWithin(parts: GatewayParts, facts: Facts, state: RoutingState): Decision {
  const { admission, table } = parts;
  const now = parts.now();
  const decision = decide(facts, table, state, now);
  const cheap = admission.downgradeTo === undefined ? undefined : table.resolve(admission.downgradeTo);
  if (cheap === undefined || !decision.refused.some(({ kind }) => kind === 'budget')) return decision;
  const withoutBudgets = { ...state, blocked: (target: Target) => otherBlock(state, target) };
  const [wanted] = decide(facts, table, withoutBudgets, now).targets;
  const unpaid = decision.refused.find(({ target, kind }) => kind === 'budget' && target === wanted);
  if (unpaid === undefined || refusalOf(cheap, facts, state) !== undefined) return decision;
  return {
    ...decision,
    rule: 'budget',
    reason: `${cheap.name} answers in place of ${unpaid.name}: ${unpaid.reason}`,
    targets: [cheap, ...decision.targets.filter((target) => target !== cheap)],
  };
}

function otherBlock(state: RoutingState, target: Target) {
  const block = state.blocked(target);
  return block?.kind === 'budget' ? undefined : block;
}
