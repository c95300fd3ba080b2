import { isCancel, select, text } from '@clack/prompts';
import { providerTypes } from '../../config/provider-types.ts';
import { type Preset, presetOf } from '../../providers/presets.ts';
import type { CommandContext } from '../command.ts';
import { CliFailure } from '../exit.ts';
import type { FirstProvider } from './text.ts';

/** What is asked goes to standard error: standard output is for data. */
const output = process.stderr;

/** Asks which service to use, where its key is and which model. Throws CliFailure where the person gives up. */
export async function askProvider({ environment }: CommandContext): Promise<FirstProvider> {
  const services = providerTypes.map((type) => ({ type: type as string, preset: presetOf(type)! }));
  const hasKey = ({ preset }: { preset: Preset }) => preset.keyVariables.some((name) => Boolean(environment.get(name)));
  const ordered = [...services.filter(hasKey), ...services.filter((service) => !hasKey(service))];
  const options = ordered.map(({ type, preset }) => ({
    value: type,
    label: preset.label,
    ...(hasKey({ preset }) ? { hint: 'its key is in the environment' } : {}),
  }));
  const type = answered(await select({ message: 'Which service answers?', options, maxItems: 12, output }));
  const preset = presetOf(type)!;
  const endpoint = preset.baseUrl === undefined && !preset.cloud ? await askEndpoint(preset) : undefined;
  const apiKey = await askKey(preset, environment.get);
  return { type, endpoint, apiKey, models: [await askModel(preset)] };
}

/** Asks for a model of a service. */
export async function askModel({ label, starterModels = [] }: Preset): Promise<string> {
  const [first] = starterModels;
  const message = `Which model of ${label}? Its id, as the service names it`;
  const answer = answered(
    await text({ message, output, ...(first === undefined ? {} : { initialValue: first }), validate: needed }),
  );
  return answer.trim();
}

async function askEndpoint({ label }: Preset): Promise<string> {
  const validate = (value: string | undefined) =>
    URL.canParse(value ?? '') ? undefined : 'A URL, as http://127.0.0.1:8000/v1';
  return answered(
    await text({ message: `Where is the ${label}?`, placeholder: 'http://127.0.0.1:8000/v1', output, validate }),
  );
}

/** A variable is asked for, never a key: keys do not belong in files. */
async function askKey(preset: Preset, get: (name: string) => string | undefined): Promise<string | undefined> {
  const [usual] = preset.keyVariables;
  if (usual === undefined || preset.keyOptional) return undefined;
  const initialValue = preset.keyVariables.find((name) => Boolean(get(name))) ?? usual;
  const validate = (value: string | undefined) =>
    /^[A-Za-z_]\w*$/.test(value?.trim() ?? '') ? undefined : 'The name of a variable, not the key itself';
  const answer = answered(
    await text({ message: 'Which environment variable holds its key?', initialValue, output, validate }),
  );
  return `\${${answer.trim()}}`;
}

function needed(value: string | undefined): string | undefined {
  return value?.trim() ? undefined : 'A name is needed';
}

function answered<Value>(answer: Value): Exclude<Value, symbol> {
  if (isCancel(answer)) throw new CliFailure('Nothing was written.');
  return answer as Exclude<Value, symbol>;
}
