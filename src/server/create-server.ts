import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isLoopbackOrigin, refuseForeignPages } from '../admission/web-guard.ts';
import type { Caller } from '../call/call.ts';
import { Failure } from '../call/failure.ts';
import { allowCompression } from './compress.ts';
import { isOwner, owner } from './owner.ts';
import { headersOf, newCallId } from './read-call.ts';
import { type Exchange, findRoute, formatOfPath, type Route } from './route-table.ts';
import { sendFailure } from './send-reply.ts';
import type { Service } from './service.ts';

/** The HTTP server: each request is matched, its caller admitted, and handed to its endpoint. */
export function createHttpServer(service: Service): Server {
  const server = createServer((request, response) => {
    void handle(service, request, response);
  });
  server.keepAliveTimeout = 75_000;
  server.headersTimeout = 60_000;
  server.on('connection', (socket) => socket.setNoDelay(true));
  return server;
}

async function handle(service: Service, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const id = newCallId();
  let headersOfFailure: Record<string, string> = {};
  try {
    const headers = headersOf(request);
    const { path, query } = splitUrl(request.url ?? '/');
    if (service.compression) allowCompression(response, service.compression);
    if (service.localOnly) refuseForeignPages(headers);
    if (service.enableCors && crossOrigin(service, request, response, headers)) return;
    const { route, parameter } = findRoute(request.method ?? 'GET', path, service.metricsPath);
    if (route.isModelCall) headersOfFailure = noModelHeaders;
    const now = Date.now();
    const exchange: Exchange = {
      service,
      request,
      response,
      id,
      startedAt: now,
      headers,
      path,
      query,
      parameter,
      caller: undefined,
    };
    exchange.caller = callerOf(exchange, route);
    await route.handle(exchange);
  } catch (error) {
    const failure = Failure.from(error);
    if (failure.kind === 'internal') service.reportFault(id, error);
    refuse(request, response, id, failure, headersOfFailure);
  }
}

/** Who calls; undefined where the route asks nobody. Throws Failure `unauthenticated`, `forbidden`. */
function callerOf(exchange: Exchange, { permissions }: Route): Caller | undefined {
  if (permissions.length === 0) return undefined;
  const ownerMay = permissions.some((permission) => owner.permissions.has(permission));
  if (ownerMay && isOwner(exchange)) return owner;
  return exchange.service.authenticator.admit(exchange.headers, permissions, exchange.startedAt);
}

/** An unread body is let run out for a moment, so that the client reads the refusal instead of a reset. */
function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  id: string,
  failure: Failure,
  headers: Record<string, string>,
): void {
  if (!request.complete && !response.headersSent) {
    response.setHeader('connection', 'close');
    const timer = setTimeout(() => request.destroy(), 5000);
    request.once('close', () => clearTimeout(timer));
    request.resume();
  }
  const format = formatOfPath(splitUrl(request.url ?? '/').path);
  sendFailure(response, { id, format }, failure, headers);
}

/** What a call that reached no model says of it. */
const noModelHeaders = {
  'x-router-model': 'none',
  'x-router-provider': 'none',
  'x-router-rule': 'none',
  'x-router-attempts': '0',
  'x-router-cache': 'off',
};

function splitUrl(url: string): { path: string; query: string } {
  const mark = url.indexOf('?');
  return mark === -1 ? { path: url, query: '' } : { path: url.slice(0, mark), query: url.slice(mark) };
}

/** Answers a preflight, and allows the reply of other calls to the page that asked; true where all is said. */
function crossOrigin(
  service: Service,
  request: IncomingMessage,
  response: ServerResponse,
  headers: Record<string, string>,
): boolean {
  const { origin } = headers;
  if (origin === undefined || (service.authenticator.isOpen && !isLoopbackOrigin(origin))) return false;
  response.setHeader('access-control-allow-origin', origin);
  response.appendHeader('vary', 'origin');
  response.setHeader('access-control-expose-headers', '*');
  if (request.method !== 'OPTIONS') return false;
  response.writeHead(204, {
    'access-control-allow-methods': 'GET, POST, HEAD, OPTIONS',
    'access-control-allow-headers': headers['access-control-request-headers'] ?? '*',
    'access-control-max-age': '600',
  });
  response.end();
  return true;
}
