import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type HttpOptions, type HttpReply, http } from './http.ts';
import { type Router, withConfig } from './router.ts';

/** A router of several processes, as it is started from the command line. */
export interface Cluster {
  router: Router;
  /** Asks it over a connection of its own, which any of its workers may get. */
  ask(path: string, options?: HttpOptions): Promise<HttpReply>;
  /** The workers that serve now; rejects where the router does not say. */
  workers(): Promise<WorkerState[]>;
  /** Asks it to do what commands of its user may. */
  control(action: 'stop' | 'reload' | 'restart'): Promise<HttpReply>;
}

export interface WorkerState {
  pid: number;
  activeCalls: number;
  leaving?: boolean;
}

export async function startCluster(config: Record<string, unknown>, workers: number): Promise<Cluster> {
  const router = await withConfig(clustered(config, workers));
  const ask = (path: string, options: HttpOptions = {}) =>
    http(`${router.url}${path}`, { ...options, headers: { ...options.headers, connection: 'close' } });
  return {
    router,
    ask,
    async workers() {
      const told = (await ask('/health/detailed')).json() as unknown as { workers: WorkerState[] };
      return told.workers.filter(({ leaving }) => !leaving);
    },
    control(action) {
      const state = JSON.parse(readFileSync(join(router.home, 'state/router.pid'), 'utf8')) as { controlToken: string };
      const headers = { 'x-router-control': state.controlToken };
      return ask(`/api/control/${action}`, { method: 'POST', headers });
    },
  };
}

/** The configuration, served by so many workers. */
export function clustered(config: Record<string, unknown>, workers: number): Record<string, unknown> {
  return { ...config, performance: { ...(config.performance ?? {}), clustering: { enabled: true, workers } } };
}
