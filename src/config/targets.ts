import { ConfigError, type ConfigProblem } from './problems.ts';
import { providerTypes } from './provider-types.ts';
import type { Config } from './schema.ts';

type ProviderBlock = Config['providers'][string];
type ModelFields = ProviderBlock['models'][string];

/** One model at one provider, as configured, wherever its parts were written. */
export interface TargetConfig extends Omit<ModelFields, 'apiKey' | 'model'> {
  /** What it is called in the configuration. */
  name: string;
  /** `provider/model` and `provider,model`. */
  aliases: string[];
  /** The provider's name in the configuration. */
  provider: string;
  providerType: string;
  /** The provider's id of the model. */
  model: string;
  apiKeys: string[];
  baseUrl?: string;
  /** Where it stands: `models.gpt-4`. */
  origin: string;
  /** Where the provider stands: `providers.openai`; undefined where only the model names it. */
  providerOrigin?: string;
}

/**
 * Every configured model, once: those of `models`, of `providers`, and of the provider blocks at the top level. A name that
 * stands in `models` and at its provider is one target, `models` winning field by field. Throws ConfigError for a provider
 * that is no known type.
 */
export function collectTargets(config: Config): TargetConfig[] {
  const providers = collectProviders(config);
  const problems: ConfigProblem[] = [];
  const targets = new Map<string, TargetConfig>();
  for (const [name, { provider, apiKey, model, ...fields }] of Object.entries(config.models)) {
    const block = providers.get(provider);
    const listed = block?.models[name];
    const type = typeOf(provider, block);
    if (type === undefined) {
      problems.push({
        path: `models.${name}.provider`,
        message: unknownProvider(providers),
        value: JSON.stringify(provider),
      });
      continue;
    }
    targets.set(name, {
      ...providerFields(block),
      ...defined(listed ?? {}),
      ...defined(fields),
      ...identity(name, provider, type, model ?? listed?.model ?? name),
      apiKeys: apiKey ?? listed?.apiKey ?? block?.apiKey ?? [],
      origin: `models.${name}`,
      ...(block ? { providerOrigin: block.origin } : {}),
    });
  }
  for (const [provider, block] of providers) {
    const type = typeOf(provider, block);
    if (type === undefined) {
      problems.push({
        path: `${block.origin}.type`,
        message: `say which service this is; known: ${providerTypes.join(', ')}`,
      });
      continue;
    }
    for (const [id, { apiKey, model, ...fields }] of Object.entries(block.models)) {
      if (targets.get(id)?.provider === provider) continue;
      const name = targets.has(id) ? `${provider}/${id}` : id;
      targets.set(name, {
        ...providerFields(block),
        ...defined(fields),
        ...identity(name, provider, type, model ?? id, id),
        apiKeys: apiKey ?? block.apiKey ?? [],
        origin: `${block.origin}.models.${id}`,
        providerOrigin: block.origin,
      });
    }
  }
  if (problems.length > 0) throw new ConfigError('configuration', problems);
  return [...targets.values()];
}

/** A provider with no model named: what a call for `PROVIDER/ANY-MODEL` goes to. */
export function collectProviderPatterns(config: Config): Map<string, TargetConfig> {
  const patterns = new Map<string, TargetConfig>();
  for (const [provider, block] of collectProviders(config)) {
    const type = typeOf(provider, block);
    if (type === undefined) continue;
    patterns.set(provider, {
      ...providerFields(block),
      ...identity(provider, provider, type, ''),
      apiKeys: block.apiKey ?? [],
      origin: block.origin,
      providerOrigin: block.origin,
    });
  }
  return patterns;
}

interface Provider extends ProviderBlock {
  origin: string;
}

function collectProviders(config: Config): Map<string, Provider> {
  const providers = new Map<string, Provider>();
  const add = (name: string, block: ProviderBlock | undefined, origin: string) => {
    if (!block) return;
    const known = providers.get(name);
    if (!known) providers.set(name, { ...block, origin });
    else providers.set(name, { ...known, ...defined(block), models: { ...known.models, ...block.models }, origin });
  };
  for (const name of ['openai', 'google', 'local', 'openrouter'] as const) add(name, config[name], name);
  for (const [name, block] of Object.entries(config.providers)) add(name, block, `providers.${name}`);
  return providers;
}

function typeOf(provider: string, block: Provider | undefined): string | undefined {
  const type = block?.type ?? provider;
  return (providerTypes as readonly string[]).includes(type) ? type : undefined;
}

function unknownProvider(providers: ReadonlyMap<string, unknown>): string {
  const named = [...providers.keys()];
  const known = named.length === 0 ? '' : ` or one of the configured providers (${named.join(', ')})`;
  return `expected a provider type${known}; types: ${providerTypes.join(', ')}`;
}

function identity(name: string, provider: string, providerType: string, model: string, id = name) {
  const ids = [...new Set([id, name, model])].filter((value) => value !== '' && !value.startsWith(`${provider}/`));
  const aliases = ids.flatMap((value) => [`${provider}/${value}`, `${provider},${value}`]);
  return { name, aliases, provider, providerType, model };
}

function providerFields(block: Provider | undefined): Partial<TargetConfig> {
  if (!block) return {};
  const { baseUrl, headers, timeouts, quirks, region, profile, project, location, resource, apiVersion } = block;
  return defined({ baseUrl, headers, timeouts, quirks, region, profile, project, location, resource, apiVersion });
}

function defined<Fields extends object>(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Fields;
}
