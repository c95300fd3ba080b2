import type { Target } from '../providers/target.ts';
import { thinksHard } from './effort.ts';
import type { Facts } from './facts.ts';
import { scoreRules } from './intelligent.ts';
import { CallScope } from './scope.ts';
import type { Pool, RoutingTable, Scenarios } from './table.ts';

/** A step of the decision: what was asked, and what came of it. */
export interface DecisionStep {
  step: StepName;
  /** The rule's, where a step has several. */
  name?: string;
  matched: boolean;
  why: string;
}

export type StepName =
  | 'hard-choice'
  | 'custom-router'
  | 'routing-rule'
  | 'intelligent-routing'
  | 'cost-optimization'
  | 'scenario'
  | 'requested-model'
  | 'load-balancing'
  | 'default';

/** What the first step that had an answer said. */
export interface Choice {
  /** The rule's name, or the step's. */
  rule: string;
  reason: string;
  /** Names of models in order, for a target to be found for each; or the pool. */
  wanted: { models: readonly string[] } | { target: Target | undefined } | { pool: Pool };
  hard: boolean;
  /** Instead of the general ones. */
  fallbacks?: readonly string[] | undefined;
  set?: Readonly<Record<string, unknown>> | undefined;
}

type Answer = Omit<Choice, 'hard' | 'reason'> & { why: string; hard?: boolean };
interface Question {
  step: StepName;
  name?: string;
  ask(): Answer | { why: string };
}

/** Asks step after step until one answers, and tells each of them. */
export function choose(facts: Facts, table: RoutingTable, now: number): { choice: Choice; steps: DecisionStep[] } {
  const steps: DecisionStep[] = [];
  const scope = new CallScope(facts, now);
  for (const { step, name, ask } of questions(facts, table, scope)) {
    if (step === 'routing-rule') {
      // The one step that may have hundreds of parts.
      const choice = firstRule(table, facts, scope, steps);
      if (choice) return { choice, steps };
      continue;
    }
    const answer = ask();
    const matched = 'wanted' in answer;
    steps.push(name === undefined ? { step, matched, why: answer.why } : { step, name, matched, why: answer.why });
    if (matched) return { choice: { ...answer, reason: answer.why, hard: answer.hard ?? false }, steps };
  }
  throw new Error('the last question has no answer');
}

/** Every step of a table, in the order they are asked. */
export function allSteps(facts: Facts, table: RoutingTable): { step: StepName; name?: string }[] {
  const steps: { step: StepName; name?: string }[] = [];
  for (const { step, name } of questions(facts, table, new CallScope(facts, 0))) {
    if (step === 'routing-rule') steps.push(...table.rules.map((rule) => ({ step, name: rule.name })));
    else steps.push(name === undefined ? { step } : { step, name });
  }
  return steps;
}

function firstRule({ rules }: RoutingTable, facts: Facts, scope: CallScope, steps: DecisionStep[]): Choice | undefined {
  for (const { name, condition, models, fallbacks, set } of rules) {
    const { matched, why } = condition(facts, scope);
    steps.push({ step: 'routing-rule', name, matched, why });
    if (matched) return { rule: name, reason: why, wanted: { models }, hard: false, fallbacks, set };
  }
  return undefined;
}

function* questions(facts: Facts, table: RoutingTable, scope: CallScope): Generator<Question> {
  yield { step: 'hard-choice', ask: () => hardChoice(facts, table) };
  if (table.hasCustomRouter) yield { step: 'custom-router', ask: () => customChoice(facts, table) };
  if (table.rules.length > 0) yield { step: 'routing-rule', ask: () => ({ why: '' }) };
  yield* intelligentQuestions(facts, table);
  for (const { text, condition, model } of table.costRules) {
    const ask = (): Answer | { why: string } => {
      const { matched, why } = condition(facts, scope);
      return matched ? { why, rule: 'cost-optimization', wanted: { models: [model] } } : { why };
    };
    yield { step: 'cost-optimization', name: text, ask };
  }
  yield* scenarioQuestions(facts, table.scenarios);
  yield { step: 'requested-model', ask: () => requestedModel(facts, table) };
  if (table.pool) yield { step: 'load-balancing', ask: () => balanced(table.pool!) };
  yield { step: 'default', ask: () => defaultChoice(table) };
}

function hardChoice(facts: Facts, table: RoutingTable): Answer | { why: string } {
  const missed: string[] = [];
  const named: [string | undefined, string][] = [
    [facts.headerModel, 'x-router-model names'],
    [facts.tagModel, 'the CCR-SUBAGENT-MODEL tag names'],
    [isClaudeLike(facts.requestedModel) ? undefined : facts.requestedModel, 'the request names'],
  ];
  for (const [name, words] of named) {
    if (name === undefined) continue;
    const target = table.find(name);
    if (target) return { why: `${words} ${name}`, rule: 'hard-choice', wanted: { target }, hard: true };
    missed.push(`${words} ${name}, which is not configured`);
  }
  return { why: missed.length > 0 ? missed.join('; ') : 'the request names no target of its own' };
}

/** True for a name that Claude Code itself may send: it asks for a kind of model, not for a configured target. */
export function isClaudeLike(name: string): boolean {
  return /^(claude|anthropic)\b|claude-/i.test(name) && !/[/,]/.test(name);
}

function customChoice({ customChoice: custom }: Facts, table: RoutingTable): Answer | { why: string } {
  if (custom === undefined) return { why: 'it was not asked' };
  if (custom.model === undefined) return { why: custom.why };
  if (!table.resolve(custom.model)) return { why: `it chose ${custom.model}, which is not configured` };
  return { why: `it chose ${custom.model}`, rule: 'custom-router', wanted: { models: [custom.model] } };
}

/** Scores are told for every rule; the best fires where it reaches its confidence. */
function* intelligentQuestions(facts: Facts, { intelligentRules: rules }: RoutingTable): Generator<Question> {
  let known: ReturnType<typeof scoreRules> | undefined;
  const scores = () => {
    known ??= scoreRules(rules, facts.words);
    return known;
  };
  for (const [index, rule] of rules.entries()) {
    const ask = (): Answer | { why: string } => {
      const { score, found } = scores()[index]!;
      const best = Math.max(...scores().map((each) => each.score));
      const words = found.length > 0 ? ` (${found.join(', ')})` : '';
      const why = `score ${score.toFixed(2)}${words}, confidence ${rule.confidence}`;
      if (score === 0 || score < best || score < rule.confidence) return { why };
      return { why, rule: rule.name, wanted: { models: [rule.model] } };
    };
    yield { step: 'intelligent-routing', name: rule.name, ask };
  }
}

function* scenarioQuestions(facts: Facts, scenarios: Scenarios): Generator<Question> {
  const { longContext, longContextThreshold, webSearch, image, subagent, background, think } = scenarios;
  const minEffort = think?.minEffort ?? '';
  const kinds: [string, string | undefined, () => boolean, yes: () => string, no: () => string][] = [
    [
      'longContext',
      longContext,
      () => facts.tokenCount > longContextThreshold,
      () => `${facts.tokenCount} tokens are more than ${longContextThreshold}`,
      () => `${facts.tokenCount} tokens are not more than ${longContextThreshold}`,
    ],
    ['webSearch', webSearch, () => facts.isWebSearch, () => 'it searches the web', () => 'it does not search the web'],
    ['image', image, () => facts.hasImages, () => 'it holds images', () => 'it holds no images'],
    ['subagent', subagent, () => facts.isSubagent, () => 'a subagent asks', () => 'no subagent asks'],
    [
      'background',
      background,
      () => facts.isBackground,
      () => 'the client asks by itself',
      () => 'the client does not ask by itself',
    ],
    [
      'think',
      think?.model,
      () => thinksHard(facts, minEffort),
      () => `it asks for thinking (effort ${facts.effort ?? 'not named'})`,
      () => `it asks for less than effort ${minEffort}`,
    ],
  ];
  for (const [name, model, holds, yes, no] of kinds) {
    if (model === undefined) continue;
    const ask = (): Answer | { why: string } => {
      return holds() ? { why: yes(), rule: `scenario:${name}`, wanted: { models: [model] } } : { why: no() };
    };
    yield { step: 'scenario', name, ask };
  }
}

function requestedModel({ requestedModel: name }: Facts, table: RoutingTable): Answer | { why: string } {
  const target = table.find(name);
  if (!target) return { why: `${name} is not a configured model` };
  return { why: `${name} is configured`, rule: 'requested-model', wanted: { target } };
}

function balanced(pool: Pool): Answer | { why: string } {
  if (pool.members.length === 0) return { why: 'no configured provider serves a model of the pool' };
  return { why: `${pool.strategyName} over ${pool.members.length} models`, rule: 'load-balancing', wanted: { pool } };
}

function defaultChoice({ defaultTarget: target }: RoutingTable): Answer {
  const why = target ? `the default model is ${target.name}` : 'no model is configured';
  return { why, rule: 'default', wanted: { target } };
}
