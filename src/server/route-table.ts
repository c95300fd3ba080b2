import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller, Permission } from '../call/call.ts';
import { Failure } from '../call/failure.ts';
import type { ClientFormat } from '../inbound/client-format.ts';
import { messagesFormat } from '../inbound/messages/index.ts';
import { chatFormat } from '../inbound/openai-chat/index.ts';
import { responsesFormat } from '../inbound/openai-responses/index.ts';
import { listCalls, oneCall } from './endpoints/calls.ts';
import { controlReload, controlRestart, controlStop } from './endpoints/control.ts';
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
import {
  type BodyName,
  callsQuery,
  openApiOf,
  profileQuery,
  type QueryDescription,
  statisticsQuery,
} from './openapi.ts';
import { sendJson } from './send-reply.ts';
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

export interface Route {
  method: string;
  /** A trailing `*` takes the rest of the path. */
  path: string;
  /** What it does, in a line, for the reference. */
  summary: string;
  /** What its query may say. */
  query?: QueryDescription;
  /** The form of its body. */
  body?: BodyName;
  /** The kinds of its reply; JSON where left out. */
  replies?: readonly string[];
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

const streamed = ['application/json', 'text/event-stream'];
const text = ['text/plain'];

/** Every route, in the order in which they are looked for. */
export const routes: readonly Route[] = [
  {
    ...{ method: 'POST', path: '/v1/messages', permissions: writers, isModelCall: true, body: 'Messages' },
    summary: "Anthropic's Messages API, as a stream and whole; any query is taken",
    replies: streamed,
    handle: modelCall(messagesFormat),
  },
  {
    ...{ method: 'POST', path: '/v1/messages/count_tokens', permissions: writers, isModelCall: true, body: 'Messages' },
    summary: 'The tokens of a prompt: counted by the provider where it can, else estimated',
    handle: countTokens,
  },
  {
    ...{ method: 'POST', path: '/v1/chat/completions', permissions: writers, isModelCall: true, body: 'Chat' },
    summary: "OpenAI's Chat Completions, as a stream and whole",
    replies: streamed,
    handle: modelCall(chatFormat),
  },
  {
    ...{ method: 'POST', path: '/v1/responses', permissions: writers, isModelCall: true, body: 'Responses' },
    summary: "OpenAI's Responses, as a stream and whole",
    replies: streamed,
    handle: modelCall(responsesFormat),
  },
  ...['/v1/messages/batches', '/v1/messages/batches/*', '/v1/files', '/v1/files/*'].flatMap((path) =>
    ['GET', 'POST', 'DELETE'].map((method) => ({
      ...{ method, path, permissions: writers, handle: passedThrough },
      ...{ summary: "Anthropic's batches and files, handed on to Anthropic as they are", replies: ['*/*'] },
    })),
  ),
  {
    ...{ method: 'GET', path: '/v1/models', permissions: clients, handle: listModels },
    summary: "The models, in Anthropic's form for its clients and in OpenAI's for others",
  },
  {
    ...{ method: 'GET', path: '/v1/models/*', permissions: clients, handle: oneModel },
    summary: 'One model, in the same forms',
  },
  { method: 'HEAD', path: '/', permissions: nobody, handle: probe, summary: 'Whether anybody is there', replies: text },
  { method: 'GET', path: '/', permissions: nobody, handle: probe, summary: 'The name of the program', replies: text },
  {
    ...{ method: 'HEAD', path: '/api/hello', permissions: nobody, handle: probe, replies: text },
    summary: "Claude Code's look whether anybody is there",
  },
  { method: 'GET', path: '/api/hello', permissions: nobody, handle: probe, summary: 'The same', replies: text },
  {
    ...{ method: 'POST', path: '/api/explain', permissions: readers, handle: explain, body: 'Explain' },
    summary: 'Where a request would go, and why, without sending it',
  },
  {
    ...{ method: 'POST', path: '/api/control/stop', permissions: nobody, handle: controlStop },
    summary: 'For `router stop`: asks for the token in the state file of the router',
  },
  {
    ...{ method: 'POST', path: '/api/control/reload', permissions: nobody, handle: controlReload },
    summary: 'For commands that change the configuration: asks for the same token',
  },
  {
    ...{ method: 'POST', path: '/api/control/restart', permissions: nobody, handle: controlRestart },
    summary: 'For `router restart`, where several processes serve: asks for the same token',
  },
  {
    ...{ method: 'GET', path: '/health', permissions: nobody, handle: health },
    summary: 'Status, version and uptime; 503 while the router is stopping',
  },
  {
    ...{ method: 'GET', path: '/health/live', permissions: nobody, handle: healthLive },
    summary: 'The same, 200 as long as the process answers',
  },
  {
    ...{ method: 'GET', path: '/health/ready', permissions: nobody, handle: healthReady },
    summary: 'The same, 503 while it is stopping or no model could take a call',
  },
  {
    ...{ method: 'GET', path: '/health/detailed', permissions: readers, handle: healthDetailed },
    summary: 'The same with models, memory, calls on their way, and what is wrong with the configuration',
  },
  {
    ...{ method: 'GET', path: '/health/models', permissions: readers, handle: healthModels },
    summary: 'How each model is: status, circuit, latency, the last look at it',
  },
  {
    ...{ method: 'GET', path: '/api/stats', permissions: readers, handle: statistics, query: statisticsQuery },
    summary: 'Requests, tokens and cost of a time',
  },
  {
    ...{ method: 'GET', path: '/api/stats/models', permissions: readers, handle: modelStatistics },
    ...{ query: statisticsQuery, summary: 'The same for each model that was tried, with errors and latency' },
  },
  {
    ...{ method: 'GET', path: '/api/stats/costs', permissions: readers, handle: costStatistics },
    ...{ query: statisticsQuery, summary: 'What was spent, and on what: models, keys, days' },
  },
  {
    ...{ method: 'GET', path: '/api/stats/performance', permissions: readers, handle: performanceStatistics },
    ...{ query: statisticsQuery, summary: 'How fast it was, and how busy it is' },
  },
  {
    ...{ method: 'GET', path: '/api/calls', permissions: readers, handle: listCalls, query: callsQuery },
    summary: 'The newest calls',
  },
  {
    ...{ method: 'GET', path: '/api/calls/*', permissions: readers, handle: oneCall },
    summary: 'One call, by its `request-id`: its decision and its timeline',
  },
  {
    ...{ method: 'GET', path: '/debug/traces/*', permissions: administrators, handle: oneTrace },
    summary: 'What happened to a call that was sent with `X-Debug: true`, by its `request-id`',
  },
  {
    ...{ method: 'GET', path: '/debug/profile', permissions: administrators, handle: profile, query: profileQuery },
    summary: 'What the process does from now on, as a `.cpuprofile` or `.heapprofile` for developer tools',
  },
  {
    ...{ method: 'GET', path: '/openapi.json', permissions: nobody },
    summary: 'This reference, in the OpenAPI form',
    handle: ({ response, id, service }) =>
      sendJson(response, id, 200, openApiOf(routesWith(service.metricsPath), service.version)),
  },
];

/** Every route, with metrics at the path that is configured. */
export function routesWith(metricsPath: string | undefined): readonly Route[] {
  if (metricsPath === undefined) return routes;
  if (lastRoutes?.metricsPath !== metricsPath) lastRoutes = { metricsPath, routes: routesAndMetrics(metricsPath) };
  return lastRoutes.routes;
}

/** Asked for by every request. */
let lastRoutes: { metricsPath: string; routes: readonly Route[] } | undefined;

function routesAndMetrics(metricsPath: string): readonly Route[] {
  return [
    ...routes,
    {
      ...{ method: 'GET', path: normalPath(metricsPath), permissions: readers, handle: metrics, replies: text },
      summary: 'Metrics for Prometheus; the path is that of `logging.metrics.endpoint`',
    },
  ];
}

/** The route of a request; metrics have the path that is configured. Throws Failure `no-such-path`, `wrong-method`. */
export function findRoute(
  method: string,
  path: string,
  metricsPath: string | undefined,
): { route: Route; parameter: string } {
  const normal = normalPath(path);
  let known = false;
  for (const route of routesWith(metricsPath)) {
    const parameter = parameterOf(route.path, normal);
    if (parameter === undefined) continue;
    known = true;
    if (route.method === method || (method === 'HEAD' && route.method === 'GET')) return { route, parameter };
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
