import { ConfigError } from './problems.ts';

/** The environment, read once. */
export interface Environment {
  get(name: string): string | undefined;
  names(): string[];
  /** The router's own variables, `ROUTER_*` and `DEBUG`. */
  router: {
    port?: number;
    host?: string;
    config?: string;
    logLevel?: string;
    /** One folder for configuration, state and logs. */
    home?: string;
    /** `off` admits everybody. */
    auth?: string;
    masterKey?: string;
  };
}

/** The environment of this process. Throws ConfigError where a `ROUTER_*` variable makes no sense. */
export function readEnvironment(): Environment {
  return environmentFrom(process.env);
}

/** An environment from a record. Throws ConfigError as `readEnvironment` does. */
export function environmentFrom(variables: Readonly<Record<string, string | undefined>>): Environment {
  const text = (name: string) => variables[name] || undefined;
  const debugged = /(^|[\s,])claude-router:/.test(variables.DEBUG ?? '') ? 'debug' : undefined;
  return {
    get: (name) => variables[name],
    names: () => Object.keys(variables),
    router: {
      port: portOf(text('ROUTER_PORT')),
      host: text('ROUTER_HOST'),
      config: text('ROUTER_CONFIG'),
      logLevel: levelOf(text('ROUTER_LOG_LEVEL')) ?? debugged,
      home: text('ROUTER_HOME'),
      auth: text('ROUTER_AUTH'),
      masterKey: text('ROUTER_MASTER_KEY'),
    },
  };
}

/** The levels that a log can have, least first to say. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

function portOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const port = Number(value);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new ConfigError('environment', [
    { path: 'ROUTER_PORT', message: 'expected a port from 0 to 65535', value: JSON.stringify(value) },
  ]);
}

function levelOf(value: string | undefined): string | undefined {
  if (value === undefined || (logLevels as readonly string[]).includes(value)) return value;
  throw new ConfigError('environment', [
    { path: 'ROUTER_LOG_LEVEL', message: `expected ${logLevels.join(', ')}`, value: JSON.stringify(value) },
  ]);
}
