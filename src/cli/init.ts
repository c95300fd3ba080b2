import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { writeConfigFile } from '../config/edit.ts';
import { resolvePaths } from '../config/paths.ts';
import { providerTypes } from '../config/provider-types.ts';
import { checkConfig } from '../daemon/check-config.ts';
import { type Preset, presetOf, presets } from '../providers/presets.ts';
import type { CommandContext } from './command.ts';
import { CliFailure, exitCodes } from './exit.ts';
import { type FirstProvider, firstConfigText } from './init/text.ts';

interface InitOptions {
  config?: string;
  provider?: string;
  apiKey?: string;
  model?: string;
  endpoint?: string;
  yes?: boolean;
  force?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .option('-c, --config <file>', 'where to write it; the usual place where left out')
    .option('--provider <type>', 'the service')
    .option('--api-key <value>', 'its key; better ${NAME}, a variable of the environment')
    .option('--model <id>', 'the model; the one that is offered first where left out')
    .option('--endpoint <url>', 'where the service is, where that is not the usual place')
    .option('-y, --yes', 'ask nothing: the services whose keys are in the environment, else the demo model')
    .option('--force', 'replace the configuration that is there')
    .addHelpText(
      'after',
      "\nAsks on a terminal for what is not said.\n\nExample:\n  router init --provider openai --api-key '${OPENAI_API_KEY}' --model gpt-6-sol",
    )
    .action((options: InitOptions) => init(options, context));
}

/** Writes a first configuration. One that is there is replaced only where that is said. */
async function init(options: InitOptions, context: CommandContext): Promise<void> {
  const { terminal, environment } = context;
  const file = resolve(options.config ?? environment.router.config ?? resolvePaths(environment).configFile);
  if (existsSync(file) && !options.force) {
    throw new CliFailure(
      `${file} exists and was left as it is. \`router config edit\` changes it; --force replaces it.`,
    );
  }
  const providers = await chosenProviders(options, context);
  const text = firstConfigText(providers);
  const { problems } = await checkConfig({ text, format: 'json', directory: resolve(file, '..'), environment });
  writeConfigFile(file, text);
  terminal.say(`Wrote ${file}.`);
  for (const problem of problems) terminal.say(terminal.paint.yellow(`To do: ${problem}`));
  terminal.say('`router start` starts the router, `router code` starts Claude Code with it.');
}

async function chosenProviders(options: InitOptions, context: CommandContext): Promise<FirstProvider[]> {
  const { provider, apiKey, model, endpoint } = options;
  if (provider !== undefined) return [await completed({ ...options, provider }, context)];
  const lone = Object.entries({ '--api-key': apiKey, '--model': model, '--endpoint': endpoint }).find(
    ([, value]) => value !== undefined,
  );
  if (lone) throw new CliFailure(`${lone[0]} needs --provider: whose is it?`, exitCodes.usage);
  if (options.yes) return detectedProviders(context);
  if (!context.terminal.canAsk) {
    throw new CliFailure(
      `There is no terminal to ask on: say --provider (${providerTypes.join(', ')}), or --yes for the services whose keys are in the environment.`,
      exitCodes.usage,
    );
  }
  const { askProvider } = await import('./init/ask.ts');
  return [await askProvider(context)];
}

/** What the flags say, with the usual key and model. */
async function completed(options: InitOptions & { provider: string }, context: CommandContext): Promise<FirstProvider> {
  const { provider: type, apiKey, endpoint } = options;
  const preset = presetOf(type);
  if (!preset) {
    throw new CliFailure(
      `--provider: there is no service "${type}"; one of ${providerTypes.join(', ')}`,
      exitCodes.usage,
    );
  }
  const model = options.model ?? preset.starterModels?.[0] ?? (type === 'demo' ? 'demo' : undefined);
  if (model === undefined && context.terminal.canAsk && !options.yes) {
    const { askModel } = await import('./init/ask.ts');
    return { type, models: [await askModel(preset)], apiKey: apiKey ?? usualKey(preset), endpoint };
  }
  if (model === undefined) throw new CliFailure(`--model is missing: which model of ${preset.label}?`, exitCodes.usage);
  return { type, models: [model], apiKey: apiKey ?? usualKey(preset), endpoint };
}

/** The services whose key is in the environment, with the models offered first; the demo model where there is none. */
function detectedProviders({ environment }: CommandContext): FirstProvider[] {
  const found = Object.entries(presets as Readonly<Record<string, Preset>>).flatMap(
    ([type, preset]): FirstProvider[] => {
      const variable = preset.keyVariables.find((name) => Boolean(environment.get(name)));
      const [model] = preset.starterModels ?? [];
      return variable === undefined || model === undefined
        ? []
        : [{ type, models: [model], apiKey: `\${${variable}}`, endpoint: undefined }];
    },
  );
  return found.length > 0 ? found : [{ type: 'demo', models: ['demo'], apiKey: undefined, endpoint: undefined }];
}

function usualKey({ keyVariables, keyOptional }: Preset): string | undefined {
  const [variable] = keyVariables;
  return variable === undefined || keyOptional ? undefined : `\${${variable}}`;
}
