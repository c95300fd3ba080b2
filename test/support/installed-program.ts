import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Ran } from './command.ts';
import { http, messagesBody } from './http.ts';

/** A program as somebody installed it, with an empty home of its own. */
export interface InstalledProgram {
  home: string;
  run(args: string[], environment?: Record<string, string>): Promise<Ran>;
  remove(): void;
}

/** The command (and what comes before its arguments) of an installed program; its home is made in a folder of the test's. */
export function installedProgram(folder: string, [command, ...first]: [string, ...string[]]): InstalledProgram {
  const home = mkdtempSync(join(folder, 'home-'));
  return {
    home,
    run: (args, environment = {}) =>
      runProgram(command, [...first, ...args], home, {
        PATH: process.env.PATH ?? '',
        HOME: home,
        ROUTER_HOME: home,
        LANG: 'C.UTF-8',
        ...environment,
      }),
    remove: () => rmSync(home, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** What came of one life of the daemon: started, asked for a streamed answer, asked for its state, stopped, asked again. */
export interface Life {
  start: Ran;
  /** The events of the streamed answer, in order. */
  events: string[];
  running: Ran;
  stop: Ran;
  stopped: Ran;
}

/** Starts the router in the background, has the demo model answer in a stream, and stops it. */
export async function liveOnce(program: InstalledProgram): Promise<Life> {
  const start = await program.run(['start', '--port', '0', '--json']);
  if (start.exitCode !== 0) throw new Error(`the router did not start (${start.exitCode}):\n${start.stderr}`);
  try {
    const { url } = JSON.parse(start.stdout) as { url: string };
    const reply = await http(`${url}/v1/messages`, { body: messagesBody('Hello', { stream: true }) });
    const events = [...reply.text.matchAll(/^event: (.+)$/gm)].map(([, event]) => event!);
    const running = await program.run(['status', '--json']);
    const stop = await program.run(['stop']);
    return { start, events, running, stop, stopped: await program.run(['status', '--json']) };
  } catch (error) {
    await program.run(['stop']);
    throw error;
  }
}

/** Runs a program to its end, at most two minutes. */
export function runProgram(
  command: string,
  args: string[],
  folder: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Ran> {
  const child = spawn(command, args, {
    cwd: folder,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 120_000,
    // Windows starts the scripts that npm makes by a shell alone.
    shell: process.platform === 'win32' && command.endsWith('.cmd'),
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
