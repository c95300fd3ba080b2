import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { type Duplex, duplexPair, Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { readEnvironment } from '../config/env.ts';
import { isJsonObject } from '../protocol/messages.ts';
import { takeExtensions } from './given-extensions.ts';
import { type Listening, listen } from './listen.ts';
import { type RunningRouter, runRouter, urlHost } from './run-router.ts';

/** The configuration as it stands in a file; plugins and transformers may also be objects, classes or functions. */
export type RouterConfig = Record<string, unknown>;

export interface ListenOptions {
  /** 0 takes a free port; the configuration's where left out. */
  port?: number;
}

/** A router inside this process. */
export interface Router {
  /** Serves HTTP. Rejects with an Error of code EADDRINUSE where the port is taken. */
  listen(options?: ListenOptions): Promise<{ url: string; port: number }>;
  /** Answers a request as over HTTP, without a port. */
  handle(request: Request): Promise<Response>;
  /** Lets running calls finish for so long (milliseconds), then lets go of everything. */
  close(drainMs?: number): Promise<void>;
}

/** Makes a router in this process, whatever `performance.clustering` says; it reads its configuration when it is first used. `listen` and `handle` reject with what is wrong with it. */
export function createRouter(config: RouterConfig = {}): Router {
  const { plain, given } = takeExtensions(config);
  let running: Promise<RunningRouter> | undefined;
  let inner: Server | undefined;
  let listening: Listening | undefined;
  const started = () => {
    const environment = readEnvironment();
    running ??= runRouter({
      configText: { text: JSON.stringify(plain), format: 'json', directory: process.cwd() },
      givenExtensions: given,
      listens: false,
      ...(saysLogLevel(config) || environment.router.logLevel ? {} : { logLevel: 'warn' }),
      environment,
      control: { token: '', stop: () => void router.close(), reload: () => undefined },
    });
    return running;
  };
  const router: Router = {
    async listen({ port } = {}) {
      const { host, port: usual, createServer } = await started();
      listening = await listen(createServer, host, port ?? usual);
      return { url: `http://${urlHost(host)}:${listening.port}`, port: listening.port };
    },
    async handle(request) {
      const { createServer } = await started();
      inner ??= createServer();
      return exchange(inner, request);
    },
    async close(drainMs = 30_000) {
      const router = await running?.catch(() => undefined);
      await router?.close(drainMs);
      await listening?.close();
    },
  };
  return router;
}

/** In another's program the router is quiet, unless it is told otherwise. */
function saysLogLevel({ router, logging }: RouterConfig): boolean {
  const levels = [isJsonObject(router) && router.logLevel, isJsonObject(logging) && logging.level];
  return levels.some((level) => typeof level === 'string');
}

/** One request over a connection that is a pair of streams. */
async function exchange(server: Server, request: Request): Promise<Response> {
  const [client, served] = duplexPair();
  client.once('close', () => served.destroy());
  served.once('close', () => client.destroy());
  server.emit('connection', Object.assign(served, socketParts(served)));
  const { pathname, search } = new URL(request.url);
  const headers = Object.fromEntries(request.headers);
  // Whoever holds this object is no web page.
  for (const name of ['origin', 'connection', 'transfer-encoding', 'content-length']) delete headers[name];
  const outgoing = httpRequest({
    ...{ method: request.method, path: pathname + search, signal: request.signal },
    headers: { ...headers, host: 'localhost', connection: 'close' },
    createConnection: () => Object.assign(client, socketParts(client)) as never,
  });
  const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
  outgoing.end(Buffer.from(await request.arrayBuffer()));
  const [response] = await answered;
  return asResponse(response, client);
}

/** What HTTP asks of a connection beside being a stream. */
function socketParts(stream: Duplex) {
  const self = () => stream;
  return { setNoDelay: self, setKeepAlive: self, setTimeout: self, ref: self, unref: self };
}

function asResponse(response: IncomingMessage, connection: Duplex): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(response.headers)) {
    for (const each of Array.isArray(value) ? value : [value ?? '']) headers.append(name, each);
  }
  const status = response.statusCode ?? 500;
  response.once('close', () => connection.destroy());
  const isEmpty = status === 204 || status === 304;
  if (isEmpty) response.resume();
  return new Response(isEmpty ? null : (Readable.toWeb(response) as ReadableStream<Uint8Array>), { status, headers });
}
