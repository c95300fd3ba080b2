import type { TargetConfig } from '../config/targets.ts';
import type { DialectName, ModelAbilities } from '../dialects/dialect.ts';
import { plainQuirks, type Quirks } from '../dialects/quirks.ts';
import { dialectOf } from '../dialects/registry.ts';
import { abilitiesOf } from '../models/abilities.ts';
import { configuredPrice } from '../models/billing.ts';
import { priceOf } from '../models/catalog.ts';
import { passThroughKey } from './auth.ts';
import { authorizesWithoutKey, type CloudSite, cloudKeys, cloudSite } from './clouds/cloud.ts';
import { type Counting, generateContentCounting, messagesCounting, responsesCounting } from './counting.ts';
import { callUrl, type Endpoint, readEndpoint } from './endpoint.ts';
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
  /** Why encrypted values of its configuration can't be opened. */
  unopened?(origin: string): readonly string[];
}

/** A configured model as a target that can be called, or that says why it can't be. */
export function makeTarget(config: TargetConfig, context: TargetContext): Target {
  const preset = presetOf(config.providerType);
  if (!preset) throw new Error(`unknown provider type ${config.providerType}`);
  const variant = preset.variants?.find(({ models }) => models.test(config.model));
  const wanted = variant?.dialect ?? preset.dialect;
  const keys = keysOf(config, preset, context);
  const { endpoint, credential } = siteOf(config, preset, wanted, keys, context);
  const name = endpoint.dialect ?? wanted;
  const dialect = dialectOf(name);
  const quirks = quirksOf(preset, variant, endpoint, config, name);
  const url = (stream: boolean, query: string) =>
    callUrl(endpoint, dialect, config.model, stream, name === 'anthropic' ? query : '');
  const passThroughCredential = config.apiKeys.includes(passThroughKey);
  return {
    name: config.name,
    aliases: config.aliases,
    provider: config.provider,
    providerType: config.providerType,
    model: config.model,
    dialect,
    quirks,
    abilities: abilitiesFor(config),
    configuredPrice: configuredPrice(config, priceOf(config.providerType, config.model)),
    timeouts: timeoutsFor(config, preset, context),
    auth: preset.auth,
    credential,
    keys: new KeyPool(passThroughCredential ? [] : keys),
    maxConcurrent: config.maxConcurrent,
    passThroughCredential,
    headers: config.headers ?? {},
    problem: problemOf(config, preset, endpoint, keys, context),
    url,
    counting: endpoint.counting ?? countingOf(name, preset, url),
  };
}

function siteOf(
  config: TargetConfig,
  preset: Preset,
  dialect: DialectName,
  keys: readonly string[],
  context: TargetContext,
): CloudSite {
  if (preset.cloud) return cloudSite(preset.cloud, config, dialect, keys, context.environment);
  return { endpoint: readEndpoint(config.endpoint, config.baseUrl ?? preset.baseUrl, dialect) };
}

function countingOf(dialect: DialectName, preset: Preset, url: Target['url']): Counting | undefined {
  if (dialect === 'anthropic' && preset.auth !== 'none') return messagesCounting(url(false, ''));
  if (dialect === 'gemini') return generateContentCounting(url(false, ''));
  return dialect === 'openai-responses' && preset.countsResponses ? responsesCounting(url(false, '')) : undefined;
}

/** A dialect's quirks, then the preset's, those of the kind of model, of the form of address, and the configuration's. */
function quirksOf(
  preset: Preset,
  variant: ModelVariant | undefined,
  endpoint: Endpoint,
  config: TargetConfig,
  dialect: DialectName,
): Quirks {
  const thirdParty = dialect === 'anthropic' && preset.dialect !== 'anthropic';
  return {
    ...plainQuirks,
    mediaAddresses: !bytesOnly.has(dialect),
    ...preset.quirks,
    ...variant?.quirks,
    ...endpoint.quirks,
    ...(config.supportsImages === undefined ? {} : { images: config.supportsImages }),
    ...(thirdParty ? { clientIdentity: 'withhold' } : {}),
    ...(config.quirks as Partial<Quirks> | undefined),
  };
}

/** Formats that have no place for the address of an image. */
const bytesOnly: ReadonlySet<DialectName> = new Set(['gemini', 'ollama', 'ollama-generate']);

function keysOf(config: TargetConfig, preset: Preset, context: TargetContext): string[] {
  const configured = config.apiKeys.filter((key) => key !== '');
  if (configured.length > 0 || config.apiKeys.length > 0) return configured;
  for (const variable of preset.keyVariables) {
    const key = context.environment(variable);
    if (key && !(preset.cloud === 'bedrock' && config.profile !== undefined)) return [key];
  }
  return preset.cloud ? cloudKeys(preset.cloud, config, context.environment) : [];
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
  endpoint: Endpoint,
  keys: readonly string[],
  context: TargetContext,
): string | undefined {
  const [missing] = context.missingVariables(config.origin);
  if (missing !== undefined) return `environment variable ${missing} is not set (${config.origin})`;
  for (const origin of [config.origin, config.providerOrigin]) {
    const [reason] = origin === undefined ? [] : (context.unopened?.(origin) ?? []);
    if (reason !== undefined) return `an encrypted value of ${origin} can't be opened: ${reason}`;
  }
  if (endpoint.missing !== undefined) {
    return `${config.providerOrigin ?? config.origin}: ${endpoint.missing} is missing for ${preset.label}`;
  }
  if (endpoint.base === undefined && endpoint.full === undefined) {
    return `${config.origin}: baseUrl is missing, and ${preset.label} has no usual address`;
  }
  const optional =
    preset.keyOptional || (preset.cloud && authorizesWithoutKey(preset.cloud, config, context.environment));
  if (keys.length === 0 && !optional) {
    const [variable] = preset.keyVariables;
    return `no key for ${preset.label}: set apiKey in ${config.origin}${variable ? `, or the environment variable ${variable}` : ''}`;
  }
  return undefined;
}
