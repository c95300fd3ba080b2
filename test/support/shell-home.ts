import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { freePort } from './free-port.ts';
import { program } from './router.ts';

/** An empty home in which lines for a shell are run as they are written, with a port of its own in the place of 8080. */
export interface ShellHome {
  path: string;
  /** Where its router listens. */
  url: string;
  run(text: string, variables?: Record<string, string>): Promise<{ exitCode: number | null; output: string }>;
  /** Runs a line that goes on until it is ended; resolves when the router answers. */
  begin(text: string, variables?: Record<string, string>, cwd?: string): Promise<Begun>;
  /** Stops the router in the background, and removes the folder. */
  remove(): Promise<void>;
}

export interface Begun {
  output(): string;
  /** Ends it as Ctrl-C does; resolves with its exit code. */
  end(): Promise<number | null>;
}

const limitMs = 50_000;

export async function newShellHome(): Promise<ShellHome> {
  const path = mkdtempSync(join(tmpdir(), 'router-shell-'));
  const programs = join(path, '.programs');
  mkdirSync(programs);
  for (const name of ['router', 'claude-code-router']) script(join(programs, name), `exec node '${program}' "$@"`);
  script(join(programs, 'claude'), 'test -n "$ANTHROPIC_BASE_URL"');
  const port = await freePort();
  const own = {
    PATH: [programs, dirname(process.execPath), process.env.PATH].join(delimiter),
    ...{ HOME: path, LANG: 'C.UTF-8', ROUTER_PORT: String(port) },
  };
  const shell = (text: string, variables: Record<string, string> = {}, cwd = path) =>
    watched(
      spawn('bash', ['-euo', 'pipefail', '-c', text.replaceAll(/(?<!\d)8080\b/g, String(port))], {
        ...{ cwd, env: { ...own, ...variables }, stdio: ['ignore', 'pipe', 'pipe'], detached: true },
      }),
    );
  const run: ShellHome['run'] = async (text, variables) => {
    const { child, output, ended } = shell(text, variables);
    const timer = setTimeout(() => endGroup(child, 'SIGKILL'), limitMs);
    const exitCode = await ended;
    clearTimeout(timer);
    return { exitCode, output: output() };
  };
  const url = `http://localhost:${port}`;
  return {
    path,
    url,
    run,
    async begin(text, variables, cwd) {
      const { child, output, ended } = shell(text, variables, cwd);
      const end = async () => {
        endGroup(child, 'SIGINT');
        return ended;
      };
      try {
        await answering(url, ended);
      } catch {
        endGroup(child, 'SIGKILL');
        throw new Error(`${text} did not answer:\n${output()}`);
      }
      return { output, end };
    },
    async remove() {
      await run('router stop');
      rmSync(path, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

function script(path: string, line: string): void {
  writeFileSync(path, `#!/bin/sh\n${line}\n`);
  chmodSync(path, 0o755);
}

function watched(child: ChildProcess) {
  let printed = '';
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding('utf8').on('data', (part: string) => {
      printed += part;
    });
  }
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code));
  });
  return { child, ended, output: () => printed };
}

/** A shell and what it runs, as the terminal would. */
function endGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // It has ended.
  }
}

async function answering(url: string, ended: Promise<unknown>): Promise<void> {
  let over = false;
  void ended.then(() => {
    over = true;
  });
  for (const until = Date.now() + limitMs; Date.now() < until && !over; ) {
    try {
      return void (await fetch(`${url}/health`, { signal: AbortSignal.timeout(1000) }));
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error('no answer');
}
