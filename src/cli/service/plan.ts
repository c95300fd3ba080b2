import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../../config/env.ts';
import { resolvePaths } from '../../config/paths.ts';
import {
  launchdLabel,
  launchdText,
  type ServiceSettings,
  systemdText,
  systemdUnit,
  windowsTask,
  windowsTaskText,
} from './unit.ts';

/** A program to run, and whether nothing is lost where it fails. */
export interface Step {
  words: string[];
  mayFail?: boolean;
}

/** What installing and removing the service would do. */
export interface ServicePlan {
  file: string;
  text: string | Buffer;
  /** The text for a person, whatever the file's encoding. */
  shown: string;
  /** Where keys for the service go; undefined where it has the user's own variables. */
  environmentFile: string | undefined;
  install: Step[];
  /** Run before the file is removed, and after it. */
  uninstall: { before: Step[]; after: Step[] };
  status: Step;
  /** Where to read what it says. */
  logs: string;
}

export type ServiceSystem = 'linux' | 'macos' | 'windows';

/** The system that this program runs on; undefined where it has no services that are known here. */
export function thisSystem(platform: NodeJS.Platform = process.platform): ServiceSystem | undefined {
  return ({ linux: 'linux', darwin: 'macos', win32: 'windows' } as const)[platform as 'linux'];
}

/** What has to be done on a system for a service of this user. */
export function servicePlan(
  system: ServiceSystem,
  configFile: string | undefined,
  environment: Environment,
): ServicePlan {
  const settings = settingsOf(configFile, environment);
  const home = environment.get('HOME') || homedir();
  if (system === 'windows') return windowsPlan(settings, environment);
  if (system === 'macos') return launchdPlan(settings, home);
  return systemdPlan(settings, environment.get('XDG_CONFIG_HOME') || join(home, '.config'));
}

function settingsOf(configFile: string | undefined, environment: Environment): ServiceSettings {
  const paths = resolvePaths(environment);
  const { home, config } = environment.router;
  const main = fileURLToPath(new URL('../../main.js', import.meta.url));
  const file = configFile ?? config;
  return {
    command: [process.execPath, main, ...(file === undefined ? [] : ['--config', resolve(file)])],
    variables: home === undefined ? {} : { ROUTER_HOME: resolve(home) },
    environmentFile: resolve(paths.configFile, '..', 'environment'),
    logFile: join(resolve(paths.logDirectory), 'service.log'),
  };
}

function systemdPlan(settings: ServiceSettings, configDirectory: string): ServicePlan {
  const text = systemdText(settings);
  const systemctl = (...words: string[]) => ({ words: ['systemctl', '--user', ...words] });
  return {
    file: join(configDirectory, 'systemd', 'user', systemdUnit),
    text,
    shown: text,
    environmentFile: settings.environmentFile,
    install: [systemctl('daemon-reload'), systemctl('enable', systemdUnit), systemctl('restart', systemdUnit)],
    uninstall: {
      before: [{ ...systemctl('disable', '--now', systemdUnit), mayFail: true }],
      after: [{ ...systemctl('daemon-reload'), mayFail: true }],
    },
    status: systemctl('is-active', systemdUnit),
    logs: `journalctl --user -u ${systemdUnit}`,
  };
}

function launchdPlan(settings: ServiceSettings, home: string): ServicePlan {
  const text = launchdText(settings);
  const file = join(home, 'Library', 'LaunchAgents', `${launchdLabel}.plist`);
  const domain = `gui/${process.getuid?.() ?? 501}`;
  const bootout = { words: ['launchctl', 'bootout', `${domain}/${launchdLabel}`], mayFail: true };
  return {
    file,
    text,
    shown: text,
    environmentFile: settings.environmentFile,
    install: [bootout, { words: ['launchctl', 'bootstrap', domain, file] }],
    uninstall: { before: [bootout], after: [] },
    status: { words: ['launchctl', 'print', `${domain}/${launchdLabel}`] },
    logs: settings.logFile,
  };
}

/** The task scheduler takes its file in UTF-16 alone, and keeps a copy of its own. */
function windowsPlan(settings: ServiceSettings, environment: Environment): ServicePlan {
  const shown = windowsTaskText(settings);
  const file = join(resolvePaths(environment, 'win32').stateDirectory, 'service.xml');
  const schtasks = (...words: string[]) => ({ words: ['schtasks', ...words, '/TN', windowsTask] });
  return {
    file,
    text: Buffer.from(`\ufeff${shown}`, 'utf16le'),
    shown,
    environmentFile: undefined,
    install: [schtasks('/Create', '/F', '/XML', file), schtasks('/Run')],
    uninstall: {
      before: [
        { ...schtasks('/End'), mayFail: true },
        { ...schtasks('/Delete', '/F'), mayFail: true },
      ],
      after: [],
    },
    status: schtasks('/Query'),
    logs: 'router logs',
  };
}
