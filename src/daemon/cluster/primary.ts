import type { Control } from '../../server/service.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { MetricSnapshot } from '../../telemetry/series.ts';
import { type Books, cpuSeries } from './books.ts';
import type { Crew } from './crew.ts';
import type { PrimaryOffers } from './offers.ts';
import type { Shared } from './shared.ts';
import type { WorkerProcess } from './worker-process.ts';

export interface PrimaryParts {
  crew: Crew;
  shared: Shared;
  books: Books;
  control: Control;
  logger: Logger;
}

/** What another worker may take to answer, in milliseconds; then it is told without it. */
const othersLimitMs = 2000;

/** What the primary does for one of its workers. */
export function offersTo(worker: WorkerProcess, parts: PrimaryParts): PrimaryOffers {
  const { crew, shared, books, control, logger } = parts;
  const { pools, conversations } = shared;
  return {
    store: (operation, args) => shared.ask(operation, args),
    ledger: async (question, args) => {
      const { ledger } = books;
      return (ledger[question] as (...args: unknown[]) => Promise<unknown>).apply(ledger, args);
    },
    cached: (maxBytes, key) => shared.cacheOf(maxBytes).get(key),
    cache: (maxBytes, key, bytes, ttlMs) => shared.cacheOf(maxBytes).set(key, Buffer.from(bytes), ttlMs),
    takePlace: (id, place) => shared.takePlace(worker, id, place),
    leavePlace: (id) => shared.leavePlace(worker, id),
    askPool: (pool, session, look) => pools.ask(pool, session, look),
    tookTurn: (pool) => pools.tookTurn(pool),
    rememberSession: (session, known) => pools.remember(session, known),
    tellOutcome: (outcome) => {
      for (const other of crew.answering) if (other !== worker) other.link.tell('outcome', outcome);
    },
    keepConversation: (key, conversation) => conversations.keep(key, conversation),
    recallConversation: (key) => conversations.recall(key),
    opened: (call) => void worker.calls.set(call.id, { call, tried: [] }),
    tried: (callId, attempt) => worker.tried(callId, attempt),
    settled: (record, contextWindow, line) => {
      worker.calls.delete(record.id);
      if (line !== '') logger.write(line);
      books.settled(record, worker.counting, contextWindow);
    },
    countAs: (counting) => {
      worker.counting = counting;
    },
    line: (text) => logger.write(text),
    metricSnapshots: async () => {
      const asked = await Promise.all(crew.answering.map((each) => metricsOf(each)));
      return [books.snapshot(), ...asked.flatMap((snapshot) => snapshot ?? [])];
    },
    otherProcesses: async () => {
      const others = crew.answering.filter((other) => other !== worker);
      const asked = await Promise.all(
        others.map(({ link }) => link.askFor(othersLimitMs, 'state').catch(() => undefined)),
      );
      return asked.filter((state) => state !== undefined);
    },
    trace: async (callId) => {
      const others = crew.answering.filter((other) => other !== worker);
      const asked = await Promise.all(
        others.map(({ link }) => link.askFor(othersLimitMs, 'trace', callId).catch(() => undefined)),
      );
      return asked.find((trace) => trace !== undefined);
    },
    accepted: (connection) => worker.accepted(connection),
    closed: () => {
      worker.connections -= 1;
    },
    leaving: () => crew.retire(worker),
    left: () => crew.left(worker),
    stop: () => control.stop(),
    reload: () => control.reload(),
    restart: () => void crew.restart(),
  };
}

async function metricsOf(worker: WorkerProcess): Promise<MetricSnapshot[][]> {
  const snapshot = await worker.link.askFor(othersLimitMs, 'metrics').catch(() => undefined);
  if (!snapshot) return [];
  worker.cpuSeconds = snapshot.find(({ name }) => name === cpuSeries)?.values[0]?.value ?? 0;
  return [snapshot];
}
