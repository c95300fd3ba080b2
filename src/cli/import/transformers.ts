import { countIn, type Earlier, isObject, textIn } from './earlier.ts';
import type { ImportReport } from './report.ts';

/** What the transformers of a provider or a model come to here. */
export interface TransformerSettings {
  maxTokens?: number;
  temperature?: number;
  quirks: Record<string, unknown>;
}

/** One entry of a `use` list. */
export interface UsedTransformer {
  name: string;
  options: Earlier;
}

/** The entries of `{use: [NAME, [NAME, OPTIONS]]}`. */
export function usedTransformers(block: unknown): UsedTransformer[] {
  const use = isObject(block) && Array.isArray(block.use) ? block.use : [];
  return use.flatMap((entry: unknown) => {
    const [name, options] = Array.isArray(entry) ? entry : [entry];
    const known = textIn(name);
    return known === undefined ? [] : [{ name: known, options: isObject(options) ? options : {} }];
  });
}

/** What these transformers set here; what needs nothing and what can't be had is reported under `where`. */
export function transformerSettings(
  used: readonly UsedTransformer[],
  where: string,
  report: ImportReport,
): TransformerSettings {
  const settings: TransformerSettings = { quirks: {} };
  for (const { name, options } of used) {
    const key = name.toLowerCase();
    const apply = effects[key];
    if (apply) apply(options, settings, `${where} ${name}`, report);
    else if (covered[key] !== undefined) report.change(`${where} ${name}`, `not needed: ${covered[key]}`);
    else report.drop(`${where} ${name}`, refused[key] ?? ownTransformer);
  }
  return settings;
}

type Effect = (options: Earlier, settings: TransformerSettings, what: string, report: ImportReport) => void;

const effects: Readonly<Record<string, Effect>> = {
  maxtoken(options, settings, what, report) {
    const limit = countIn(options.max_tokens);
    if (limit === undefined) return report.drop(what, 'it names no max_tokens');
    settings.maxTokens = limit;
    report.carry(what, `maxTokens ${limit}`);
  },
  maxcompletiontokens(_options, settings, what, report) {
    settings.quirks.maxTokensField = 'max_completion_tokens';
    report.carry(what, 'quirks.maxTokensField');
  },
  sampling(options, settings, what, report) {
    const { temperature, max_tokens: limit, ...rest } = options;
    const maxTokens = countIn(limit);
    if (maxTokens !== undefined) settings.maxTokens = maxTokens;
    if (typeof temperature === 'number' && temperature >= 0 && temperature <= 2) settings.temperature = temperature;
    addToBody(rest, settings);
    report.change(what, 'temperature is sent where the client sends none; other fields are sent with every request');
  },
  customparams(options, settings, what, report) {
    addToBody(options, settings);
    report.carry(what, 'quirks.extraBody');
  },
};

function addToBody(fields: Earlier, settings: TransformerSettings): void {
  if (Object.keys(fields).length === 0) return;
  settings.quirks.extraBody = { ...(settings.quirks.extraBody as object | undefined), ...fields };
}

const knownForm = 'the router knows the format of this service';

/** Transformers for what the router does without being told. */
const covered: Readonly<Record<string, string>> = {
  anthropic: knownForm,
  openai: knownForm,
  'openai-response': knownForm,
  'openai-responses': knownForm,
  openrouter: knownForm,
  deepseek: knownForm,
  gemini: knownForm,
  groq: knownForm,
  cerebras: knownForm,
  vercel: knownForm,
  'vertex-gemini': knownForm,
  'vertex-claude': knownForm,
  cleancache: 'marks for prompt caches go only to services that know them',
  streamoptions: 'usage is asked for in every stream',
  reasoning: 'reasoning is read in every form that services send',
  extrathinktag: 'reasoning in <think> tags is read as reasoning',
  enhancetool: 'tool calls are shown when they are whole, and only if their arguments can be read',
};

const otherLogin = 'it uses the login of another program, which the router does not';
const ownTransformer =
  'it is not one of the transformers that are known; a transformer of your own has to be written anew for `transformers`';

const refused: Readonly<Record<string, string>> = {
  tooluse: 'no tool choice is forced on models here; choose a model that calls tools by itself',
  forcereasoning: 'no reasoning is asked for in the prompt here; choose a model that reasons by itself',
  'gemini-cli': otherLogin,
  'qwen-cli': otherLogin,
  'rovo-cli': otherLogin,
};
