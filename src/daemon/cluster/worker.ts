import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { readEnvironment } from '../../config/env.ts';
import { ConfigError } from '../../config/problems.ts';
import type { KeyOutcome } from '../../providers/health.ts';
import { type RunningRouter, runRouter } from '../run-router.ts';
import { Link } from './link.ts';
import type { PrimaryNews, PrimaryOffers, WorkerOffers, WorkerReport, WorkerSettings } from './offers.ts';
import { primaryCommons } from './primary-commons.ts';

/** How long the calls of a worker that goes may last, in milliseconds; then they are ended with an error that says so. */
const lastCallsMs = 600_000;
/** How long they may last where the primary is gone. */
const orphanedMs = 30_000;

/** Serves as one process of several, as the primary says, until the primary lets it go or is gone. */
export function serveAsWorker(): void {
  const worker = new Worker();
  // A terminal sends its signals to every process; what they mean is the primary's to say.
  process.on('SIGINT', () => undefined).on('SIGHUP', () => undefined);
  process.on('SIGTERM', () => worker.leave());
}

class Worker implements WorkerOffers {
  readonly #link: Link<PrimaryOffers>;
  readonly #connections = new Set<Socket>();
  #news: PrimaryNews = { log: { file: null, lostLines: 0 }, lostRecords: 0 };
  #router: RunningRouter | undefined;
  #server: Server | undefined;
  #retiring = false;
  #closed = false;

  constructor() {
    this.#link = new Link<PrimaryOffers>(process, this);
    process.on('disconnect', () => void this.#end());
  }

  async begin({ token, news, ...settings }: WorkerSettings): Promise<WorkerReport> {
    this.#news = news;
    const link = this.#link;
    try {
      const router = await runRouter({
        ...settings,
        environment: readEnvironment(),
        ownsProcess: true,
        listens: false,
        commons: primaryCommons(link, () => this.#news),
        control: {
          token,
          stop: () => link.tell('stop'),
          reload: () => link.tell('reload'),
          restart: () => link.tell('restart'),
        },
      });
      this.#router = router;
      this.#server = this.#makeServer(router);
      const { reload: _reload, close: _close, createServer: _createServer, service: _service, ...ready } = router;
      return { ready };
    } catch (error) {
      const { message, code } = error as NodeJS.ErrnoException;
      const config = error instanceof ConfigError ? { file: error.file, problems: [...error.problems] } : undefined;
      return { failed: { message, ...(code === undefined ? {} : { code }), ...(config ? { config } : {}) } };
    }
  }

  connection(id: number, socket?: Socket): void {
    // Said before a byte is read: what is not said to be accepted is given to another worker should this one die.
    this.#link.tell('accepted', id);
    if (!socket) return this.#link.tell('closed');
    this.#connections.add(socket);
    socket.once('close', () => {
      this.#connections.delete(socket);
      this.#link.tell('closed');
      this.#leaveWhenEmpty();
    });
    this.#server?.emit('connection', socket);
  }

  reload(reload: Parameters<WorkerOffers['reload']>[0]): Promise<string | undefined> {
    return this.#running.reload(reload);
  }

  configProblem(problem: string | undefined): void {
    this.#running.service.configError = problem;
  }

  news(news: PrimaryNews): void {
    this.#news = news;
  }

  outcome(outcome: KeyOutcome): void {
    this.#running.service.gateway.health.applyOutcome(outcome);
  }

  metrics() {
    return this.#running.service.momentSnapshot();
  }

  state() {
    return this.#running.service.ownState;
  }

  trace(callId: string) {
    return this.#running.service.ownTrace(callId);
  }

  /** Another takes its place, and it finishes what it has. */
  leave(): void {
    this.#link.tell('leaving');
  }

  retire(): void {
    if (this.#retiring) return;
    this.#retiring = true;
    this.#running.service.leaving = true;
    setTimeout(() => void this.#running.service.drain(0).then(() => this.#left()), lastCallsMs).unref();
    this.#leaveWhenEmpty();
  }

  drain(limitMs: number): Promise<void> {
    return this.#running.service.drain(limitMs);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#server?.closeAllConnections();
    for (const socket of this.#connections) socket.destroy();
    await this.#router?.close(0);
  }

  get #running(): RunningRouter {
    if (!this.#router) throw new Error('this worker does not serve yet');
    return this.#router;
  }

  #makeServer(router: RunningRouter): Server {
    const server = router.createServer();
    server.prependListener('request', (_request, response) => {
      // The client's next request finds another worker.
      if (this.#retiring) response.setHeader('connection', 'close');
    });
    // It gets its connections from the primary; without this it would not look after those that are too slow.
    server.emit('listening');
    return server;
  }

  #leaveWhenEmpty(): void {
    if (this.#retiring && this.#connections.size === 0) void this.#left();
  }

  async #left(): Promise<void> {
    if (this.#closed) return;
    await this.close();
    this.#link.tell('left');
  }

  /** The primary let it go, or died: then what is on its way may end. */
  async #end(): Promise<void> {
    if (!this.#closed) await this.#router?.service.drain(orphanedMs);
    process.exit(0);
  }
}
