import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isLoopbackHost } from '../admission/web-guard.ts';
import type { Environment } from '../config/env.ts';
import { createHttpServer } from '../server/create-server.ts';
import { createLogger, type Logger } from '../telemetry/logger.ts';
import { assemble } from './assemble.ts';
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
  const assembly = await assemble(settings);
  const { service, config, loaded } = assembly;
  const host = settings.host ?? settings.environment.router.host ?? config.router.host;
  const port = settings.port ?? settings.environment.router.port ?? config.router.port;
  const firstKey = await assembly.secure(isLoopbackHost(host));
  const logger = createLogger(assembly.logSettings);
  assembly.attachLogger(logger);
  const server = createHttpServer(service);
  await listen(server, port, host);
  const address = server.address() as AddressInfo;
  return {
    url: `http://${urlHost(host)}:${address.port}`,
    host,
    port: address.port,
    version,
    configFile: loaded?.path,
    warnings: assembly.warnings,
    notAvailableYet: [...service.notAvailableYet],
    targets: service.registry.targets.map(({ name, provider, problem }) => ({
      name,
      provider,
      ...(problem === undefined ? {} : { problem }),
    })),
    defaultModel: service.gateway.table.defaultTarget?.name,
    ...(firstKey === undefined ? {} : { firstKey }),
    close: (drainMs = 30_000) => close(server, assembly, logger, drainMs),
  };
}
