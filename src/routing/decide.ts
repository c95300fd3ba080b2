import type { Target } from '../providers/target.ts';
import { type Choice, choose, type DecisionStep } from './choose.ts';
import { estimatePriceUsd } from './estimate-price.ts';
import type { Facts } from './facts.ts';
import { type Refusal, refusalOf, unknownModel } from './refusal.ts';
import type { RoutingState } from './state.ts';
import type { Member } from './strategies/strategy.ts';
import type { Pool, RoutingTable } from './table.ts';

export { type DecisionStep, isClaudeLike } from './choose.ts';
export type { Refusal } from './refusal.ts';
export type { RoutingTable } from './table.ts';

/** Which targets answer a call, in order, and why. Never mutated. */
export interface Decision {
  /** The rule that chose, or the step: `hard-choice`, `scenario:think`, `default`. */
  rule: string;
  reason: string;
  /** In the order they are tried. */
  targets: readonly Target[];
  /** What would have been tried but can't take the call. */
  refused: readonly Refusal[];
  steps: readonly DecisionStep[];
  /** Fields of the request that the rule sets. */
  set: Readonly<Record<string, unknown>> | undefined;
  /** Where a pool decided: its name, its members' names, and whether one of its turns was used up. */
  pool: { name: string; members: readonly string[]; tookTurn: boolean } | undefined;
}

/**
 * The targets for a call: a pure function of what is known of the call, the configuration, the state of the moment and the
 * time (milliseconds since the epoch). Total: it has an answer to any facts and any configuration. Same inputs, same answer.
 */
export function decide(facts: Facts, table: RoutingTable, state: RoutingState, now: number): Decision {
  const { choice, steps } = choose(facts, table, now);
  const sorter = new Sorter(facts, state);
  const pool = 'pool' in choice.wanted ? choice.wanted.pool : undefined;
  let tookTurn = false;
  if (pool) tookTurn = sorter.addPool(pool, table);
  else if ('target' in choice.wanted) sorter.addTarget(choice.wanted.target);
  else if ('models' in choice.wanted) sorter.addNames(choice.wanted.models, table);
  if (facts.fallbackAllowed) addFallbacks(sorter, choice, table);
  const { targets, refused } = sorter.result();
  return {
    rule: choice.rule,
    reason: choice.reason,
    targets: facts.fallbackAllowed ? targets : targets.slice(0, 1),
    refused,
    steps,
    set: choice.set,
    pool: pool && { name: pool.name, members: pool.memberNames, tookTurn },
  };
}

function addFallbacks(sorter: Sorter, choice: Choice, table: RoutingTable): void {
  sorter.addNames(choice.fallbacks ?? table.fallbacks, table);
  if (!choice.hard) sorter.addTarget(table.defaultTarget);
}

/** Sorts candidates into those that can take the call and those that can't, each once, in the order they come. */
class Sorter {
  readonly #facts: Facts;
  readonly #state: RoutingState;
  readonly #targets = new Set<Target>();
  readonly #refused = new Map<Target | string, Refusal>();

  constructor(facts: Facts, state: RoutingState) {
    this.#facts = facts;
    this.#state = state;
  }

  addTarget(target: Target | undefined): void {
    if (target === undefined || this.#targets.has(target) || this.#refused.has(target)) return;
    const refusal = refusalOf(target, this.#facts, this.#state);
    if (refusal) this.#refused.set(target, refusal);
    else this.#targets.add(target);
  }

  addNames(names: readonly string[], table: RoutingTable): void {
    for (const name of names) {
      const target = table.resolve(name);
      if (target) this.addTarget(target);
      else this.#refused.set(name, unknownModel(name));
    }
  }

  /** Adds a pool's members as its strategy orders those that can take the call; true where that used up a turn. */
  addPool(pool: Pool, table: RoutingTable): boolean {
    const fit: Member[] = [];
    for (const member of pool.members) {
      const refusal = refusalOf(member.target, this.#facts, this.#state);
      if (refusal) this.#refused.set(member.target, refusal);
      else fit.push(member);
    }
    const available = fit.length === pool.members.length ? pool.members : fit;
    for (const name of pool.missing) this.#refused.set(name, unknownModel(name));
    const { session } = this.#facts;
    const home = session === undefined ? undefined : this.#state.session(session)?.target;
    const stays = pool.keepsSessions ? available.find(({ target }) => target.name === home) : undefined;
    if (stays) this.#targets.add(stays.target);
    for (const { target } of this.#ordered(pool, available, table)) this.#targets.add(target);
    return stays === undefined && available.length > 0;
  }

  #ordered(pool: Pool, available: readonly Member[], table: RoutingTable): Member[] {
    const state = this.#state;
    return pool.strategy(available, {
      turn: state.turn(pool.name),
      random: state.random,
      inFlight: (target) => state.inFlight(target),
      latencyMs: (target) => state.latencyMs(target),
      priceUsd: (target) => estimatePriceUsd(target, this.#facts, table, state) ?? undefined,
    });
  }

  /** Where rest alone keeps a target from being tried, the first such is better than none. */
  result(): { targets: Target[]; refused: Refusal[] } {
    const targets = [...this.#targets];
    const refused = [...this.#refused.values()];
    if (targets.length > 0) return { targets, refused };
    const resting = refused.find(({ kind }) => kind === 'resting');
    if (resting?.target === undefined) return { targets, refused };
    return { targets: [resting.target], refused: refused.filter((each) => each !== resting) };
  }
}
