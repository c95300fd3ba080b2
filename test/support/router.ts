import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The built program, as it is started from the command line. */
export const program = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** A running router of its own, with a home of its own. */
export interface Router {
  /** Without a trailing slash. */
  url: string;
  pid: number;
  /** Its configuration, state and log. */
  home: string;
  configFile: string;
  /** All it printed so far. */
  output(): string;
  /** Asks it to stop, and ends it where it does not; resolves with its exit code, null where a signal ended it. */
  stop(): Promise<number | null>;
}

export interface RouterOptions {
  /** What runs the program; the built one in this folder where none is given. */
  command?: [string, ...string[]];
  environment?: Record<string, string>;
  args?: string[];
}

const startLimitMs = 15_000;
const stopLimitMs = 8_000;

/** Starts the program with this configuration on a free port, and waits until it answers. */
export async function withConfig(config: unknown, options: RouterOptions = {}): Promise<Router> {
  const home = mkdtempSync(join(tmpdir(), 'router-home-'));
  const configFile = join(home, 'config.json');
  writeFileSync(configFile, JSON.stringify(config, undefined, 2));
  const [command, ...first] = options.command ?? [process.execPath, program];
  const args = [...first, '--config', configFile, '--port', '0', ...(options.args ?? [])];
  const child = spawn(command, args, {
    cwd: home,
    env: cleanEnvironment(home, options.environment),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      printed += text;
    });
  }
  const stop = () => stopChild(child, home);
  try {
    const url = await addressOf(child, () => printed);
    return { url, pid: child.pid!, home, configFile, output: () => printed, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function cleanEnvironment(home: string, extra: Record<string, string> = {}): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    HOME: home,
    ROUTER_HOME: home,
    TMPDIR: tmpdir(),
    LANG: 'C.UTF-8',
    ...extra,
  };
}

/** The address it prints, once it answers there. */
async function addressOf(child: ChildProcess, printed: () => string): Promise<string> {
  const started = Date.now();
  const gone = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      reject(new Error(`the router ended (${signal ?? code}) before it answered:\n${printed()}`));
    });
  });
  gone.catch(() => undefined);
  const printing = async () => {
    for (;;) {
      const url = /http:\/\/(?:127\.0\.0\.1|localhost|\[::1\]):\d+/.exec(printed())?.[0];
      if (url !== undefined && (await answers(url))) return url;
      if (Date.now() - started > startLimitMs) {
        throw new Error(`the router did not answer within ${startLimitMs / 1000} s:\n${printed()}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  return Promise.race([printing(), gone]);
}

async function answers(url: string): Promise<boolean> {
  try {
    await fetch(`${url}/health`, { signal: AbortSignal.timeout(1000) });
    return true;
  } catch {
    return false;
  }
}

async function stopChild(child: ChildProcess, home: string): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), stopLimitMs);
    await ended;
    clearTimeout(timer);
  }
  rmSync(home, { recursive: true, force: true });
  return child.exitCode;
}
