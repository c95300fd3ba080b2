import type { TargetConfig } from '../config/targets.ts';
import type { Target } from './target.ts';

/** Every target, found by its names. */
export interface Registry {
  readonly targets: readonly Target[];
  /**
   * The target with this name or alias; `PROVIDER/MODEL` and `PROVIDER,MODEL` also where the model is not configured but
   * the provider is. `claude-router/NAME`, the name shown to Claude Code's model list, is NAME.
   */
  find(name: string): Target | undefined;
  /** Those without a problem. */
  usable(): readonly Target[];
}

/** Makes a registry; `makeTarget` turns a configured model into a target. */
export function createRegistry(
  configs: readonly TargetConfig[],
  providers: ReadonlyMap<string, TargetConfig>,
  makeTarget: (config: TargetConfig) => Target,
): Registry {
  const targets = configs.map(makeTarget);
  const byName = new Map<string, Target>();
  for (const target of targets) for (const alias of target.aliases) if (!byName.has(alias)) byName.set(alias, target);
  for (const target of targets) byName.set(target.name, target);
  const adHoc = new Map<string, Target>();

  const findServed = (name: string): Target | undefined => {
    const [, provider, model] = /^([^/,]+)[/,](.+)$/.exec(name) ?? [];
    const config = provider === undefined ? undefined : providers.get(provider);
    if (config === undefined || model === undefined) return undefined;
    const known = adHoc.get(name);
    if (known) return known;
    const target = makeTarget({ ...config, name, aliases: [], model, origin: `providers.${provider}` });
    if (adHoc.size < 1000) adHoc.set(name, target);
    return target;
  };

  return {
    targets,
    find(name) {
      const shown = name.replace(/^claude-router\//, '');
      return byName.get(shown) ?? findServed(shown);
    },
    usable: () => targets.filter((target) => target.problem === undefined),
  };
}
