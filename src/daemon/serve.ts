import { randomBytes } from 'node:crypto';
import { resolvePaths } from '../config/paths.ts';
import { watchConfig } from '../config/watch.ts';
import { type ClusterFile, clusterFileOf } from './cluster/cluster-file.ts';
import type { RunningCluster } from './cluster/run-cluster.ts';
import { processStart } from './process-info.ts';
import { type RunSettings, runRouter } from './run-router.ts';
import { type RunState, readRunState, removeRunState, writeRunState } from './run-state.ts';

/** How long running calls may take to finish when the router is stopped, in milliseconds. */
export const drainLimitMs = 30_000;

export interface ServeSettings extends Omit<RunSettings, 'control'> {
  /** The flags to start it with again. */
  args: readonly string[];
  onReady(router: RunningCluster): void | Promise<void>;
  /** Told when it begins to stop, and how many calls it waits for. */
  onStopping?(): void;
}

/** Runs the router in this process until it is told to stop. Throws as `runRouter` does. */
export async function serve(settings: ServeSettings): Promise<void> {
  const { pidFile } = resolvePaths(settings.environment);
  const token = randomBytes(24).toString('base64url');
  let stop = () => {};
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  let router: RunningCluster | undefined;
  const reload = () => void router?.reload();
  const control = { token, stop: () => stop(), reload };
  const file = await clusterFileOf(settings.configFile, settings.environment);
  router = file
    ? await cluster({ ...settings, control }, file)
    : await runRouter({ ...settings, ownsProcess: true, control });
  const isOnly = readRunState(pidFile) === undefined;
  if (isOnly) writeRunState(pidFile, { ...stateOf(router, settings, token), clustered: file !== undefined });
  const watching = router.configFile === undefined ? undefined : watchConfig(router.configFile, reload);
  const release = onSignals(stop, reload, settings.background === true);
  try {
    await settings.onReady(router);
    await stopped;
    settings.onStopping?.();
    await router.close(drainLimitMs);
  } finally {
    release();
    watching?.close();
    removeRunState(pidFile, process.pid);
  }
}

async function cluster(settings: RunSettings, file: ClusterFile): Promise<RunningCluster> {
  const { runCluster } = await import('./cluster/run-cluster.ts');
  return runCluster(settings, file);
}

function stateOf(router: RunningCluster, settings: ServeSettings, controlToken: string): RunState {
  const start = processStart(process.pid);
  return {
    pid: process.pid,
    ...(start === undefined ? {} : { processStart: start }),
    url: router.url,
    version: router.version,
    startedAt: new Date().toISOString(),
    configFile: router.configFile ?? null,
    logFile: router.logFile ?? null,
    args: [...settings.args],
    background: settings.background === true,
    controlToken,
  };
}

/** Signals so close together come from one press of a key. */
const sameKeyMs = 500;

/** The first signal lets running calls finish, a later one ends the process. A terminal that closes is a stop, too. */
function onSignals(stop: () => void, reload: () => void, background: boolean): () => void {
  let stoppingSince: number | undefined;
  const end = () => {
    stoppingSince ??= Date.now();
    // npm hands on a signal that the terminal has sent to every process already.
    if (Date.now() - stoppingSince > sameKeyMs) process.exit(130);
    stop();
  };
  const hangup = background || !process.stdin.isTTY ? reload : end;
  process.on('SIGTERM', end).on('SIGINT', end).on('SIGHUP', hangup);
  return () => {
    process.off('SIGTERM', end).off('SIGINT', end).off('SIGHUP', hangup);
  };
}
