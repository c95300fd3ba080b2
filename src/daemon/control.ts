import { setTimeout as delay } from 'node:timers/promises';
import { isAlive, type RunState } from './run-state.ts';

/** Asks the router to stop and waits until its process is gone; false where it is still there after `limitMs`. */
export async function stopRouter(state: RunState, limitMs: number, platform = process.platform): Promise<boolean> {
  // Windows has no signal that lets a process finish its work.
  if (platform === 'win32') await control(state, 'stop');
  else process.kill(state.pid, 'SIGTERM');
  const until = Date.now() + limitMs;
  while (isAlive(state)) {
    if (Date.now() > until) return false;
    await delay(25);
  }
  return true;
}

/** Asks the router to read its configuration again. */
export async function reloadRouter(state: RunState, platform = process.platform): Promise<void> {
  if (platform === 'win32') await control(state, 'reload');
  else process.kill(state.pid, 'SIGHUP');
}

/** Asks the router to replace its workers. */
export async function restartWorkers(state: RunState): Promise<void> {
  await control(state, 'restart');
}

async function control({ url, controlToken }: RunState, action: 'stop' | 'reload' | 'restart'): Promise<void> {
  await fetch(`${url}/api/control/${action}`, {
    method: 'POST',
    headers: { 'x-router-control': controlToken },
    signal: AbortSignal.timeout(5000),
  });
}
