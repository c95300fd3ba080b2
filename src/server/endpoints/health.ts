import { catalogInForce } from '../../models/catalog.ts';
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
export function healthDetailed({ service, response, id }: Exchange): void {
  const memory = process.memoryUsage();
  sendJson(response, id, 200, {
    ...summary(service),
    node: process.version,
    pid: process.pid,
    activeCalls: service.activeCalls,
    memory: { rssBytes: memory.rss, heapUsedBytes: memory.heapUsed },
    models: modelStates(service),
    log: service.logState,
    sharedState: service.sharedState,
    catalogue: catalogInForce(),
    notAvailableYet: service.notAvailableYet,
    ...(service.configError === undefined ? {} : { configError: service.configError }),
  });
}

/** `GET /health/models`: the state of each model. */
export function healthModels({ service, response, id }: Exchange): void {
  sendJson(response, id, 200, { models: modelStates(service) });
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

function modelStates(service: Service): object[] {
  const { health } = service.gateway;
  return service.registry.targets.map((target) => {
    const { circuit, latencyMs, lastChecked, lastOk, inFlight } = health.report(target);
    const blocked = health.blocked(target);
    return {
      name: target.name,
      provider: target.provider,
      status:
        target.problem !== undefined
          ? 'unavailable'
          : blocked !== undefined
            ? 'resting'
            : lastOk === null
              ? 'unknown'
              : lastOk
                ? 'ok'
                : 'failing',
      ...(blocked === undefined ? {} : { resting: blocked }),
      ...(target.problem === undefined ? {} : { problem: target.problem }),
      ...(target.passThroughCredential ? { passthrough: true } : {}),
      latencyMs: latencyMs === null ? null : Math.round(latencyMs),
      lastChecked: lastChecked === null ? null : new Date(lastChecked).toISOString(),
      circuit,
      activeCalls: inFlight,
    };
  });
}
