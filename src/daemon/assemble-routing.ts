import type { Config } from '../config/schema.ts';
import type { TargetConfig } from '../config/targets.ts';
import { findModel, priceOf } from '../models/catalog.ts';
import type { Price } from '../models/price.ts';
import type { Registry } from '../providers/registry.ts';
import type { Target } from '../providers/target.ts';
import { type BuiltTable, buildTable } from '../routing/build-table.ts';

/** The routing table of a configuration whose names are checked. Throws ConfigError for conditions that can't be read. */
export function assembleRouting(
  config: Config,
  registry: Registry,
  targets: readonly TargetConfig[],
  models: string[] | undefined,
): BuiltTable {
  const { defaultModel } = config.routing;
  const resolve = resolver(registry, targets);
  const named = models || defaultModel === undefined ? undefined : resolve(defaultModel);
  const configs = new Map(targets.map((target) => [target.name, target]));
  return buildTable(config, {
    find: (name) => registry.find(name),
    resolve,
    defaultTarget: named ?? registry.targets[0],
    targets: registry.targets,
    weightOf: ({ name }) => configs.get(name)?.weight,
    priceOf: prices(),
  });
}

/** The configured provider whose own list in the catalogue has a model of this name. */
export function providerServing(name: string, targets: readonly TargetConfig[]): string | undefined {
  return targets.find(({ providerType }) => findModel(providerType, name)?.provider === providerType)?.provider;
}

/** Finds targets by names of the configuration; one that only the catalogue knows keeps the name that it has there. */
function resolver(registry: Registry, targets: readonly TargetConfig[]): (name: string) => Target | undefined {
  const served = new Map<string, Target | undefined>();
  return (name) => {
    const configured = registry.find(name);
    if (configured) return configured;
    if (!served.has(name)) {
      const provider = providerServing(name, targets);
      const target = provider === undefined ? undefined : registry.find(`${provider}/${name}`);
      served.set(name, target && { ...target, name, aliases: [target.name, `${provider},${name}`] });
    }
    return served.get(name);
  };
}

/** What the configuration says a model costs, else the catalogue. */
function prices(): (target: Target) => Price | undefined {
  const known = new Map<string, Price | undefined>();
  return ({ name, providerType, model, configuredPrice }) => {
    if (!known.has(name)) known.set(name, configuredPrice ?? priceOf(providerType, model));
    return known.get(name);
  };
}
