import { type Command, InvalidArgumentError } from 'commander';
import { type CommandContext, subcommands } from './command.ts';
import { type AddOptions, addModel } from './models/add.ts';
import { listModels } from './models/list.ts';
import { modelStatus } from './models/status.ts';
import { removeModel, switchModel } from './models/switch.ts';
import { testModels } from './models/test.ts';
import { type UpdateOptions, updateCatalog } from './models/update.ts';

export interface ModelOptions {
  config?: string;
  json?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  const sub = subcommands(command);
  command.addHelpText('after', '\nExample:\n  router models add fast --provider groq --model llama-3.3-70b-versatile');
  sub('list', 'List the models that can be asked for', 'router models list --json')
    .option('--json', 'print it as JSON')
    .action((options: ModelOptions) => listModels(options, context));
  sub('status', 'Say how the models of the running router are', 'router models status')
    .option('--json', 'print it as JSON')
    .action((options: ModelOptions) => modelStatus(options, context));
  sub('test [names...]', 'Ask each model for a word and say how it went', 'router models test gpt-4')
    .option('--json', 'print it as JSON')
    .action((names: string[], options: ModelOptions) => testModels(names, options, context));
  addOptions(sub('add <name>', 'Add a model to the configuration', 'router models add gpt-4 --provider openai')).action(
    (name: string, options: AddOptions) => addModel(name, options, context),
  );
  sub('remove <name>', 'Remove a model from the configuration', 'router models remove gpt-4').action(
    (name: string, options: ModelOptions) => removeModel(name, options, context),
  );
  sub(
    'update [source]',
    'Take a newer catalogue of models and prices, from a file or an address',
    'router models update https://example.com/catalog.json',
  )
    .option('--reset', 'go back to the catalogue of this version')
    .option('--json', 'print what changed as JSON')
    .action((source: string | undefined, options: UpdateOptions) => updateCatalog(source, options, context));
  sub('switch <name>', 'Make a model the default', 'router models switch gpt-4').action(
    (name: string, options: ModelOptions) => switchModel(name, options, context),
  );
}

function addOptions(command: Command): Command {
  return command
    .option('--provider <type>', 'the service, or a provider of the configuration')
    .option('--model <id>', "the service's id of the model; the name where left out")
    .option('--endpoint <url>', 'where it is, where that is not the usual place')
    .option('--api-key <value>', 'the key; better ${NAME}, a variable of the environment')
    .option('--max-tokens <count>', 'its limit of output tokens', readCount)
    .option('--context-window <count>', 'tokens of prompt and answer together', readCount)
    .option('--default', 'make it the default, too');
}

function readCount(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected a whole number above zero.');
}
