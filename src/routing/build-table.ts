import { nearest } from '../config/nearest.ts';
import { ConfigError, type ConfigProblem } from '../config/problems.ts';
import type { Config } from '../config/schema.ts';
import type { Price } from '../models/catalog.ts';
import type { Target } from '../providers/target.ts';
import { compileCondition, expressionCondition } from './condition.ts';
import { usualThinkingEffort } from './effort.ts';
import { compileExpression, type ExpressionProblem, isExpressionProblem } from './expression.ts';
import { compileIntelligentRule } from './intelligent.ts';
import { strategies } from './strategies/registry.ts';
import type { CostRule, Pool, RoutingRule, RoutingTable, Scenarios } from './table.ts';
import { taskTypeNamed, taskTypes } from './task-type.ts';

/** What a table takes from elsewhere than the routing blocks. */
export interface TableSources {
  find(name: string): Target | undefined;
  resolve(name: string): Target | undefined;
  defaultTarget: Target | undefined;
  /** Every configured target, in the order of the file. */
  targets: readonly Target[];
  /** The configured weight of a model's own; undefined where it has none. */
  weightOf(target: Target): number | undefined;
  priceOf(target: Target): Price | undefined;
}

export interface BuiltTable {
  table: RoutingTable;
  warnings: string[];
}

/** Makes the routing table of a configuration whose names are checked. Throws ConfigError for conditions that can't be read. */
export function buildTable(config: Config, sources: TableSources): BuiltTable {
  const problems: ConfigProblem[] = [];
  const warnings: string[] = [];
  const { find, resolve, defaultTarget, priceOf } = sources;
  const { routing, intelligentRouting, costOptimization, loadBalancing } = config;
  const intelligentIsOn = intelligentRouting?.enabled ?? true;
  const costIsOn = costOptimization?.enabled ?? routing.costOptimization ?? true;
  const balancingIsOn = loadBalancing?.enabled ?? routing.loadBalancing ?? true;
  const table: RoutingTable = {
    find,
    resolve,
    defaultTarget,
    fallbacks: [...routing.fallbacks, ...(routing.fallbackModel === undefined ? [] : [routing.fallbackModel])],
    hasCustomRouter: routing.router !== undefined,
    rules: rulesOf(config.routingRules, problems, warnings),
    intelligentRules: intelligentIsOn ? (intelligentRouting?.rules ?? []).map(compileIntelligentRule) : [],
    costRules: costIsOn ? costRulesOf(costOptimization?.rules ?? [], problems) : [],
    scenarios: scenariosOf(routing.scenarios),
    pool: loadBalancing && balancingIsOn ? poolOf(loadBalancing, sources, warnings) : undefined,
    priceOf,
  };
  if (problems.length > 0) throw new ConfigError('configuration', problems);
  return { table, warnings };
}

/** What a rule may not set: other parts of the router have read it already. */
const fixedFields = ['model', 'messages', 'stream'];

function rulesOf(rules: Config['routingRules'], problems: ConfigProblem[], warnings: string[]): RoutingRule[] {
  return rules
    .map((rule, index) => ({ rule, path: `routingRules.${index}` }))
    .filter(({ rule }) => rule.enabled)
    .sort((a, b) => a.rule.priority - b.rule.priority)
    .map(({ rule, path }) => {
      const models = [...(rule.targetModel === undefined ? [] : [rule.targetModel]), ...(rule.targetModels ?? [])];
      if (models.length === 0) {
        problems.push({ path: `${path}.targetModel`, message: 'is missing: name the model that answers' });
      }
      for (const field of fixedFields.filter((name) => rule.set && name in rule.set)) {
        problems.push({ path: `${path}.set.${field}`, message: 'a rule can’t set this' });
      }
      for (const name of (rule.condition.taskType ?? []).filter((each) => taskTypeNamed(each) === undefined)) {
        const meant = nearest(name, taskTypes);
        const hint = meant === undefined ? `there are ${taskTypes.join(', ')}` : `did you mean "${meant}"?`;
        warnings.push(`${path}.condition.taskType: no task is of the kind "${name}"; ${hint}`);
      }
      const condition = compileCondition(rule.condition, (field, problem) => {
        problems.push(problemAt(`${path}.condition.${field}`, rule.condition.expression ?? '', problem));
      });
      return { name: rule.name, condition, models, fallbacks: rule.fallback, set: rule.set };
    });
}

function costRulesOf(rules: NonNullable<Config['costOptimization']>['rules'], problems: ConfigProblem[]): CostRule[] {
  return rules.flatMap(({ condition: text, model }, index) => {
    const expression = compileExpression(text);
    if (!isExpressionProblem(expression)) return [{ text, condition: expressionCondition(expression), model }];
    problems.push(problemAt(`costOptimization.rules.${index}.condition`, text, expression));
    return [];
  });
}

function problemAt(path: string, text: string, { message, column, suggestion }: ExpressionProblem): ConfigProblem {
  const problem: ConfigProblem = { path, message: `${message}, at character ${column}`, value: JSON.stringify(text) };
  if (suggestion !== undefined) problem.suggestion = suggestion;
  return problem;
}

function scenariosOf(written: Config['routing']['scenarios']): Scenarios {
  const { think, longContextThreshold = 60_000, ...models } = written ?? {};
  const scenarios: Scenarios = { longContextThreshold, ...models };
  if (typeof think === 'string') scenarios.think = { model: think, minEffort: usualThinkingEffort };
  else if (think) scenarios.think = think;
  return scenarios;
}

function poolOf(
  { strategy, models, weights, affinity }: NonNullable<Config['loadBalancing']>,
  { resolve, targets, weightOf }: TableSources,
  warnings: string[],
): Pool {
  const listed = models.length > 0 ? models : Object.keys(weights ?? {});
  const names = listed.length > 0 ? [...new Set(listed)] : targets.map(({ name }) => name);
  for (const name of weights ? names.filter((each) => weights[each] === undefined) : []) {
    warnings.push(`loadBalancing.weights: "${name}" has none, so it answers only when the others can't`);
  }
  const found = names.map((name) => ({ name, target: resolve(name) }));
  const members = found
    .flatMap(({ name, target }) => {
      if (target === undefined) return [];
      return [{ target, weight: weights ? (weights[name] ?? 0) : (weightOf(target) ?? 1) }];
    })
    .filter(({ target }, index, all) => all.findIndex((other) => other.target === target) === index);
  return {
    name: 'load-balancing',
    strategyName: strategy,
    strategy: strategies[strategy](),
    // What a moved session loses of its prompt cache is in the price already.
    keepsSessions: affinity === 'session' && strategy !== 'cheapest',
    members,
    memberNames: members.map(({ target }) => target.name),
    missing: found.filter(({ target }) => target === undefined).map(({ name }) => name),
  };
}
