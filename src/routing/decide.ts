import type { Target } from '../providers/target.ts';
import type { Facts } from './facts.ts';

/** The configuration as routing sees it. */
export interface RoutingTable {
  /** The target with this name or alias; also `provider/model` for a model that a configured provider may serve. */
  find(name: string): Target | undefined;
  /** The target for what nothing else decides. */
  defaultTarget: Target | undefined;
  /** Names to try, in order, when the chosen target fails. */
  fallbacks: readonly string[];
}

export interface DecisionStep {
  step: string;
  matched: boolean;
  why: string;
}

/** Which targets answer a call, in order, and why. Never mutated. */
export interface Decision {
  /** The step that chose: `hard-choice`, `requested-model`, `default`. */
  rule: string;
  reason: string;
  /** In the order they are tried. */
  targets: readonly Target[];
  /** Targets that would have been tried but can't take the call. */
  refused: readonly { target: Target; reason: string }[];
  steps: readonly DecisionStep[];
}

interface Choice {
  rule: string;
  reason: string;
  target: Target | undefined;
  hard: boolean;
  steps: DecisionStep[];
}

/** The targets for a call: a pure function of what is known of the call and of the configuration. */
export function decide(facts: Facts, table: RoutingTable): Decision {
  const choice = choose(facts, table);
  const candidates = unique([choice.target, ...fallbacksOf(choice, facts, table)]);
  const targets: Target[] = [];
  const refused: { target: Target; reason: string }[] = [];
  for (const target of candidates) {
    const reason = refusal(target, facts);
    if (reason === undefined) targets.push(target);
    else refused.push({ target, reason });
  }
  return { rule: choice.rule, reason: choice.reason, targets, refused, steps: choice.steps };
}

/** True for a name that Claude Code itself may send: it asks for a kind of model, not for a configured target. */
export function isClaudeLike(name: string): boolean {
  return /^(claude|anthropic)\b|claude-/i.test(name) && !/[/,]/.test(name);
}

function choose(facts: Facts, table: RoutingTable): Choice {
  const steps: DecisionStep[] = [];
  const note = (step: string, matched: boolean, why: string) => steps.push({ step, matched, why });
  const done = (rule: string, reason: string, target: Target | undefined, hard: boolean): Choice => {
    note(rule, true, reason);
    return { rule, reason, target, hard, steps };
  };

  if (facts.headerModel !== undefined) {
    const target = table.find(facts.headerModel);
    if (target) return done('hard-choice', `x-router-model names ${facts.headerModel}`, target, true);
    note('hard-choice', false, `x-router-model names ${facts.headerModel}, which is not configured`);
  }
  const requested = table.find(facts.requestedModel);
  if (requested && !isClaudeLike(facts.requestedModel)) {
    return done('hard-choice', `the request names ${facts.requestedModel}`, requested, true);
  }
  note('hard-choice', false, 'the request names no target of its own');
  if (requested) return done('requested-model', `${facts.requestedModel} is configured`, requested, false);
  note('requested-model', false, `${facts.requestedModel} is not a configured model`);
  return done('default', defaultReason(table), table.defaultTarget, false);
}

function defaultReason(table: RoutingTable): string {
  return table.defaultTarget ? `the default model is ${table.defaultTarget.name}` : 'no model is configured';
}

function fallbacksOf(choice: Choice, facts: Facts, table: RoutingTable): (Target | undefined)[] {
  if (!facts.fallbackAllowed) return [];
  const fallbacks = table.fallbacks.map((name) => table.find(name));
  return choice.hard ? fallbacks : [...fallbacks, table.defaultTarget];
}

function refusal(target: Target, facts: Facts): string | undefined {
  if (target.problem !== undefined) return target.problem;
  const { allowedModels } = facts;
  if (allowedModels && ![target.name, ...target.aliases].some((name) => allowedModels.includes(name))) {
    return `the key may not use ${target.name}`;
  }
  return undefined;
}

function unique(targets: (Target | undefined)[]): Target[] {
  return [...new Set(targets.filter((target) => target !== undefined))];
}
