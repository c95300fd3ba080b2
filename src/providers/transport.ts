import { lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import type { Dispatcher } from 'undici';
// Alone: the package's whole loads browser interfaces that nothing here uses.
import Agent from 'undici/lib/dispatcher/agent.js';
import type { CallSignal } from '../call/cancellation.ts';
import { Failure } from '../call/failure.ts';
import { decompressed } from './decompress.ts';
import { answerAsDemo } from './demo.ts';
import { ReplyBody } from './reply-body.ts';

export interface UpstreamRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: Buffer;
  /** Aborting it closes the connection at once. */
  signal: CallSignal;
  /** The configured provider's name, for messages. */
  provider: string;
  /** Refused where the address is not one of the public internet: for addresses that a caller names. */
  publicOnly?: boolean;
}

export interface UpstreamReply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  /** One item for each read of the socket; throws Failure `upstream-cut` where the connection breaks. */
  body: AsyncIterable<Buffer>;
}

/** Anything that takes a request for an upstream: the network, or a model inside the process. */
export interface Upstream {
  send(request: UpstreamRequest): Promise<UpstreamReply>;
}

export interface TransportSettings {
  /** Connections to one origin at a time. */
  maxConnections: number;
  connectTimeoutMs: number;
  keepAlive: boolean;
}

/** The only part that talks to upstreams. Timeouts other than connecting are the caller's, through the signal. */
export class Transport implements Upstream {
  readonly #agent: Dispatcher;
  /** Connects to public addresses alone. */
  readonly #publicAgent: Dispatcher;

  constructor(settings: TransportSettings) {
    const timeout = settings.connectTimeoutMs;
    const common = {
      connections: settings.maxConnections,
      keepAliveTimeout: 30_000,
      headersTimeout: 0,
      bodyTimeout: 0,
    };
    this.#agent = new Agent({ ...common, pipelining: settings.keepAlive ? 1 : 0, connect: { timeout } });
    this.#publicAgent = new Agent({ ...common, pipelining: 0, connect: { timeout, lookup: publicLookup } });
  }

  /** Resolves with status and headers. Throws Failure `upstream-unreachable`, `upstream-timeout`, `upstream-cut`. */
  send(request: UpstreamRequest): Promise<UpstreamReply> {
    if (request.url.startsWith('demo:')) return Promise.resolve(answerAsDemo(request));
    return new Promise((resolve, reject) => {
      if (request.signal.aborted) return reject(request.signal.reason);
      const url = new URL(request.url);
      if (request.publicOnly && isPrivate(url.hostname)) return reject(notPublic(request));
      const handler = new ReplyHandler(request, resolve, reject);
      const agent = request.publicOnly ? this.#publicAgent : this.#agent;
      agent.dispatch(
        {
          origin: url.origin,
          path: `${url.pathname}${url.search}`,
          method: request.method as Dispatcher.HttpMethod,
          headers: { 'accept-encoding': 'identity', ...request.headers },
          body: request.body ?? null,
        },
        handler,
      );
    });
  }

  /** Closes idle connections now and the others when their replies end. */
  async close(): Promise<void> {
    await Promise.all([this.#agent.close(), this.#publicAgent.close()]);
  }

  async destroy(): Promise<void> {
    await Promise.all([this.#agent.destroy(), this.#publicAgent.destroy()]);
  }
}

class ReplyHandler implements Dispatcher.DispatchHandler {
  readonly #request: UpstreamRequest;
  readonly #resolve: (reply: UpstreamReply) => void;
  readonly #reject: (reason: unknown) => void;
  #body: ReplyBody | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  readonly #abort = () => this.#cancel(this.#request.signal.reason);

  constructor(request: UpstreamRequest, resolve: (reply: UpstreamReply) => void, reject: (reason: unknown) => void) {
    this.#request = request;
    this.#resolve = resolve;
    this.#reject = reject;
    request.signal.addEventListener('abort', this.#abort, { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#request.signal.aborted) this.#cancel(this.#request.signal.reason);
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return;
    const body = new ReplyBody({
      pause: () => controller.pause(),
      resume: () => controller.resume(),
      cancel: (reason) => this.#cancel(reason),
    });
    this.#body = body;
    try {
      const readable = decompressed(body, headers['content-encoding'], this.#request.provider);
      this.#resolve({ status, headers, body: readable });
    } catch (error) {
      this.#cancel(error);
    }
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#body?.push(chunk);
  }

  onResponseEnd(): void {
    this.#release();
    this.#body?.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#release();
    const { signal } = this.#request;
    const reason = signal.aborted ? signal.reason : this.#failureOf(error);
    if (this.#body) this.#body.fail(reason);
    else this.#reject(reason);
  }

  #cancel(reason: unknown): void {
    this.#release();
    this.#body?.fail(reason);
    this.#reject(reason);
    this.#controller?.abort(reason instanceof Error ? reason : new Error('cancelled'));
  }

  #release(): void {
    this.#request.signal.removeEventListener('abort', this.#abort);
  }

  #failureOf(error: Error & { code?: string }): Failure {
    const { provider, url } = this.#request;
    const origin = new URL(url).origin;
    const details = { provider, cause: error };
    if (error.code === notPublicCode) return notPublic(this.#request);
    if (error.code === 'UND_ERR_CONNECT_TIMEOUT') {
      return new Failure('upstream-unreachable', `${provider}: no connection to ${origin} in time`, details);
    }
    if (this.#body) return new Failure('upstream-cut', `${provider}: the connection broke in mid-answer`, details);
    if (error.code === 'UND_ERR_SOCKET' || error.code === 'ECONNRESET' || error.code === 'EPIPE') {
      return new Failure('upstream-cut', `${provider}: ${origin} closed the connection without an answer`, details);
    }
    const why = error.code ? ` (${error.code})` : '';
    return new Failure('upstream-unreachable', `${provider}: cannot reach ${origin}${why}`, details);
  }
}

function notPublic({ provider, url }: UpstreamRequest): Failure {
  return new Failure('forbidden', `${new URL(url).host} is not a public address`, { provider });
}

const notPublicCode = 'ERR_NOT_PUBLIC';

/** What a name stands for is checked where the connection is made, so that no second answer can slip in between. */
const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, found) => {
    if (error) return callback(error, '', 0);
    const addresses = Array.isArray(found) ? found : [found];
    if (addresses.some(({ address }) => isPrivate(address))) {
      return callback(Object.assign(new Error(`${hostname} is not public`), { code: notPublicCode }), '', 0);
    }
    if (options.all) return callback(null, addresses);
    callback(null, addresses[0]!.address, addresses[0]!.family);
  });
};

/** True for an IP address, in brackets or not, that is this machine's, a private network's or reserved. */
function isPrivate(host: string): boolean {
  const address = host.replace(/^\[|\]$/g, '');
  const version = isIP(address);
  return version !== 0 && privateAddresses.check(address, version === 4 ? 'ipv4' : 'ipv6');
}

/** IPv4 addresses that are written as IPv6 ones are checked as what they are. */
const privateAddresses = new BlockList();
for (const range of [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.168.0.0/16', '198.18.0.0/15', '224.0.0.0/4', '240.0.0.0/4'],
  ...['::/96', '64:ff9b::/96', '64:ff9b:1::/48', '2002::/16', 'fc00::/7', 'fe80::/10', 'ff00::/8'],
]) {
  const [network = '', bits] = range.split('/');
  privateAddresses.addSubnet(network, Number(bits), isIP(network) === 4 ? 'ipv4' : 'ipv6');
}
