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

function admit(exchange: Exchange): void {
  if (!isOwner(exchange)) {
    throw new Failure('unauthenticated', 'this is for the commands of the user who started the router');
  }
}
