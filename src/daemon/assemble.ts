import { existsSync } from 'node:fs';
import { Admission } from '../admission/admit.ts';
import { budgetPolicyOf } from '../admission/budget.ts';
import { rateLimitsOf } from '../admission/rate-limit.ts';
import { type Currency, usDollars } from '../call/money.ts';
import { checkNames } from '../config/check-names.ts';
import type { Environment } from '../config/env.ts';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { type Paths, resolvePaths } from '../config/paths.ts';
import { ConfigError } from '../config/problems.ts';
import { type Config, defaultConfig } from '../config/schema.ts';
import { isSwitchedOff } from '../config/switches.ts';
import { collectProviderPatterns, collectTargets, type TargetConfig } from '../config/targets.ts';
import type { GatewayParts, RoutingParts } from '../gateway/parts.ts';
import type { CustomRouter } from '../gateway/route-call.ts';
import { followCatalog, knownModel } from '../models/catalog.ts';
import { PromptEstimates } from '../models/prompt-estimates.ts';
import { type CountedRequest, measureRequest, PartMemo, TextMemo } from '../models/tokens.ts';
import { detectTargets, targetOf, targetsFromNames } from '../providers/autodetect.ts';
import { makeTarget, type TargetContext } from '../providers/make-target.ts';
import { createRegistry, type Registry } from '../providers/registry.ts';
import { Transport } from '../providers/transport.ts';
import type { RoutingTable } from '../routing/decide.ts';
import { MasterKeys } from '../secrets/master-keys.ts';
import { SecretBox } from '../secrets/secret-box.ts';
import type { CompressionSettings } from '../server/compress.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Access } from './access.ts';
import { assembleExtensions } from './assemble-extensions.ts';
import { assembleRouting, providerServing } from './assemble-routing.ts';
import type { Commons } from './commons.ts';
import type { LedgerSource } from './ledgers.ts';
import type { Generation } from './live-service.ts';
import { loadCustomRouter } from './load-custom-router.ts';
import { breakerSettings, type Moment, newMoment, retrySettings } from './moment.ts';
import type { SharedState, States } from './states.ts';
import { type Telemetry, telemetrySettings } from './telemetry.ts';

export interface AssemblySettings {
  configFile?: string;
  /** What stands in that file, where it is not to be read anew. */
  configFileText?: string;
  /** A configuration that is not in a file, instead of one that is. */
  configText?: { text: string; format: 'json' | 'yaml'; directory: string };
  models?: string[];
  environment: Environment;
  /** Plugins that stand in the configuration as objects or classes, by the names in their place. */
  givenExtensions?: ReadonlyMap<string, unknown>;
  /** What is known of the moment, where a configuration follows another. */
  moment?: Moment;
}

/** A configuration, read and turned into the parts that serve it; only the logger and the address are missing. */
export interface Assembly {
  config: Config;
  paths: Paths;
  configFile: string | undefined;
  /** What relative paths of the configuration are relative to. */
  directory: string;
  warnings: string[];
  registry: Registry;
  defaultModel: string | undefined;
  transport: Transport;
  /** What decides where calls go. */
  routing: RoutingParts;
  /** Plugins, transformers or a routing function of the user's run in this process. */
  runsForeignCode: boolean;
  generation(
    telemetry: Telemetry,
    access: Access,
    ledgers: LedgerSource,
    states: States,
    commons: Commons | undefined,
  ): Generation;
}

/** Reads the configuration, or finds models without one. Throws ConfigError. */
export async function assemble(settings: AssemblySettings): Promise<Assembly> {
  const { models, environment } = settings;
  const paths = resolvePaths(environment);
  const outdated = followCatalog(paths.catalogFile);
  const loaded = await load(settings, paths);
  const directory = loaded?.directory ?? paths.stateDirectory;
  const written = loaded?.config ?? defaultConfig();
  const extensions = await withPlaces(loaded, () => assembleExtensions(written, directory, settings.givenExtensions));
  const { config } = extensions;
  const transport = new Transport({
    maxConnections: config.performance.connectionPool.maxConnections,
    connectTimeoutMs: config.performance.connectionPool.timeout ?? config.timeouts.connect,
    keepAlive: config.performance.connectionPool.keepAlive,
  });
  const { targets, warnings } = await withPlaces(loaded, async () => {
    const found = await targetConfigs(config, loaded, models, environment, transport);
    const served = (name: string) => providerServing(name, found) !== undefined;
    const named = checkNames(config, found, knownModel, served);
    return { targets: found, warnings: [...(loaded?.warnings ?? []), ...named] };
  });
  const registry = createRegistry(targets, providersOf(config, targets), (target) =>
    makeTarget(target, targetContext(config, loaded, environment)),
  );
  const {
    table,
    customRouter,
    warnings: routingWarnings,
  } = await withPlaces(loaded, async () => ({
    ...assembleRouting(config, registry, targets, models),
    customRouter: await customRouterOf(config, loaded),
  }));
  const texts = new TextMemo();
  const parts = new PartMemo();
  const moment = settings.moment ?? newMoment();
  const routing: RoutingParts = {
    table,
    customRouter,
    state: moment.state,
    measurePrompt: (request) => measureRequest(request, texts.measure, parts),
    now: () => Date.now(),
  };
  return {
    config,
    paths,
    configFile: loaded?.path,
    directory,
    warnings: [
      ...(outdated === undefined ? [] : [outdated]),
      ...[...warnings, ...extensions.warnings, ...routingWarnings, ...currencyWarnings(config)],
    ],
    registry,
    defaultModel: table.defaultTarget?.name,
    transport,
    routing,
    runsForeignCode: extensions.foreign || customRouter !== undefined,
    generation: (telemetry, access, ledgers, states, commons) => {
      const { logger } = telemetry;
      const ledger = ledgers.at({ storage: config.storage, directory, stateDirectory: paths.stateDirectory });
      const following = telemetrySettings(registry, currencyOf(config));
      commons?.countAs(following.counting);
      const state = states.at({ config, accountsFile: paths.accountsFile });
      moment.health.configure(breakerSettings(config.circuitBreaker));
      return {
        gateway: {
          ...gatewayParts(routing, transport, access),
          observe: (call) => telemetry.observe(call, following),
          settle: (record) => {
            const contextWindow = () => registry.find(record.model ?? '')?.abilities.contextWindow;
            if (commons) return commons.settled(record, contextWindow(), logger.callLine(record));
            telemetry.settle(record, following);
            ledger.add(record);
            moment.sessions.add(record, contextWindow);
          },
          health: moment.health,
          running: moment.running,
          cache: moment.caches.at(config, extensions.version, (message) => logger.warn(message)),
          extensions: extensions.serve(logger, registry),
          admission: admissionOf(config, table, logger, state),
          retry: retrySettings(config.retry),
          recordBodies: config.logging.bodies === 'on',
        },
        registry,
        ledger,
        store: state.store,
        currency: currencyOf(config),
        ...access.ofService,
        enableCors: config.router.enableCors,
        metricsPath: metricsPath(config),
        compression: compressionOf(config),
      };
    },
  };
}

/** The configuration that the settings name, else the usual one; undefined where there is none. */
async function load({ configFile, configFileText, configText, environment }: AssemblySettings, paths: Paths) {
  const box = new SecretBox(masterKeysOf(environment, paths), Date.now);
  const openValue = (sealed: string) => box.openText(sealed);
  if (configText) return loadConfig({ ...configText, environment, openValue });
  const usual = existsSync(paths.configFile) ? paths.configFile : undefined;
  const path = configFile ?? environment.router.config ?? usual;
  if (path === undefined) return undefined;
  return loadConfig({
    path,
    ...(configFileText === undefined ? {} : { text: configFileText }),
    environment,
    openValue,
  });
}

/** The master keys of this user's router. */
export function masterKeysOf({ router }: Environment, { masterKeyFile }: Paths): MasterKeys {
  return new MasterKeys({ variable: router.masterKey, file: masterKeyFile });
}

/** What is wrong with the configuration as a whole is told with the file and the line that says it. */
async function withPlaces<Value>(loaded: LoadedConfig | undefined, check: () => Promise<Value>): Promise<Value> {
  try {
    return await check();
  } catch (error) {
    if (!(error instanceof ConfigError) || loaded === undefined) throw error;
    const problems = error.problems.map((problem) => ({ ...problem, ...loaded.place(problem.path.split('.')) }));
    throw new ConfigError(loaded.path ?? error.file, problems);
  }
}

async function targetConfigs(
  config: Config,
  loaded: LoadedConfig | undefined,
  models: string[] | undefined,
  environment: Environment,
  transport: Transport,
): Promise<TargetConfig[]> {
  const configured = loaded ? collectTargets(config) : [];
  const variables = (name: string) => environment.get(name);
  if (models) {
    const named = models.map(
      (name) => configured.find((target) => isNamed(target, name)) ?? targetsFromNames([name])[0]!,
    );
    return [...new Set([...named, ...configured])];
  }
  if (loaded && !config.autodetect && configured.length > 0) return configured;
  const known = new Set(configured.map((target) => target.name));
  const detected = (await detectTargets(variables, transport)).filter((target) => !known.has(target.name));
  return configured.length > 0
    ? [...configured, ...detected.filter((target) => target.providerType !== 'demo')]
    : detected;
}

function isNamed(target: TargetConfig, name: string): boolean {
  return target.name === name || target.aliases.includes(name);
}

/** Each provider, as the pattern for models that are not configured. */
function providersOf(config: Config, targets: readonly TargetConfig[]): Map<string, TargetConfig> {
  const providers = collectProviderPatterns(config);
  for (const target of targets) {
    if (providers.has(target.provider)) continue;
    providers.set(target.provider, {
      ...targetOf(target.provider, target.providerType, target.model),
      apiKeys: target.apiKeys,
      baseUrl: target.baseUrl,
      endpoint: target.endpoint,
      headers: target.headers,
      timeouts: target.timeouts,
      origin: target.origin,
    });
  }
  return providers;
}

function targetContext(config: Config, loaded: LoadedConfig | undefined, environment: Environment): TargetContext {
  const { firstByte, idle, total } = config.timeouts;
  return {
    timeouts: { firstByte, idle, total },
    slowStartMs: Math.max(firstByte, 600_000),
    environment: (name) => environment.get(name),
    missingVariables: (origin) =>
      (loaded?.missingVariables ?? []).filter(({ path }) => isUsedBy(path, origin)).map(({ name }) => name),
    unopened: (origin) =>
      (loaded?.unopened ?? []).filter(({ path }) => isUsedBy(path, origin)).map(({ reason }) => reason),
  };
}

/** Whether a value of the configuration is part of what stands at `origin`, or of what holds that. */
function isUsedBy(path: string, origin: string): boolean {
  return path === origin || path.startsWith(`${origin}.`) || origin.startsWith(`${path.replace(/\.[^.]+$/, '')}.`);
}

/** The user's own routing function; only a configuration file may name one. */
async function customRouterOf(config: Config, loaded: LoadedConfig | undefined): Promise<CustomRouter | undefined> {
  const { router } = config.routing;
  return router === undefined || loaded === undefined ? undefined : loadCustomRouter(router, loaded.directory);
}

function gatewayParts(
  routing: RoutingParts,
  transport: Transport,
  access: Access,
): Omit<GatewayParts, 'health' | 'running' | 'retry' | 'admission' | 'settle'> {
  const estimates = new PromptEstimates(routing.measurePrompt);
  return {
    ...routing,
    upstream: transport,
    estimateTokens: (request, model) => estimates.estimate(request as CountedRequest, model),
    learnTokens: (request, model, promptTokens) => estimates.learn(request as CountedRequest, model, promptTokens),
    ...access.ofGateway,
    holdMs: 10_000,
  };
}

/** The limits and budgets of the configuration, counted in what calls share. */
function admissionOf(config: Config, table: RoutingTable, logger: Logger, state: SharedState): Admission {
  return new Admission({
    ...state,
    limits: rateLimitsOf(config),
    policy: budgetPolicyOf(config),
    priceOf: (target) => table.priceOf(target),
    now: () => Date.now(),
    warn: (message, fields) => logger.warn(message, fields),
  });
}

/** Where metrics are served, unless they are switched off. */
function metricsPath({ logging: { metrics } }: Config): string | undefined {
  return metrics === undefined ? '/metrics' : metrics.enabled ? metrics.endpoint : undefined;
}

function compressionOf({ performance: { compression } }: Config): CompressionSettings | undefined {
  return compression === undefined || isSwitchedOff(compression) ? undefined : compression;
}

/** What amounts are shown in; without a rate they stay in US dollars. */
function currencyOf(config: Config): Currency {
  const { currency, rate } = config.costOptimization?.budget ?? {};
  return currency === undefined || rate === undefined ? usDollars : { code: currency, usdPerUnit: rate };
}

function currencyWarnings({ costOptimization }: Config): string[] {
  const { currency, rate } = costOptimization?.budget ?? {};
  if (currency === undefined || currency === 'USD' || rate !== undefined) return [];
  return [`costOptimization.budget.rate is missing: amounts are shown in USD, not in ${currency}`];
}
