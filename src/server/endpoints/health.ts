import { catalogInForce } from '../../models/catalog.ts';
import { callsOf, mergedModels, type ProcessState } from '../process-state.ts';
import type { Exchange } from '../route-table.ts';
import { sendJson } from '../send-reply.ts';
import type { Service } from '../service.ts';

/** `GET /health`: `{status, version, uptime}`; uptime in seconds. 200 while the router can take calls. */
export function health({ service, response, id }: Exchange): void {
  sendJson(response, id, service.draining ? 503 : 200, summary(service));
}

/** `GET /health/live`: 200 as long as the process answers. */
export function healthLive({ service, response, id }: Exchange): void {
  sendJson(response, id, 200, summary(service));
}

/** `GET /health/ready`: 503 while draining, or while no model could take a call. */
export function healthReady({ service, response, id }: Exchange): void {
  const ready = !service.draining && service.registry.usable().length > 0;
  sendJson(response, id, ready ? 200 : 503, summary(service));
}

/** `GET /health/detailed`: what `/health` says, with models, memory, calls and what is wrong with the configuration. */
export async function healthDetailed({ service, response, id }: Exchange): Promise<void> {
  const processes = await service.processes();
  const sum = (of: (state: ProcessState) => number) => processes.reduce((total, state) => total + of(state), 0);
  sendJson(response, id, 200, {
    ...summary(service),
    node: process.version,
    pid: process.pid,
    activeCalls: callsOf(processes),
    memory: {
      rssBytes: sum(({ memory }) => memory.rssBytes),
      heapUsedBytes: sum(({ memory }) => memory.heapUsedBytes),
    },
    workers: processes.map(({ pid, activeCalls, leaving }) => ({ pid, activeCalls, ...(leaving ? { leaving } : {}) })),
    models: mergedModels(processes),
    log: service.logState,
    sharedState: service.sharedState,
    catalogue: catalogInForce(),
    ...(service.configError === undefined ? {} : { configError: service.configError }),
  });
}

/** `GET /health/models`: the state of each model. */
export async function healthModels({ service, response, id }: Exchange): Promise<void> {
  sendJson(response, id, 200, { models: mergedModels(await service.processes()) });
}

function summary(service: Service): object {
  return {
    status: statusOf(service),
    version: service.version,
    uptime: Math.floor((Date.now() - service.startedAt) / 1000),
  };
}

function statusOf(service: Service): 'ok' | 'degraded' | 'unavailable' | 'draining' {
  if (service.draining) return 'draining';
  if (service.registry.usable().length === 0) return 'unavailable';
  const allUsable = service.registry.usable().length === service.registry.targets.length;
  const isWell = allUsable && service.configError === undefined && service.logState.problem === undefined;
  return isWell && service.sharedState !== 'away' ? 'ok' : 'degraded';
}
