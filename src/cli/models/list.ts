import { resolvePaths } from '../../config/paths.ts';
import { assemble } from '../../daemon/assemble.ts';
import { readRunState } from '../../daemon/run-state.ts';
import type { Target } from '../../providers/target.ts';
import type { CommandContext } from '../command.ts';
import type { ModelOptions } from '../models.ts';

/** Lists the models that the running router has, else those that a new one would have. */
export async function listModels({ config, json }: ModelOptions, context: CommandContext): Promise<void> {
  const { environment, terminal } = context;
  const running = readRunState(resolvePaths(environment).pidFile);
  const configFile = config ?? running?.configFile ?? undefined;
  const assembly = await assemble({ ...(configFile === undefined ? {} : { configFile }), environment });
  await assembly.transport.destroy();
  const models = assembly.registry.targets.map((target) => entryOf(target, assembly.defaultModel));
  if (json) return terminal.json(models);
  terminal.table(
    ['NAME', 'PROVIDER', 'MODEL', 'WINDOW', 'STATE'],
    models.map(({ name, provider, model, contextWindow, isDefault, problem }) => [
      isDefault ? `${name} (default)` : name,
      provider,
      model,
      contextWindow === null ? 'unknown' : String(contextWindow),
      problem ?? 'ready',
    ]),
  );
}

function entryOf(target: Target, defaultModel: string | undefined) {
  const { name, provider, model, abilities, problem, aliases } = target;
  return {
    ...{ name, provider, model, aliases, isDefault: name === defaultModel },
    contextWindow: abilities.contextWindow ?? null,
    maxOutput: abilities.maxOutput ?? null,
    ...(problem === undefined ? {} : { problem }),
  };
}
