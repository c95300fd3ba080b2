import type { CommandContext } from '../command.ts';
import { type ConfigPath, changeConfig, configFileOf, readWritten, valueAt } from '../config-file.ts';
import { CliFailure } from '../exit.ts';
import type { ModelOptions } from '../models.ts';

/** Makes a model the default. Throws ConfigError where there is no such model. */
export async function switchModel(name: string, { config }: ModelOptions, context: CommandContext): Promise<void> {
  const file = configFileOf(context, config);
  await changeConfig(file, [{ path: ['routing', 'defaultModel'], value: name }], context);
  context.terminal.say(`The default model is now ${name} (${file}).`);
}

/** Removes a model wherever it is configured. Throws ConfigError where a rule or route still names it. */
export async function removeModel(name: string, { config }: ModelOptions, context: CommandContext): Promise<void> {
  const file = configFileOf(context, config);
  const written = await readWritten(file);
  const paths = placesOf(name, written);
  if (paths.length === 0) throw new CliFailure(`${file} has no model "${name}"; \`router models list\` shows them.`);
  await changeConfig(
    file,
    paths.map((path) => ({ path, value: undefined })),
    context,
  );
  context.terminal.say(`Removed ${name} from ${file}.`);
}

/** In `models`, in `providers`, and in the providers' blocks at the top level. */
function placesOf(name: string, written: unknown): ConfigPath[] {
  const providers = valueAt(written, ['providers']);
  const blocks: ConfigPath[] = [
    ...['openai', 'google', 'local', 'openrouter'].map((block) => [block]),
    ...Object.keys(typeof providers === 'object' && providers !== null ? providers : {}).map((id) => ['providers', id]),
  ];
  const inModels: ConfigPath[] = [['models', name]];
  const inBlocks = blocks.flatMap((block): ConfigPath[] => {
    const prefix = `${block.at(-1)}/`;
    const id = name.startsWith(prefix) ? name.slice(prefix.length) : name;
    return [[...block, 'models', id]];
  });
  return [...inModels, ...inBlocks].filter((path) => valueAt(written, path) !== undefined);
}
