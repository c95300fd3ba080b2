import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { processExists, processStart } from './process-info.ts';

/** What a running router tells other commands about itself, in a file that only its user can read. */
export interface RunState {
  pid: number;
  /** When the process began, so that a pid that was given away is noticed. */
  processStart?: string;
  url: string;
  version: string;
  /** ISO 8601. */
  startedAt: string;
  configFile: string | null;
  logFile: string | null;
  /** The flags it was started with. */
  args: string[];
  /** False for a router in the foreground of some terminal. */
  background: boolean;
  /** True where workers serve, which can be replaced while it runs. */
  clustered?: boolean;
  /** Lets commands of this user stop and reload it where there are no signals. */
  controlToken: string;
}

/** The router that runs now; undefined where none does. A file left by one that died says nothing. */
export function readRunState(file: string): RunState | undefined {
  const state = parse(file);
  return state && isAlive(state) ? state : undefined;
}

/** True while the very process that wrote the state exists. */
export function isAlive({ pid, processStart: start }: RunState): boolean {
  if (!processExists(pid)) return false;
  const now = processStart(pid);
  return start === undefined || now === undefined || now === start;
}

/** Writes the state as one; the folder is made where it is missing. */
export function writeRunState(file: string, state: RunState): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify(state, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(temporary, file);
}

/** Removes the state of this process; that of another one stays. */
export function removeRunState(file: string, pid: number): void {
  if (parse(file)?.pid === pid) rmSync(file, { force: true });
}

function parse(file: string): RunState | undefined {
  try {
    const state = JSON.parse(readFileSync(file, 'utf8')) as RunState;
    return Number.isInteger(state.pid) && typeof state.url === 'string' ? state : undefined;
  } catch {
    return undefined;
  }
}
