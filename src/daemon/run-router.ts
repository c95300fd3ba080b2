import type { Server } from 'node:http';
import { resolve } from 'node:path';
import { KeyFolder } from '../admission/key-folder.ts';
import { isLoopbackHost } from '../admission/web-guard.ts';
import type { Environment } from '../config/env.ts';
import { resolvePaths } from '../config/paths.ts';
import { ConfigError } from '../config/problems.ts';
import { AtRest } from '../secrets/at-rest.ts';
import { SecretBox } from '../secrets/secret-box.ts';
import { createHttpServer } from '../server/create-server.ts';
import type { Control } from '../server/service.ts';
import { createLogger, type Logger, type LogSettings } from '../telemetry/logger.ts';
import { type Access, type AccessSettings, accessFor } from './access.ts';
import { type Assembly, type AssemblySettings, assemble, masterKeysOf } from './assemble.ts';
import { makeFirstKey } from './first-key.ts';
import { startHealthChecks } from './health-checks.ts';
import { Ledgers } from './ledgers.ts';
import { type Listening, listen } from './listen.ts';
import { LiveService } from './live-service.ts';
import { type Moment, newMoment } from './moment.ts';
import { ProcessGuard } from './process-guard.ts';
import { States } from './states.ts';
import { Telemetry } from './telemetry.ts';
import { version } from './version.ts';

export interface RunSettings {
  /** Undefined: `ROUTER_CONFIG`, else the usual place, else none. */
  configFile?: string;
  /** A configuration that is not in a file. */
  configText?: AssemblySettings['configText'];
  /** Plugins that stand in it as objects, by the names in their places. */
  givenExtensions?: AssemblySettings['givenExtensions'];
  /** True where the process is the router's own: no plugin may end it. */
  ownsProcess?: boolean;
  /** False for a router that is only asked from within. */
  listens?: boolean;
  /** 0 takes a free port. */
  port?: number;
  host?: string;
  /** Names of models to serve instead of, or beside, the configured ones; the first is the default. */
  models?: string[];
  logLevel?: string;
  /** True for a process without a terminal: what it says goes to the log file alone. */
  background?: boolean;
  environment: Environment;
  control: Control;
}

export interface RunningRouter {
  url: string;
  host: string;
  port: number;
  version: string;
  /** Undefined where there is none: the models come from the environment. */
  configFile: string | undefined;
  /** Undefined where the log goes to the terminal alone. */
  logFile: string | undefined;
  warnings: string[];
  notAvailableYet: string[];
  targets: { name: string; provider: string; problem?: string }[];
  defaultModel: string | undefined;
  /** True where callers need a key of the router's. */
  needsKey: boolean;
  /** A key made at the first start on an address that others reach; shown once. */
  firstKey?: string;
  /** Another server for the same router, which listens to nothing yet. */
  createServer(): Server;
  /** Reads the configuration again; a bad one changes nothing but what the router says of it. */
  reload(): Promise<void>;
  /** Stops taking calls, lets running ones finish for so long (milliseconds), then closes. */
  close(drainMs?: number): Promise<void>;
}

/** How long calls that began before a reload are waited for before their plugins are closed, in milliseconds. */
const lastCallsMs = 600_000;

/** Starts the router in this process. Throws ConfigError, or an Error with code EADDRINUSE. */
export async function runRouter(settings: RunSettings): Promise<RunningRouter> {
  const { environment } = settings;
  const atRest = atRestOf(environment);
  const moment = newMoment(atRest, resolvePaths(environment).sessionsFile);
  let assembly = await assemble({ ...settings, moment });
  const host = settings.host ?? environment.router.host ?? assembly.config.router.host;
  const { keysDirectory } = assembly.paths;
  const told = atRest.configure(assembly.config.security.encryption);
  const keys = new KeyFolder(keysDirectory);
  const logging = logSettings(settings, assembly);
  const logger = createLogger(logging);
  const states = new States(moment.health, keys, (message) => logger.warn(message));
  const settingsOfAccess = () => accessSettings(assembly, keys, host, environment);
  const shared = states.at({ config: assembly.config, accountsFile: assembly.paths.accountsFile });
  const firstKey = await makeFirstKey(settingsOfAccess, keys, keysDirectory, shared);
  const access = accessOf(assembly, keys, host, environment);
  const telemetry = new Telemetry(logger);
  const ledgers = new Ledgers(atRest, (message, fields) => logger.warn(message, fields));
  const service = new LiveService(
    version,
    assembly.generation(telemetry, access, ledgers, states),
    telemetry,
    Date.now(),
    settings.control,
  );
  const activeCalls = () => service.activeCalls;
  telemetry.configure(assembly.config, activeCalls);
  const guard = new ProcessGuard(logger);
  guard.set(settings.ownsProcess === true && assembly.runsForeignCode);
  keys.follow(({ problems }) => {
    for (const problem of problems) logger.warn(problem);
    service.replaceAccess(accessOf(assembly, keys, host, environment));
    logger.info('the keys of the router have changed');
  });
  const port = settings.port ?? environment.router.port ?? assembly.config.router.port;
  const createServer = () => createHttpServer(service);
  const listening = settings.listens === false ? notListening(port) : await listen(createServer, host, port);
  let stopChecks = startHealthChecks(assembly, moment.health);
  const warnings = [
    ...assembly.warnings,
    ...told,
    ...keys.kept.problems,
    ...openWarnings(access, host, listening.port),
  ];
  for (const warning of warnings) logger.warn(warning);
  return {
    url: `http://${urlHost(host)}:${listening.port}`,
    host,
    port: listening.port,
    version,
    configFile: assembly.configFile,
    logFile: logging.file?.path,
    warnings,
    notAvailableYet: assembly.notAvailableYet,
    targets: assembly.registry.targets.map(({ name, provider, problem }) => ({
      name,
      provider,
      ...(problem === undefined ? {} : { problem }),
    })),
    defaultModel: assembly.defaultModel,
    needsKey: !access.ofService.authenticator.isOpen,
    ...(firstKey === undefined ? {} : { firstKey }),
    createServer,
    async reload() {
      const next = await assembleAgain({ ...settings, moment }, service, logger);
      if (!next) return;
      const before = assembly;
      const extensionsBefore = service.gateway.extensions;
      assembly = next;
      guard.set(settings.ownsProcess === true && next.runsForeignCode);
      stopChecks();
      stopChecks = startHealthChecks(next, moment.health);
      for (const line of atRest.configure(next.config.security.encryption)) logger.warn(line);
      service.replace(next.generation(telemetry, accessOf(next, keys, host, environment), ledgers, states));
      const { level, secrets = [] } = logSettings(settings, next);
      logger.setLevel(level);
      logger.hide(secrets);
      telemetry.configure(next.config, activeCalls);
      logger.info('configuration reloaded', { configFile: next.configFile ?? null });
      for (const warning of [...next.warnings, ...next.notAvailableYet]) logger.warn(warning);
      // Calls on their way keep their connections until they are over.
      void before.transport.close();
      void extensionsBefore?.close(lastCallsMs);
    },
    async close(drainMs = 30_000) {
      stopChecks();
      await service.drain(drainMs);
      keys.close();
      await listening.close();
      await service.gateway.extensions?.close(1000);
      await assembly.transport.destroy();
      await moment.caches.close();
      await states.close();
      moment.sessions.flush();
      await ledgers.close();
      guard.set(false);
      await telemetry.close();
    },
  };
}

function notListening(port: number): Listening {
  return { port, close: async () => undefined };
}

async function assembleAgain(
  settings: RunSettings & { moment: Moment },
  service: LiveService,
  logger: Logger,
): Promise<Assembly | undefined> {
  try {
    const assembly = await assemble(settings);
    service.configError = undefined;
    return assembly;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    service.configError = message;
    logger.error('the configuration on disk is not used; the one before stays in force', { problem: message });
    if (!(error instanceof ConfigError)) service.reportFault('none', error);
    return undefined;
  }
}

function accessOf(assembly: Assembly, keys: KeyFolder, host: string, environment: Environment): Access {
  return accessFor(accessSettings(assembly, keys, host, environment));
}

function accessSettings({ config }: Assembly, keys: KeyFolder, host: string, { router }: Environment): AccessSettings {
  return { config, kept: keys.kept.keys, loopback: isLoopbackHost(host), authentication: router.auth };
}

function atRestOf(environment: Environment): AtRest {
  const masterKeys = masterKeysOf(environment, resolvePaths(environment));
  return new AtRest(masterKeys, new SecretBox(masterKeys, Date.now));
}

function openWarnings(access: Access, host: string, port: number): string[] {
  const { authenticator, localOnly } = access.ofService;
  if (localOnly || !authenticator.isOpen) return [];
  return [`anybody who reaches ${host}:${port} may use this router: authentication is off`];
}

function logSettings(settings: RunSettings, { config, paths, directory, registry }: Assembly): LogSettings {
  const { logging, router } = config;
  const level = settings.logLevel ?? settings.environment.router.logLevel ?? logging.level ?? router.logLevel;
  const { maxSize, maxFiles, compress } = logging.file;
  const path = logging.file.path === undefined ? paths.logFile : resolve(directory, logging.file.path);
  const toFile = settings.background || logging.outputs.includes('file');
  return {
    level,
    format: logging.format ?? (process.stdout.isTTY ? 'pretty' : 'json'),
    console: !settings.background && logging.outputs.includes('console'),
    ...(toFile ? { file: { path, maxBytes: maxSize, maxFiles, compress } } : {}),
    secrets: [...secretsOf(config), ...registry.targets.flatMap(({ keys }) => [...keys.all()])],
  };
}

/** The router's own keys where they are written in clear. */
function secretsOf({ security }: Assembly['config']): (string | undefined)[] {
  return security.authentication.keys.map(({ key }) => key);
}

/** A host as it stands in an address that a client on this machine can use. */
export function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
