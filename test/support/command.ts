import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { program } from './router.ts';

export interface Ran {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** A home of its own for one test; every command that runs in it sees nothing else of this machine's user. */
export interface Home {
  path: string;
  run(...args: string[]): Promise<Ran>;
  runWith(environment: Record<string, string>, ...args: string[]): Promise<Ran>;
  /** Stops a router that was left running, and removes the folder. */
  remove(): Promise<void>;
}

const limitMs = 40_000;

export function newHome(): Home {
  const path = mkdtempSync(join(tmpdir(), 'router-commands-'));
  const runWith = (environment: Record<string, string>, ...args: string[]) => runProgram(path, environment, args);
  const run = (...args: string[]) => runWith({}, ...args);
  return {
    path,
    run,
    runWith,
    async remove() {
      await run('stop');
      rmSync(path, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

function runProgram(home: string, environment: Record<string, string>, args: string[]): Promise<Ran> {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: home,
    env: { PATH: process.env.PATH ?? '', HOME: home, ROUTER_HOME: home, LANG: 'C.UTF-8', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: limitMs,
  });
  const ran: Ran = { exitCode: null, stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    ran.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    ran.stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ ...ran, exitCode }));
  });
}
