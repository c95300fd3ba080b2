import type { TargetConfig } from '../config/targets.ts';
import { anthropic } from '../dialects/anthropic/index.ts';
import type { Dialect, DialectName, ModelAbilities } from '../dialects/dialect.ts';
import { plainQuirks, type Quirks } from '../dialects/quirks.ts';
import { dialectOf } from '../dialects/registry.ts';
import { abilitiesOf } from '../models/abilities.ts';
import { configuredPrice } from '../models/billing.ts';
import { priceOf } from '../models/catalog.ts';
import { passThroughKey } from './auth.ts';
import { callUrl, readEndpoint } from './endpoint.ts';
import { KeyPool } from './key-pool.ts';
import { type ModelVariant, type Preset, presetOf } from './presets.ts';
import type { Target, Timeouts } from './target.ts';

/** What a target takes from elsewhere than its own configuration. */
export interface TargetContext {
  timeouts: Timeouts;
  /** Milliseconds that a local server may take to load a model before its first byte. */
  slowStartMs: number;
  environment(name: string): string | undefined;
  /** Variables that its configuration names and that are not set. */
  missingVariables(origin: string): readonly string[];
}

/** A configured model as a target that can be called, or that says why it can't be. */
export function makeTarget(config: TargetConfig, context: TargetContext): Target {
  const preset = presetOf(config.providerType);
  if (!preset) throw new Error(`unknown provider type ${config.providerType}`);
  const variant = preset.variants?.find(({ models }) => models.test(config.model));
  const wanted = variant?.dialect ?? preset.dialect;
  const endpoint = readEndpoint(config.endpoint, config.baseUrl ?? preset.baseUrl, wanted);
  const name = endpoint.dialect ?? wanted;
  const dialect = dialectOf(name);
  const quirks = quirksOf(preset, variant, config, name);
  const keys = keysOf(config, preset, context);
  const passThroughCredential = config.apiKeys.includes(passThroughKey);
  return {
    name: config.name,
    aliases: config.aliases,
    provider: config.provider,
    providerType: config.providerType,
    model: config.model,
    dialect: dialect ?? anthropic,
    quirks,
    abilities: abilitiesFor(config),
    configuredPrice: configuredPrice(config, priceOf(config.providerType, config.model)),
    timeouts: timeoutsFor(config, preset, context),
    auth: preset.auth,
    keys: new KeyPool(passThroughCredential ? [] : keys),
    passThroughCredential,
    headers: config.headers ?? {},
    problem: problemOf(config, preset, endpoint.base ?? endpoint.full, dialect, name, keys, context),
    url: (stream, query) =>
      callUrl(endpoint, dialect ?? anthropic, config.model, stream, name === 'anthropic' ? query : ''),
  };
}

/** A dialect's quirks, then the preset's, then those of the kind of model, then the configuration's. */
function quirksOf(
  preset: Preset,
  variant: ModelVariant | undefined,
  config: TargetConfig,
  dialect: DialectName,
): Quirks {
  const thirdParty = dialect === 'anthropic' && preset.dialect !== 'anthropic';
  return {
    ...plainQuirks,
    ...preset.quirks,
    ...variant?.quirks,
    ...(config.supportsImages === undefined ? {} : { images: config.supportsImages }),
    ...(thirdParty ? { clientIdentity: 'withhold' } : {}),
    ...(config.quirks as Partial<Quirks> | undefined),
  };
}

function keysOf(config: TargetConfig, preset: Preset, context: TargetContext): string[] {
  const configured = config.apiKeys.filter((key) => key !== '');
  if (configured.length > 0 || config.apiKeys.length > 0) return configured;
  for (const variable of preset.keyVariables) {
    const key = context.environment(variable);
    if (key) return [key];
  }
  return [];
}

function abilitiesFor(config: TargetConfig): ModelAbilities {
  const known = abilitiesOf(config.providerType, config.model, {
    contextWindow: config.contextWindow,
    maxOutput: config.maxTokens,
    images: config.supportsImages,
    tools: config.supportsTools,
    reasoning: config.supportsThinking,
  });
  const windowConfigured = config.contextWindow !== undefined;
  return { ...known, windowConfigured, temperature: config.temperature };
}

function timeoutsFor(config: TargetConfig, preset: Preset, context: TargetContext): Timeouts {
  const base = preset.slowStart ? { ...context.timeouts, firstByte: context.slowStartMs } : context.timeouts;
  const { firstByte, idle, total } = config.timeouts ?? {};
  return { firstByte: firstByte ?? base.firstByte, idle: idle ?? base.idle, total: total ?? base.total };
}

function problemOf(
  config: TargetConfig,
  preset: Preset,
  address: string | undefined,
  dialect: Dialect | undefined,
  dialectName: DialectName,
  keys: readonly string[],
  context: TargetContext,
): string | undefined {
  const [missing] = context.missingVariables(config.origin);
  if (missing !== undefined) return `environment variable ${missing} is not set (${config.origin})`;
  if (dialect === undefined) return `not available yet: the ${dialectName} format of ${preset.label}`;
  if (preset.auth === 'aws' || preset.auth === 'google') return `not available yet: ${preset.label}`;
  if (address === undefined) return `${config.origin}: baseUrl is missing, and ${preset.label} has no usual address`;
  if (keys.length === 0 && !preset.keyOptional) {
    const [variable] = preset.keyVariables;
    return `no key for ${preset.label}: set apiKey in ${config.origin}${variable ? `, or the environment variable ${variable}` : ''}`;
  }
  return undefined;
}
