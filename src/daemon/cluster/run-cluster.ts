import { createServer } from 'node:net';
import { resolvePaths } from '../../config/paths.ts';
import { ConfigError, type ConfigProblem } from '../../config/problems.ts';
import { openStore } from '../../stores/open-store.ts';
import { createLogger } from '../../telemetry/logger.ts';
import { Ledgers } from '../ledgers.ts';
import { listen } from '../listen.ts';
import { logSettings } from '../log-settings.ts';
import { atRestOf, type RunningRouter, type RunSettings, urlHost } from '../run-router.ts';
import { SessionNotes } from '../session-notes.ts';
import { Telemetry } from '../telemetry.ts';
import { Books } from './books.ts';
import { ClusterConfig } from './cluster-config.ts';
import type { ClusterFile } from './cluster-file.ts';
import { Crew } from './crew.ts';
import type { WorkerReport } from './offers.ts';
import { offersTo } from './primary.ts';
import { Shared } from './shared.ts';
import type { WorkerProcess } from './worker-process.ts';
import { workersOf } from './workers-of.ts';

/** A router whose calls several processes serve; this one listens, and holds what they share. */
export type RunningCluster = Omit<RunningRouter, 'createServer' | 'service'>;

/** Starts the router as several processes. Throws as `runRouter` does. */
export async function runCluster(settings: RunSettings, file: ClusterFile): Promise<RunningCluster> {
  const { environment } = settings;
  const paths = resolvePaths(environment);
  const place = { directory: file.directory, stateDirectory: paths.stateDirectory };
  const startedAt = Date.now();
  const atRest = atRestOf(environment);
  const logging = logSettings(settings, { config: file.config, paths, directory: file.directory });
  const logger = createLogger(logging);
  const report = (level: 'info' | 'warn' | 'error', message: string, fields?: object) => logger[level](message, fields);
  const warn = (message: string, fields?: object) => logger.warn(message, fields);
  const ledgers = new Ledgers(atRest, warn);
  const sessions = new SessionNotes(paths.sessionsFile);
  const books = new Books({ telemetry: new Telemetry(logger), ledgers, sessions, startedAt }, place);
  const store = openStore({
    ...{ url: undefined, onStateLost: 'open', journalFile: paths.accountsFile },
    ...{ now: () => Date.now(), report: warn },
  });
  const shared = new Shared(store);
  const host = settings.host ?? environment.router.host ?? file.config.router.host;
  const wantedPort = settings.port ?? environment.router.port ?? file.config.router.port;
  const activeCalls = () => crew.answering.reduce((sum, { calls }) => sum + calls.size, 0);
  const told = atRest.configure(file.config.security.encryption);
  books.configure(file.config, place, activeCalls);

  const crew: Crew = new Crew({
    count: workersOf(file.config) ?? 1,
    offersTo: (worker) => offersTo(worker, { crew, shared, books, control: settings.control, logger }),
    begin: (worker) => begin(worker),
    onGone: (worker, expected) => {
      const lost = worker.calls.size;
      books.lose(worker, Date.now());
      if (!expected)
        warn('a worker ended, another takes its place', { pid: worker.pid, how: worker.ended, lostCalls: lost });
    },
    report,
  });
  const configuration = new ClusterConfig(file, {
    ...{ environment, crew, report },
    inForce: ({ config }) => {
      for (const line of atRest.configure(config.security.encryption)) warn(line);
      logger.setLevel(logSettings(settings, { config, paths, directory: file.directory }).level);
      books.configure(config, place, activeCalls);
      const count = workersOf(config);
      if (count === undefined) warn('performance.clustering: several processes serve until `router restart`');
      else crew.resize(count);
    },
  });
  const listening = await listen(() => newServer(crew), host, wantedPort);
  const { port } = listening;
  let isFirst = true;
  const begin = (worker: WorkerProcess): Promise<WorkerReport> => {
    const { models, logLevel, background } = settings;
    const quiet = !isFirst;
    isFirst = false;
    return configuration.begin(worker, {
      ...{ configFile: file.path, token: settings.control.token, startedAt, host, port, quiet, news: books.news },
      ...(models ? { models } : {}),
      ...(logLevel === undefined ? {} : { logLevel }),
      ...(background === undefined ? {} : { background }),
    });
  };
  const stopTelling = tellNews(crew, books);
  const close = async (drainMs = 30_000) => {
    stopTelling();
    await crew.stop(drainMs);
    await listening.close();
    await crew.close();
    await shared.close();
    await books.close();
  };
  const first = await crew.start();
  if ('failed' in first) {
    await close(0);
    throw errorOf(first.failed);
  }
  for (const line of told) warn(line);
  report('info', 'several processes serve', { workers: crew.serving.map(({ pid }) => pid) });
  return {
    ...first.ready,
    ...{ url: `http://${urlHost(host)}:${port}`, host, port, logFile: logging.file?.path },
    warnings: [...first.ready.warnings, ...told],
    reload: () => configuration.reload(),
    close,
  };
}

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
