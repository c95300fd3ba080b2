import { nearest } from './nearest.ts';
import { ConfigError, type ConfigProblem } from './problems.ts';
import type { Config } from './schema.ts';
import type { TargetConfig } from './targets.ts';

/**
 * Checks that every model that rules and routes name is known: configured, or in the catalogue, or at a configured provider
 * (`provider/model`), or `served` by one. Returns a warning for each name that only the catalogue knows. Throws ConfigError for any other name.
 */
export function checkNames(
  config: Config,
  targets: readonly TargetConfig[],
  knownModel: (name: string) => boolean,
  served: (name: string) => boolean = () => false,
): string[] {
  const names = new Set(targets.flatMap((target) => [target.name, ...target.aliases]));
  const providers = new Set([...targets.map((target) => target.provider), ...Object.keys(config.providers)]);
  const warnings: string[] = [];
  const problems: ConfigProblem[] = [];
  for (const { path, name } of namedModels(config)) {
    if (names.has(name) || providers.has(/^([^/,]+)[/,]./.exec(name)?.[1] ?? '') || served(name)) continue;
    if (knownModel(name)) {
      warnings.push(`${path}: no configured model is called "${name}"; the rule waits until one is`);
      continue;
    }
    const problem: ConfigProblem = { path, message: 'there is no such model', value: JSON.stringify(name) };
    const suggestion = nearest(name, names);
    if (suggestion !== undefined) problem.suggestion = suggestion;
    else
      problem.message = `there is no such model; configured: ${[...targets].map((target) => target.name).join(', ') || 'none'}`;
    problems.push(problem);
  }
  if (problems.length > 0) throw new ConfigError('configuration', problems);
  return warnings;
}

interface NamedModel {
  path: string;
  name: string;
}

function namedModels(config: Config): NamedModel[] {
  const named: NamedModel[] = [];
  const add = (path: string, name: string | undefined) => {
    if (name !== undefined) named.push({ path, name });
  };
  const { routing, routingRules, intelligentRouting, costOptimization, loadBalancing, rateLimit } = config;
  add('routing.defaultModel', routing.defaultModel);
  add('routing.fallbackModel', routing.fallbackModel);
  routing.fallbacks.forEach((name, index) => add(`routing.fallbacks.${index}`, name));
  for (const [scenario, value] of Object.entries(routing.scenarios ?? {})) {
    if (typeof value === 'string') add(`routing.scenarios.${scenario}`, value);
    else if (typeof value === 'object') add(`routing.scenarios.${scenario}.model`, value.model);
  }
  routingRules.forEach((rule, index) => {
    add(`routingRules.${index}.targetModel`, rule.targetModel);
    rule.targetModels?.forEach((name, at) => add(`routingRules.${index}.targetModels.${at}`, name));
    rule.fallback?.forEach((name, at) => add(`routingRules.${index}.fallback.${at}`, name));
  });
  intelligentRouting?.rules.forEach((rule, index) => add(`intelligentRouting.rules.${index}.model`, rule.model));
  costOptimization?.rules.forEach((rule, index) => add(`costOptimization.rules.${index}.model`, rule.model));
  add('costOptimization.budget.downgradeTo', costOptimization?.budget?.downgradeTo);
  loadBalancing?.models.forEach((name, index) => add(`loadBalancing.models.${index}`, name));
  for (const name of Object.keys(loadBalancing?.weights ?? {})) add(`loadBalancing.weights.${name}`, name);
  for (const name of Object.keys(rateLimit?.perModel ?? {})) add(`rateLimit.perModel.${name}`, name);
  return named;
}
