import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isLoopbackHost } from '../admission/web-guard.ts';
import type { Environment } from '../config/env.ts';
import { createHttpServer } from '../server/create-server.ts';
import { createLogger, type LogSettings } from '../telemetry/logger.ts';
import { type Assembly, accessFor, assemble } from './assemble.ts';
import { LiveService } from './live-service.ts';
import { version } from './version.ts';

export interface RunSettings {
  /** Undefined: `ROUTER_CONFIG`, else the usual place, else none. */
  configFile?: string;
  /** 0 takes a free port. */
  port?: number;
  host?: string;
  /** Names of models to serve instead of, or beside, the configured ones; the first is the default. */
  models?: string[];
  logLevel?: string;
  environment: Environment;
}

export interface RunningRouter {
  url: string;
  host: string;
  port: number;
  version: string;
  /** Undefined where there is none: the models come from the environment. */
  configFile: string | undefined;
  warnings: string[];
  notAvailableYet: string[];
  targets: { name: string; provider: string; problem?: string }[];
  defaultModel: string | undefined;
  /** A key made at the first start on an address that others reach; shown once. */
  firstKey?: string;
  /** Stops taking calls, lets running ones finish for so long (milliseconds), then closes. */
  close(drainMs?: number): Promise<void>;
}

/** Starts the router in this process. Throws ConfigError, or an Error with code EADDRINUSE. */
export async function runRouter(settings: RunSettings): Promise<RunningRouter> {
  const { environment } = settings;
  const assembly = await assemble(settings);
  const { config } = assembly;
  const host = settings.host ?? environment.router.host ?? config.router.host;
  const access = accessFor(assembly, isLoopbackHost(host), environment.router.auth);
  const logger = createLogger(logSettings(settings, assembly));
  const service = new LiveService(version, assembly.generation(logger, access), logger, Date.now());
  const server = createHttpServer(service);
  await listen(server, settings.port ?? environment.router.port ?? config.router.port, host);
  const { port } = server.address() as AddressInfo;
  const warnings = [...assembly.warnings];
  if (!access.localOnly && access.keys.length === 0) {
    warnings.push(`anybody who reaches ${host}:${port} may use this router: authentication is off`);
  }
  for (const warning of warnings) logger.warn(warning);
  return {
    url: `http://${urlHost(host)}:${port}`,
    host,
    port,
    version,
    configFile: assembly.configFile,
    warnings,
    notAvailableYet: assembly.notAvailableYet,
    targets: assembly.registry.targets.map(({ name, provider, problem }) => ({
      name,
      provider,
      ...(problem === undefined ? {} : { problem }),
    })),
    defaultModel: assembly.defaultModel,
    ...(access.madeKey === undefined ? {} : { firstKey: access.madeKey }),
    async close(drainMs = 30_000) {
      await service.drain(drainMs);
      await stop(server);
      await assembly.transport.destroy();
      logger.flush();
    },
  };
}

function logSettings(settings: RunSettings, { config, paths }: Assembly): LogSettings {
  const { logging, router } = config;
  const level = settings.logLevel ?? settings.environment.router.logLevel ?? logging.level ?? router.logLevel;
  const toFile = logging.outputs.includes('file');
  return {
    level,
    format: logging.format ?? (process.stdout.isTTY ? 'pretty' : 'json'),
    console: logging.outputs.includes('console'),
    ...(toFile ? { file: logging.file.path ?? paths.logFile } : {}),
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** After an aborted stream `close` alone would wait for seconds. */
function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
    server.closeAllConnections();
  });
}

function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
