import { ConfigError } from '../config/problems.ts';
import type { TargetConfig } from '../config/targets.ts';
import { modelIdsOf } from '../models/catalog.ts';
import { demoModel } from './demo.ts';
import { type Preset, type PresetName, presetOf, presets } from './presets.ts';
import type { Upstream } from './transport.ts';

type Variables = (name: string) => string | undefined;

/** The models of every service whose key is in the environment, and of an Ollama on this machine; else the demo model. */
export async function detectTargets(variables: Variables, upstream: Upstream): Promise<TargetConfig[]> {
  const found = (Object.keys(presets) as PresetName[])
    .filter((type) => keyIn(presets[type], variables) !== undefined && type !== 'ollama')
    .flatMap((type) => starterModels(type).map((model) => targetOf(type, type, model)));
  const local = (await ollamaModels(upstream)).map((model) => targetOf('ollama', 'ollama', model));
  const targets = distinct([...found, ...local]);
  return targets.length > 0 ? targets : [targetOf('demo', 'demo', demoModel)];
}

/** The targets that a list of names means: `provider/model`, or a model whose maker its name tells. Throws ConfigError for others. */
export function targetsFromNames(names: readonly string[]): TargetConfig[] {
  return names.map((name) => {
    const type = providerOf(name);
    if (type === undefined) {
      throw new ConfigError('command line', [
        {
          path: '--models',
          message: `no provider is known for this model; write it as PROVIDER/MODEL, for example openrouter/${name}`,
          value: JSON.stringify(name),
        },
      ]);
    }
    const model = name.startsWith(`${type}/`) || name.startsWith(`${type},`) ? name.slice(type.length + 1) : name;
    return { ...targetOf(type, type, model), name };
  });
}

/** A model at a service, with nothing but defaults. */
export function targetOf(provider: string, type: string, model: string): TargetConfig {
  return {
    name: model,
    aliases: [`${provider}/${model}`, `${provider},${model}`],
    provider,
    providerType: type,
    model,
    apiKeys: [],
    origin: `providers.${provider}`,
  };
}

function providerOf(name: string): string | undefined {
  const [, prefix] = /^([^/,]+)[/,]/.exec(name) ?? [];
  if (prefix !== undefined) return presetOf(prefix) ? prefix : 'openrouter';
  return makers.find(([pattern]) => pattern.test(name))?.[1];
}

const makers: readonly [RegExp, PresetName][] = [
  [/^demo$/, 'demo'],
  [/^claude/i, 'anthropic'],
  [/^(gpt|o\d|chatgpt|codex)/i, 'openai'],
  [/^gemini/i, 'google'],
  [/^deepseek/i, 'deepseek'],
  [/^(mistral|codestral|magistral|devstral|ministral|pixtral)/i, 'mistral'],
  [/^grok/i, 'xai'],
  [/^kimi/i, 'moonshot'],
  [/^glm/i, 'zai'],
  [/^minimax/i, 'minimax'],
  [/^(llama|codellama|qwen|gemma|phi)[\d.:-]?/i, 'ollama'],
];

function keyIn(preset: Preset, variables: Variables): string | undefined {
  return preset.keyVariables.find((name) => Boolean(variables(name)));
}

/** Every Claude model is offered under its own name, so that what Claude Code asks for is what it gets. */
function starterModels(type: PresetName): readonly string[] {
  const { starterModels: first = [] } = presets[type] as Preset;
  return type === 'anthropic' ? [...new Set([...first, ...modelIdsOf('anthropic')])] : first;
}

async function ollamaModels(upstream: Upstream): Promise<string[]> {
  try {
    const reply = await upstream.send({
      method: 'GET',
      url: `${presets.ollama.baseUrl}/api/tags`,
      headers: {},
      signal: AbortSignal.timeout(300),
      provider: 'ollama',
    });
    const chunks: Buffer[] = [];
    for await (const chunk of reply.body) chunks.push(chunk);
    const { models } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { models?: { name?: string }[] };
    return (models ?? []).flatMap(({ name }) => (name ? [name] : []));
  } catch {
    return [];
  }
}

/** The same name at a second service is offered as `provider/model` alone. */
function distinct(targets: TargetConfig[]): TargetConfig[] {
  const names = new Set<string>();
  return targets.map((target) => {
    const name = names.has(target.name) ? `${target.provider}/${target.name}` : target.name;
    names.add(name);
    return { ...target, name };
  });
}
