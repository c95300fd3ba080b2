import { nearest } from '../../config/nearest.ts';
import { providerTypes } from '../../config/provider-types.ts';
import { presetOf } from '../../providers/presets.ts';
import type { CommandContext } from '../command.ts';
import { type ConfigChange, changeConfig, configFileOf, readWritten, valueAt } from '../config-file.ts';
import { CliFailure, exitCodes } from '../exit.ts';
import type { ModelOptions } from '../models.ts';

export interface AddOptions extends ModelOptions {
  provider?: string;
  model?: string;
  endpoint?: string;
  apiKey?: string;
  maxTokens?: number;
  contextWindow?: number;
  default?: boolean;
}

/** Adds a model; what is missing is asked for on a terminal. Throws ConfigError where the result can't be used. */
export async function addModel(name: string, options: AddOptions, context: CommandContext): Promise<void> {
  const file = configFileOf(context, options.config);
  const written = await readWritten(file);
  if (valueAt(written, ['models', name]) !== undefined) {
    throw new CliFailure(`${file} has a model "${name}" already; \`router models remove ${name}\` removes it.`);
  }
  const provider = options.provider ?? (await askProvider(name, context));
  checkProvider(provider, written);
  const apiKey = options.apiKey ?? (await askKey(provider, written, context));
  const { model, endpoint, maxTokens, contextWindow } = options;
  const value = withoutUndefined({ provider, model, endpoint, apiKey, maxTokens, contextWindow });
  const changes: ConfigChange[] = [{ path: ['models', name], value }];
  if (options.default) changes.push({ path: ['routing', 'defaultModel'], value: name });
  await changeConfig(file, changes, context);
  context.terminal.say(`Added ${name} to ${file}.`);
}

function checkProvider(provider: string, written: unknown): void {
  const configured = Object.keys((valueAt(written, ['providers']) as object | undefined) ?? {});
  const blocks = ['openai', 'google', 'local', 'openrouter'].filter((block) => valueAt(written, [block]) !== undefined);
  const known = [...providerTypes, ...configured, ...blocks];
  if (known.includes(provider)) return;
  const meant = nearest(provider, known);
  const hint = meant === undefined ? `one of ${[...new Set(known)].join(', ')}` : `did you mean "${meant}"?`;
  throw new CliFailure(`--provider: there is no service "${provider}"; ${hint}`, exitCodes.usage);
}

async function askProvider(name: string, { terminal }: CommandContext): Promise<string> {
  if (!terminal.canAsk) {
    throw new CliFailure(`--provider is missing; one of ${providerTypes.join(', ')}`, exitCodes.usage);
  }
  const { isCancel, select } = await import('@clack/prompts');
  const options = providerTypes.map((type) => ({ value: type as string, label: presetOf(type)?.label ?? type }));
  const answer = await select({ message: `Which service has ${name}?`, options, output: process.stderr });
  if (isCancel(answer)) throw new CliFailure('Nothing was changed.');
  return answer;
}

/** A variable is asked for, never a key: keys do not belong in files. */
async function askKey(provider: string, written: unknown, { terminal }: CommandContext): Promise<string | undefined> {
  const preset = presetOf(provider);
  const configured = valueAt(written, ['providers', provider]) !== undefined;
  if (!terminal.canAsk || !preset || preset.keyOptional || configured) return undefined;
  const { isCancel, text } = await import('@clack/prompts');
  const [variable = ''] = preset.keyVariables;
  const answer = await text({
    message: 'Which environment variable holds its key?',
    initialValue: variable,
    output: process.stderr,
  });
  if (isCancel(answer)) throw new CliFailure('Nothing was changed.');
  return answer === '' || answer === variable ? undefined : `\${${answer}}`;
}

function withoutUndefined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
