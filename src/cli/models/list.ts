import { resolvePaths } from '../../config/paths.ts';
import { type Assembly, assemble } from '../../daemon/assemble.ts';
import { readRunState } from '../../daemon/run-state.ts';
import { catalogInForce } from '../../models/catalog.ts';
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
  const models = assembly.registry.targets.map((target) => entryOf(target, assembly));
  if (json) return terminal.json(models);
  terminal.table(
    ['NAME', 'PROVIDER', 'MODEL', 'WINDOW', '$/M IN', '$/M OUT', 'STATE'],
    models.map(({ name, provider, model, contextWindow, price, isDefault, problem }) => [
      isDefault ? `${name} (default)` : name,
      provider,
      model,
      contextWindow === null ? 'unknown' : String(contextWindow),
      ...(price === null ? ['unknown', 'unknown'] : [String(price.input), String(price.output)]),
      problem ?? 'ready',
    ]),
  );
  const { asOf, from } = catalogInForce();
  const taken = from === 'kept' ? 'taken by `router models update`' : 'shipped';
  terminal.say(`Prices that the configuration does not state are of ${asOf} (${taken}).`);
  for (const warning of assembly.warnings.filter((each) => each.includes('catalogue')))
    terminal.say(terminal.paint.yellow(warning));
}

function entryOf(target: Target, { defaultModel, routing }: Assembly) {
  const { name, provider, model, abilities, problem, aliases } = target;
  return {
    ...{ name, provider, model, aliases, isDefault: name === defaultModel },
    contextWindow: abilities.contextWindow ?? null,
    maxOutput: abilities.maxOutput ?? null,
    price: routing.table.priceOf(target) ?? null,
    ...(problem === undefined ? {} : { problem }),
  };
}
