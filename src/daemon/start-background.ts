import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Paths } from '../config/paths.ts';
import type { RunningCluster } from './cluster/run-cluster.ts';

/** What the background process says when it answers, or why it does not. */
export type StartReport =
  | { ready: Omit<RunningCluster, 'close' | 'reload'> & { pid: number } }
  | { failed: string; exitCode: number };

/** Longer than any start should take; then it is said that it did not. */
const startLimitMs = 30_000;

/**
 * Starts the router as a process of its own with these flags, and waits until it answers. It keeps running when this
 * process ends; what it prints goes to the log file.
 */
export function startInBackground(args: readonly string[], paths: Paths): Promise<StartReport> {
  mkdirSync(dirname(paths.logFile), { recursive: true, mode: 0o700 });
  const log = openSync(paths.logFile, 'a', 0o600);
  const main = fileURLToPath(new URL('../main.js', import.meta.url));
  const child = spawn(process.execPath, [main, ...args], {
    detached: true,
    windowsHide: true,
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      finish({
        failed: `the router did not answer within ${startLimitMs / 1000} s; see ${paths.logFile}`,
        exitCode: 1,
      });
    }, startLimitMs);
    const finish = (report: StartReport) => {
      clearTimeout(timer);
      child.removeAllListeners();
      if (child.connected) child.disconnect();
      child.unref();
      resolve(report);
    };
    child.once('error', (error) => finish({ failed: `the router can't be started: ${error.message}`, exitCode: 1 }));
    child.once('message', (report) => finish(report as StartReport));
    child.once('exit', (code, signal) => {
      finish({ failed: `the router ended at once (${signal ?? code}); see ${paths.logFile}`, exitCode: 1 });
    });
  });
}

/** Tells the process that waits for this one; nothing where nobody does. */
export function reportStart(report: StartReport): Promise<void> {
  return new Promise((resolve) => {
    if (!process.send) return resolve();
    process.send(report, undefined, undefined, () => {
      process.disconnect?.();
      resolve();
    });
  });
}

/** True for a process that `startInBackground` made. */
export function isInBackground(): boolean {
  return process.send !== undefined;
}
