import type { Server } from 'node:http';
import { KeyFolder } from '../admission/key-folder.ts';
import { isLoopbackHost } from '../admission/web-guard.ts';
import type { Environment } from '../config/env.ts';
import { resolvePaths } from '../config/paths.ts';
import { ConfigError } from '../config/problems.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { AtRest } from '../secrets/at-rest.ts';
import { SecretBox } from '../secrets/secret-box.ts';
import { createHttpServer } from '../server/create-server.ts';
import type { Control } from '../server/service.ts';
import { createLogger, type Logger, type LogSettings } from '../telemetry/logger.ts';
import { type Access, type AccessSettings, accessFor } from './access.ts';
import { type Assembly, type AssemblySettings, assemble, masterKeysOf } from './assemble.ts';
import { workersOf } from './cluster/workers-of.ts';
import { collectRarely } from './collections.ts';
import type { Commons } from './commons.ts';
import { makeFirstKey } from './first-key.ts';
import { startHealthChecks } from './health-checks.ts';
import { type LedgerSource, Ledgers } from './ledgers.ts';
import { type Listening, listen } from './listen.ts';
import { LiveService } from './live-service.ts';
import { logSettings } from './log-settings.ts';
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
  /** What stands in the configuration file, where it is not to be read. */
  configFileText?: string;
  /** Where other processes serve the same router. */
  commons?: Commons;
  /** Milliseconds since the epoch, where it began before this process. */
  startedAt?: number;
  /** True where another process says the same. */
  quiet?: boolean;
}

/** Beside what is read anew: the text of the configuration file, where it was read already. */
export interface Reload {
  configFileText?: string;
  /** True where another process says what comes of it. */
  quiet?: boolean;
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
  targets: { name: string; provider: string; problem?: string }[];
  defaultModel: string | undefined;
  /** True where callers need a key of the router's. */
  needsKey: boolean;
  /** A key made at the first start on an address that others reach; shown once. */
  firstKey?: string;
  /** What it serves from. */
  service: LiveService;
  /** Another server for the same router, which listens to nothing yet. */
  createServer(): Server;
  /** Reads the configuration again; a bad one changes nothing but what the router says of it: what is wrong with it. */
  reload(reload?: Reload): Promise<string | undefined>;
  /** Stops taking calls, lets running ones finish for so long (milliseconds), then closes. */
  close(drainMs?: number): Promise<void>;
}

/** How long calls that began before a reload are waited for before their plugins are closed, in milliseconds. */
const lastCallsMs = 600_000;

/** Starts the router in this process. Throws ConfigError, or an Error with code EADDRINUSE. */
export async function runRouter(settings: RunSettings): Promise<RunningRouter> {
  if (settings.ownsProcess) collectRarely();
  const { environment, commons } = settings;
  const atRest = atRestOf(environment);
  const moment = newMoment(atRest, commons ? undefined : resolvePaths(environment).sessionsFile, commons);
  let assembly = await assemble({ ...settings, moment });
  const host = settings.host ?? environment.router.host ?? assembly.config.router.host;
  const { keysDirectory } = assembly.paths;
  const told = atRest.configure(assembly.config.security.encryption);
  const keys = new KeyFolder(keysDirectory);
  const logging = loggingOf(settings, assembly);
  const logger = createLogger(logging);
  const states = new States(moment.health, keys, (message) => logger.warn(message), commons);
  const settingsOfAccess = () => accessSettings(assembly, keys, host, environment);
  const shared = states.at({ config: assembly.config, accountsFile: assembly.paths.accountsFile });
  const firstKey = await makeFirstKey(settingsOfAccess, keys, keysDirectory, shared);
  const access = accessOf(assembly, keys, host, environment);
  const telemetry = new Telemetry(logger, commons);
  const ledgers = commons
    ? sharedLedger(commons.ledger)
    : new Ledgers(atRest, (message, fields) => logger.warn(message, fields));
  const service = new LiveService(assembly.generation(telemetry, access, ledgers, states, commons), {
    ...{ telemetry, control: settings.control, commons },
    startedAt: settings.startedAt ?? Date.now(),
  });
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
    ...(settings.listens === false ? oneProcessWarnings(assembly, commons) : []),
    ...told,
    ...keys.kept.problems,
    ...openWarnings(access, host, listening.port),
  ];
  if (!settings.quiet) for (const warning of warnings) logger.warn(warning);
  return {
    url: `http://${urlHost(host)}:${listening.port}`,
    host,
    port: listening.port,
    version,
    configFile: assembly.configFile,
    logFile: logging.file?.path,
    warnings,
    targets: assembly.registry.targets.map(({ name, provider, problem }) => ({
      name,
      provider,
      ...(problem === undefined ? {} : { problem }),
    })),
    defaultModel: assembly.defaultModel,
    needsKey: !access.ofService.authenticator.isOpen,
    ...(firstKey === undefined ? {} : { firstKey }),
    createServer,
    service,
    async reload({ configFileText, quiet = false } = {}) {
      const read = configFileText === undefined ? {} : { configFileText };
      const next = await assembleAgain({ ...settings, ...read, moment }, service, logger, quiet);
      if (!next) return service.configError;
      const before = assembly;
      const extensionsBefore = service.gateway.extensions;
      assembly = next;
      guard.set(settings.ownsProcess === true && next.runsForeignCode);
      stopChecks();
      stopChecks = startHealthChecks(next, moment.health);
      const told = atRest.configure(next.config.security.encryption);
      service.replace(next.generation(telemetry, accessOf(next, keys, host, environment), ledgers, states, commons));
      const { level, secrets = [] } = loggingOf(settings, next);
      logger.setLevel(level);
      logger.hide(secrets);
      telemetry.configure(next.config, activeCalls);
      if (!quiet) {
        logger.info('configuration reloaded', { configFile: next.configFile ?? null });
        for (const warning of [...told, ...next.warnings, ...oneProcessWarnings(next, commons)]) logger.warn(warning);
      }
      // Calls on their way keep their connections until they are over, and may still need more.
      void service.runningOver().then(() => before.transport.close());
      void extensionsBefore?.close(lastCallsMs);
      return undefined;
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
  quiet: boolean,
): Promise<Assembly | undefined> {
  try {
    const assembly = await assemble(settings);
    service.configError = undefined;
    return assembly;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    service.configError = message;
    if (!quiet) logger.error(configNotUsed, { problem: message });
    if (!(error instanceof ConfigError)) service.reportFault('none', error);
    return undefined;
  }
}

/** What is logged of a configuration that can't be used. */
export const configNotUsed = 'the configuration on disk is not used; the one before stays in force';

/** The ledger that another process writes, wherever it is. */
function sharedLedger(ledger: Ledger): LedgerSource {
  return { at: () => ledger, close: async () => undefined };
}

function accessOf(assembly: Assembly, keys: KeyFolder, host: string, environment: Environment): Access {
  return accessFor(accessSettings(assembly, keys, host, environment));
}

function accessSettings({ config }: Assembly, keys: KeyFolder, host: string, { router }: Environment): AccessSettings {
  return { config, kept: keys.kept.keys, loopback: isLoopbackHost(host), authentication: router.auth };
}

/** What is kept of bodies and replies is sealed by this user's master keys. */
export function atRestOf(environment: Environment): AtRest {
  const masterKeys = masterKeysOf(environment, resolvePaths(environment));
  return new AtRest(masterKeys, new SecretBox(masterKeys, Date.now));
}

/** Another number of processes can only be had from the start. */
function oneProcessWarnings({ config }: Assembly, commons: Commons | undefined): string[] {
  if (workersOf(config) === undefined || commons) return [];
  return ['performance.clustering: this process serves alone; a router that is started by its command has workers'];
}

function openWarnings(access: Access, host: string, port: number): string[] {
  const { authenticator, localOnly } = access.ofService;
  if (localOnly || !authenticator.isOpen) return [];
  return [`anybody who reaches ${host}:${port} may use this router: authentication is off`];
}

/** The log of a configuration; no line of it shows a credential that is configured. */
function loggingOf(settings: RunSettings, assembly: Assembly): LogSettings {
  const { config, registry } = assembly;
  const secrets = [...secretsOf(config), ...registry.targets.flatMap(({ keys }) => [...keys.all()])];
  return { ...logSettings(settings, assembly), secrets };
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
