import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller, Permission } from '../call/call.ts';
import { Failure } from '../call/failure.ts';
import type { ClientFormat } from '../inbound/client-format.ts';
import { messagesFormat } from '../inbound/messages/index.ts';
import { chatFormat } from '../inbound/openai-chat/index.ts';
import { responsesFormat } from '../inbound/openai-responses/index.ts';
import { listCalls, oneCall } from './endpoints/calls.ts';
import { controlReload, controlStop } from './endpoints/control.ts';
import { countTokens } from './endpoints/count-tokens.ts';
import { explain } from './endpoints/explain.ts';
import { health, healthDetailed, healthLive, healthModels, healthReady } from './endpoints/health.ts';
import { metrics } from './endpoints/metrics.ts';
import { modelCall } from './endpoints/model-call.ts';
import { listModels, oneModel } from './endpoints/models.ts';
import { passedThrough } from './endpoints/pass-through.ts';
import { probe } from './endpoints/probe.ts';
import { profile } from './endpoints/profile.ts';
import { costStatistics, modelStatistics, performanceStatistics, statistics } from './endpoints/statistics.ts';
import { oneTrace } from './endpoints/traces.ts';
import type { Service } from './service.ts';

/** One HTTP request and the way to answer it. */
export interface Exchange {
  service: Service;
  request: IncomingMessage;
  response: ServerResponse;
  /** The `request-id`. */
  id: string;
  /** Milliseconds since the epoch. */
  startedAt: number;
  headers: Record<string, string>;
  path: string;
  query: string;
  /** What stands in the place of `*` in the route's path. */
  parameter: string;
  /** Undefined only where the route needs no permission. */
  caller: Caller | undefined;
}

interface Route {
  method: string;
  /** A trailing `*` takes the rest of the path. */
  path: string;
  /** What the caller's key must allow: one of these; nobody is asked where there are none. */
  permissions: readonly Permission[];
  /** A call of a model: its replies say which, also where there was none. */
  isModelCall?: boolean;
  handle(exchange: Exchange): void | Promise<void>;
}

const nobody: readonly Permission[] = [];
const writers: readonly Permission[] = ['write'];
const readers: readonly Permission[] = ['read'];
const administrators: readonly Permission[] = ['admin'];
/** Clients of the API need more than to write. */
const clients: readonly Permission[] = ['read', 'write'];

/** Every route, in the order in which they are looked for. */
export const routes: readonly Route[] = [
  { method: 'POST', path: '/v1/messages', permissions: writers, isModelCall: true, handle: modelCall(messagesFormat) },
  { method: 'POST', path: '/v1/messages/count_tokens', permissions: writers, isModelCall: true, handle: countTokens },
  {
    method: 'POST',
    path: '/v1/chat/completions',
    permissions: writers,
    isModelCall: true,
    handle: modelCall(chatFormat),
  },
  {
    method: 'POST',
    path: '/v1/responses',
    permissions: writers,
    isModelCall: true,
    handle: modelCall(responsesFormat),
  },
  ...['/v1/messages/batches', '/v1/messages/batches/*', '/v1/files', '/v1/files/*'].flatMap((path) =>
    ['GET', 'POST', 'DELETE'].map((method) => ({ method, path, permissions: writers, handle: passedThrough })),
  ),
  { method: 'GET', path: '/v1/models', permissions: clients, handle: listModels },
  { method: 'GET', path: '/v1/models/*', permissions: clients, handle: oneModel },
  { method: 'HEAD', path: '/', permissions: nobody, handle: probe },
  { method: 'GET', path: '/', permissions: nobody, handle: probe },
  { method: 'HEAD', path: '/api/hello', permissions: nobody, handle: probe },
  { method: 'GET', path: '/api/hello', permissions: nobody, handle: probe },
  { method: 'POST', path: '/api/explain', permissions: readers, handle: explain },
  { method: 'POST', path: '/api/control/stop', permissions: nobody, handle: controlStop },
  { method: 'POST', path: '/api/control/reload', permissions: nobody, handle: controlReload },
  { method: 'GET', path: '/health', permissions: nobody, handle: health },
  { method: 'GET', path: '/health/live', permissions: nobody, handle: healthLive },
  { method: 'GET', path: '/health/ready', permissions: nobody, handle: healthReady },
  { method: 'GET', path: '/health/detailed', permissions: readers, handle: healthDetailed },
  { method: 'GET', path: '/health/models', permissions: readers, handle: healthModels },
  { method: 'GET', path: '/api/stats', permissions: readers, handle: statistics },
  { method: 'GET', path: '/api/stats/models', permissions: readers, handle: modelStatistics },
  { method: 'GET', path: '/api/stats/costs', permissions: readers, handle: costStatistics },
  { method: 'GET', path: '/api/stats/performance', permissions: readers, handle: performanceStatistics },
  { method: 'GET', path: '/api/calls', permissions: readers, handle: listCalls },
  { method: 'GET', path: '/api/calls/*', permissions: readers, handle: oneCall },
  { method: 'GET', path: '/debug/traces/*', permissions: administrators, handle: oneTrace },
  { method: 'GET', path: '/debug/profile', permissions: administrators, handle: profile },
];

/** Its path is the configuration's. */
const metricsRoute: Route = { method: 'GET', path: '', permissions: readers, handle: metrics };

/** The route of a request; metrics have the path that is configured. Throws Failure `no-such-path`, `wrong-method`. */
export function findRoute(
  method: string,
  path: string,
  metricsPath: string | undefined,
): Route & { parameter: string } {
  const normal = normalPath(path);
  let known = false;
  const all = metricsPath === undefined ? routes : [...routes, { ...metricsRoute, path: normalPath(metricsPath) }];
  for (const route of all) {
    const parameter = parameterOf(route.path, normal);
    if (parameter === undefined) continue;
    known = true;
    if (route.method === method || (method === 'HEAD' && route.method === 'GET')) return { ...route, parameter };
  }
  if (known) throw new Failure('wrong-method', `${method} is not what ${normal} takes`);
  throw new Failure('no-such-path', unserved[normal] ?? `there is nothing at ${normal}`);
}

/** The form in which the clients of a path expect to be refused. */
export function formatOfPath(path: string): ClientFormat {
  const normal = normalPath(path);
  if (/^\/v1\/responses(\/|$)/.test(normal)) return responsesFormat;
  return /^\/v1\/(chat|completions|embeddings)(\/|$)/.test(normal) ? chatFormat : messagesFormat;
}

/** Paths that clients may expect here. */
const unserved: Readonly<Record<string, string>> = {
  '/v1/completions': 'the legacy completions API is not served here: use /v1/chat/completions',
  '/v1/embeddings': 'embeddings are not served here: this router routes conversations',
};

/** A base URL that ends in `/v1` makes clients ask for `/v1/v1/…`. */
function normalPath(path: string): string {
  const single = path.replace(/^\/v1\/v1(?=\/|$)/, '/v1');
  return single.length > 1 ? single.replace(/\/+$/, '') : single;
}

function parameterOf(pattern: string, path: string): string | undefined {
  if (!pattern.endsWith('*')) return pattern === path ? '' : undefined;
  const prefix = pattern.slice(0, -1);
  if (!path.startsWith(prefix) || path.length === prefix.length) return undefined;
  try {
    return decodeURIComponent(path.slice(prefix.length));
  } catch {
    return undefined;
  }
}
