import { Failure } from '../../call/failure.ts';
import { isOwner } from '../owner.ts';
import type { Exchange } from '../route-table.ts';
import { sendJson } from '../send-reply.ts';

/** `POST /api/control/stop`: as SIGTERM, for systems without it. */
export function controlStop(exchange: Exchange): void {
  admit(exchange);
  sendJson(exchange.response, exchange.id, 202, { stopping: true });
  exchange.service.control.stop();
}

/** `POST /api/control/reload`: as SIGHUP, for systems without it. */
export function controlReload(exchange: Exchange): void {
  admit(exchange);
  sendJson(exchange.response, exchange.id, 202, { reloading: true });
  exchange.service.control.reload();
}

/** `POST /api/control/restart`: replaces the workers, one after the other. Throws Failure `no-such-path` where there are none. */
export function controlRestart(exchange: Exchange): void {
  admit(exchange);
  const { restart } = exchange.service.control;
  if (!restart) throw new Failure('no-such-path', 'this router is one process: it has no workers to replace');
  sendJson(exchange.response, exchange.id, 202, { restarting: true });
  restart();
}

function admit(exchange: Exchange): void {
  if (!isOwner(exchange)) {
    throw new Failure('unauthenticated', 'this is for the commands of the user who started the router');
  }
}
