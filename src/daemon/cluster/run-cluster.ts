import { createServer } from 'node:net';
import { type Paths, resolvePaths } from '../../config/paths.ts';
import { ConfigError, type ConfigProblem } from '../../config/problems.ts';
import type { AtRest } from '../../secrets/at-rest.ts';
import { openStore } from '../../stores/open-store.ts';
import { createLogger, type Logger, type LogSettings } from '../../telemetry/logger.ts';
import { Ledgers } from '../ledgers.ts';
import { type Listening, listen } from '../listen.ts';
import { logSettings } from '../log-settings.ts';
import { atRestOf, type RunningRouter, type RunSettings, urlHost } from '../run-router.ts';
import { SessionNotes } from '../session-notes.ts';
import { Telemetry } from '../telemetry.ts';
import { Books } from './books.ts';
import { ClusterConfig } from './cluster-config.ts';
import type { ClusterFile } from './cluster-file.ts';
import { Crew, type CrewSettings } from './crew.ts';
import type { WorkerReport } from './offers.ts';
import { offersTo } from './primary.ts';
import { Shared } from './shared.ts';
import type { WorkerProcess } from './worker-process.ts';
import { workersOf } from './workers-of.ts';

/** A router whose calls several processes serve; this one listens, and holds what they share. */
export type RunningCluster = Omit<RunningRouter, 'createServer' | 'service'>;

/** Starts the router as several processes. Throws as `runRouter` does. */
export function runCluster(settings: RunSettings, file: ClusterFile): Promise<RunningCluster> {
  return new Cluster(settings, file).start();
}

/** The primary: it listens, holds what the workers share, and keeps as many of them as are wanted. */
class Cluster {
  readonly #settings: RunSettings;
  readonly #paths: Paths;
  readonly #startedAt = Date.now();
  readonly #atRest: AtRest;
  readonly #logger: Logger;
  readonly #books: Books;
  readonly #shared: Shared;
  readonly #crew: Crew;
  readonly #configuration: ClusterConfig;
  #listening: Listening | undefined;
  readonly #host: string;
  #isFirst = true;

  constructor(settings: RunSettings, file: ClusterFile) {
    const { environment, control } = settings;
    this.#settings = settings;
    this.#paths = resolvePaths(environment);
    this.#atRest = atRestOf(environment);
    const logger = createLogger(this.#logging(file));
    this.#logger = logger;
    const warn = (message: string, fields?: object) => logger.warn(message, fields);
    const report: Report = (level, message, fields) => logger[level](message, fields);
    this.#books = new Books({
      ...{ telemetry: new Telemetry(logger), startedAt: this.#startedAt },
      ledgers: new Ledgers(this.#atRest, warn),
      sessions: new SessionNotes(this.#paths.sessionsFile),
    });
    const place = { url: undefined, onStateLost: 'open', journalFile: this.#paths.accountsFile } as const;
    this.#shared = new Shared(openStore({ ...place, now: () => Date.now(), report: warn }));
    const crew: Crew = new Crew({
      count: workersOf(file.config) ?? 1,
      offersTo: (worker) => offersTo(worker, { crew, shared: this.#shared, books: this.#books, control, logger }),
      begin: (worker) => this.#begin(worker),
      onGone: (worker, expected) => this.#gone(worker, expected),
      report,
    });
    this.#crew = crew;
    this.#configuration = new ClusterConfig(file, {
      environment,
      crew,
      report,
      inForce: (next) => this.#inForce(next),
    });
    this.#host = settings.host ?? environment.router.host ?? file.config.router.host;
  }

  async start(): Promise<RunningCluster> {
    const { file } = this.#configuration;
    const { port: given, environment } = this.#settings;
    const told = this.#configure(file);
    const wanted = given ?? environment.router.port ?? file.config.router.port;
    this.#listening = await listen(() => newServer(this.#crew), this.#host, wanted);
    const stopTelling = tellNews(this.#crew, this.#books);
    const close = async (drainMs?: number) => {
      stopTelling();
      await this.#close(drainMs);
    };
    const first = await this.#crew.start();
    if ('failed' in first) {
      await close(0);
      throw errorOf(first.failed);
    }
    for (const line of told) this.#logger.warn(line);
    this.#logger.info('several processes serve', { workers: this.#crew.serving.map(({ pid }) => pid) });
    const { port } = this.#listening;
    return {
      ...first.ready,
      ...{ url: `http://${urlHost(this.#host)}:${port}`, host: this.#host, port },
      logFile: this.#logging(file).file?.path,
      warnings: [...first.ready.warnings, ...told],
      reload: () => this.#configuration.reload(),
      close,
    };
  }

  #begin(worker: WorkerProcess): Promise<WorkerReport> {
    const { models, logLevel, background, control } = this.#settings;
    const quiet = !this.#isFirst;
    this.#isFirst = false;
    return this.#configuration.begin(worker, {
      ...{ token: control.token, startedAt: this.#startedAt, quiet, news: this.#books.news },
      ...{ host: this.#host, port: this.#listening?.port ?? 0 },
      ...(models ? { models } : {}),
      ...(logLevel === undefined ? {} : { logLevel }),
      ...(background === undefined ? {} : { background }),
    });
  }

  #gone(worker: WorkerProcess, expected: boolean): void {
    const { pid, ended, calls } = worker;
    const lostCalls = calls.size;
    this.#books.lose(worker, Date.now());
    if (!expected) this.#logger.warn('a worker ended, another takes its place', { pid, how: ended, lostCalls });
  }

  /** Every worker serves this configuration. */
  #inForce(file: ClusterFile): void {
    for (const line of this.#configure(file)) this.#logger.warn(line);
    this.#logger.setLevel(this.#logging(file).level);
    const count = workersOf(file.config);
    if (count === undefined) this.#logger.warn('performance.clustering: workers serve until `router restart`');
    else this.#crew.resize(count);
  }

  /** What the primary itself does as the configuration says; what has to be told of it. */
  #configure({ config, directory }: ClusterFile): string[] {
    const told = this.#atRest.configure(config.security.encryption);
    const callsNow = () => this.#crew.answering.reduce((sum, { calls }) => sum + calls.size, 0);
    this.#books.configure(config, { directory, stateDirectory: this.#paths.stateDirectory }, callsNow);
    return told;
  }

  #logging({ config, directory }: ClusterFile): LogSettings {
    return logSettings(this.#settings, { config, paths: this.#paths, directory });
  }

  async #close(drainMs = 30_000): Promise<void> {
    await this.#crew.stop(drainMs);
    await this.#listening?.close();
    await this.#crew.close();
    await this.#shared.close();
    await this.#books.close();
  }
}

type Report = CrewSettings['report'];

/** Takes connections and hands them on unread. */
function newServer(crew: Crew) {
  return createServer({ pauseOnConnect: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    crew.give(socket);
  });
}

/** Workers are told how the log and the ledger do, which this process writes. */
function tellNews(crew: Crew, books: Books): () => void {
  let last = JSON.stringify(books.news);
  const timer = setInterval(() => {
    const { news } = books;
    const text = JSON.stringify(news);
    if (text === last) return;
    last = text;
    for (const { link } of crew.answering) link.tell('news', news);
  }, newsEveryMs).unref();
  return () => clearInterval(timer);
}

const newsEveryMs = 500;

function errorOf({ message, code, config }: Extract<WorkerReport, { failed: unknown }>['failed']): Error {
  if (config) return new ConfigError(config.file, config.problems as ConfigProblem[]);
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}
