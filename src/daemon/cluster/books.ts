import type { CallRecord } from '../../call/record.ts';
import type { Config } from '../../config/schema.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { noLedger } from '../../ledger/open-ledger.ts';
import type { Counting } from '../../telemetry/metrics.ts';
import type { MetricSnapshot } from '../../telemetry/series.ts';
import type { LedgerPlace, Ledgers } from '../ledgers.ts';
import type { SessionNotes } from '../session-notes.ts';
import type { Telemetry } from '../telemetry.ts';
import { version } from '../version.ts';
import type { PrimaryNews } from './offers.ts';
import { lostAttempts, type WatchedCall, type WorkerProcess } from './worker-process.ts';

/** Processor time, as a counter of the metrics. */
export const cpuSeries = 'claude_router_cpu_seconds_total';

export interface BooksParts {
  telemetry: Telemetry;
  ledgers: Ledgers;
  sessions: SessionNotes;
  startedAt: number;
}

/** The one place where the records of all workers are written and counted, so that the end of a worker loses none. */
export class Books {
  readonly #parts: BooksParts;
  #ledger = noLedger;
  /** Of workers that ended: a counter never falls. */
  #cpuSecondsBefore = 0;

  constructor(parts: BooksParts) {
    this.#parts = parts;
  }

  get ledger(): Ledger {
    return this.#ledger;
  }

  get news(): PrimaryNews {
    return { log: this.#parts.telemetry.logger.state, lostRecords: this.#ledger.lost };
  }

  /** From now on as this configuration says. */
  configure(config: Config, place: Omit<LedgerPlace, 'storage'>, activeCalls: () => number): void {
    this.#ledger = this.#parts.ledgers.at({ ...place, storage: config.storage });
    this.#parts.telemetry.configure(config, activeCalls);
  }

  settled(record: CallRecord, counting: Counting | undefined, contextWindow: number | undefined): void {
    const { telemetry, sessions } = this.#parts;
    if (counting) telemetry.metrics.add(record, counting);
    this.#ledger.add(record);
    sessions.add(record, () => contextWindow);
  }

  /** A worker has ended. Of the calls it still had nobody else will say what became. */
  lose(worker: WorkerProcess, now: number): void {
    for (const call of worker.calls.values()) {
      const record = lostRecord(call, now, worker);
      this.settled(record, worker.counting, undefined);
      this.#parts.telemetry.logger.call(record);
    }
    worker.calls.clear();
    this.#cpuSecondsBefore += worker.cpuSeconds;
  }

  /** What was counted, and what the primary itself takes. */
  snapshot(): MetricSnapshot[] {
    const { telemetry, startedAt } = this.#parts;
    const { log, lostRecords } = this.news;
    const lost = { records: lostRecords, lines: log.lostLines, spans: 0 };
    const own = telemetry.metrics.snapshot({ version, startedAt, activeCalls: 0, targets: [], lost });
    const cpu = own.find(({ name }) => name === cpuSeries)?.values[0];
    if (cpu) cpu.value += this.#cpuSecondsBefore;
    return own;
  }

  async close(): Promise<void> {
    const { sessions, ledgers, telemetry } = this.#parts;
    sessions.flush();
    await ledgers.close();
    await telemetry.close();
  }
}

/** What is known of a call whose process died. What it cost is not; of budgets, what it had set aside counts as spent. */
function lostRecord(watched: WatchedCall, now: number, { pid, ended }: WorkerProcess): CallRecord {
  const message = `the process that served it ended (${ended ?? 'unknown how'}, pid ${pid})`;
  const { call } = watched;
  const attempts = lostAttempts(watched, now, message);
  const last = attempts.at(-1);
  return {
    ...call,
    durationMs: now - call.startedAt,
    ...(last ? { model: last.target, provider: last.provider, costMicroUsd: null } : {}),
    rule: 'none',
    reason: '',
    attempts,
    warnings: [],
    outcome: 'failed',
    status: 500,
    failure: { kind: 'process-lost', message },
  };
}
