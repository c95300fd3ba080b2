import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from './env.ts';

/** Where the router keeps what. */
export interface Paths {
  configFile: string;
  stateDirectory: string;
  logDirectory: string;
  /** The running daemon: its pid, address and start. */
  pidFile: string;
  logFile: string;
  /** The keys that `router keys` makes, each in a file of its own, as its hash. */
  keysDirectory: string;
  /** The master keys, where the environment has none. */
  masterKeyFile: string;
  /** A newer catalogue of models and prices than the shipped one. */
  catalogFile: string;
  /** What was spent of budgets, where no other place is configured. */
  accountsFile: string;
  /** What the clients' latest sessions were answered with. */
  sessionsFile: string;
}

/**
 * `ROUTER_HOME` holds everything in one folder; else the XDG folders, on Windows those of the user's application data.
 */
export function resolvePaths(environment: Environment, platform: NodeJS.Platform = process.platform): Paths {
  const { configDirectory, stateDirectory } = directories(environment, platform);
  const { home } = environment.router;
  const logDirectory = home === undefined ? join(stateDirectory, 'logs') : join(home, 'logs');
  return {
    configFile: join(configDirectory, 'config.json'),
    stateDirectory,
    logDirectory,
    pidFile: join(stateDirectory, 'router.pid'),
    logFile: join(logDirectory, 'router.log'),
    keysDirectory: join(stateDirectory, 'keys'),
    masterKeyFile: join(stateDirectory, 'master-key'),
    catalogFile: join(stateDirectory, 'catalog.json'),
    accountsFile: join(stateDirectory, 'accounts.journal'),
    sessionsFile: join(stateDirectory, 'sessions.json'),
  };
}

function directories(environment: Environment, platform: NodeJS.Platform) {
  const { home } = environment.router;
  if (home !== undefined) return { configDirectory: home, stateDirectory: join(home, 'state') };
  const user = environment.get('HOME') || environment.get('USERPROFILE') || homedir();
  const folder = (variable: string, ...usual: string[]) =>
    join(environment.get(variable) || join(user, ...usual), 'claude-code-router');
  if (platform === 'win32') {
    return {
      configDirectory: folder('APPDATA', 'AppData', 'Roaming'),
      stateDirectory: folder('LOCALAPPDATA', 'AppData', 'Local'),
    };
  }
  return {
    configDirectory: folder('XDG_CONFIG_HOME', '.config'),
    stateDirectory: folder('XDG_STATE_HOME', '.local', 'state'),
  };
}
