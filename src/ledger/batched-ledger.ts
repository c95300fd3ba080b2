import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../call/failure.ts';
import type { CallRecord } from '../call/record.ts';
import { deleteBefore, readCall, readCalls } from './call-records.ts';
import { type Engine, RefusedRecord, type Seal, type Written } from './engine.ts';
import type {
  CallFilter,
  GroupKey,
  Ledger,
  ModelStatistics,
  Performance,
  Resealed,
  TimeRange,
  Totals,
} from './ledger.ts';
import { resealBodies } from './reseal-bodies.ts';
import { writtenOf } from './rows.ts';
import { readModels, readPerformance, readTotals } from './statistics.ts';

export interface LedgerParts {
  /** Opens the database: when the first record comes, or the first question, and again after it was away. */
  open(): Promise<Engine>;
  seal: Seal;
  /** Milliseconds that records are kept; undefined is for ever. */
  retentionMs?: number;
  /** Told once when records can't be written, and once when they can again. */
  report(message: string, fields: object): void;
  now(): number;
  limits?: Partial<LedgerLimits>;
}

export interface LedgerLimits {
  /** Milliseconds that a record waits at most for others to be written with. */
  waitMs: number;
  /** Records in one transaction. */
  batch: number;
  /** Records that wait while the database is away; later ones are lost. */
  waitingRecords: number;
  /** Bytes of bodies that wait. */
  waitingBytes: number;
  /** Milliseconds between two tries while the database is away. */
  retryMs: number;
  /** Milliseconds that closing waits for the database. */
  closeMs: number;
}

const usualLimits: LedgerLimits = {
  waitMs: 250,
  batch: 100,
  waitingRecords: 20_000,
  waitingBytes: 64 * 1024 * 1024,
  retryMs: 2000,
  closeMs: 5000,
};

/** Records wait in memory for a moment and are written together, so that no call waits for a database. */
export class BatchedLedger implements Ledger {
  lost = 0;
  readonly #parts: LedgerParts;
  readonly #limits: LedgerLimits;
  #waiting: Written[] = [];
  #waitingBytes = 0;
  #engine: Promise<Engine> | undefined;
  #writing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #away = false;
  #losing = false;
  #closed = false;
  #prunedAt = 0;

  constructor(parts: LedgerParts) {
    this.#parts = parts;
    this.#limits = { ...usualLimits, ...parts.limits };
  }

  add(record: CallRecord): void {
    const { waitingRecords, waitingBytes, batch, waitMs } = this.#limits;
    const full = this.#waiting.length >= waitingRecords || this.#waitingBytes + bytesOf(record.bodies) > waitingBytes;
    if (this.#closed || (full && this.#waiting.length > 0)) return this.#lose('too many records wait');
    const written = this.#writtenOf(record);
    if (!written) return;
    this.#waiting.push(written);
    this.#waitingBytes += bytesOf(written.bodies);
    if (this.#writing) return;
    if (this.#waiting.length === batch && !this.#away) this.#writeSoon(0);
    else if (!this.#timer) this.#writeSoon(waitMs);
  }

  async flush(): Promise<void> {
    await this.#writing;
    if (this.#waiting.length > 0) await this.#write();
  }

  totals(range: TimeRange, groupBy?: GroupKey): Promise<Totals[]> {
    return this.#ask((engine) => readTotals(engine, range, groupBy));
  }

  models(range: TimeRange, groupBy?: GroupKey): Promise<ModelStatistics[]> {
    return this.#ask((engine) => readModels(engine, range, groupBy));
  }

  performance(range: TimeRange, groupBy?: GroupKey): Promise<Performance[]> {
    return this.#ask((engine) => readPerformance(engine, range, groupBy));
  }

  calls(filter: CallFilter): Promise<CallRecord[]> {
    return this.#ask((engine) => readCalls(engine, filter));
  }

  call(id: string): Promise<CallRecord | undefined> {
    return this.#ask((engine) => readCall(engine, id, this.#parts.seal));
  }

  reseal(change: (bytes: Buffer, place: string) => Buffer): Promise<Resealed> {
    return this.#ask(async (engine) => {
      const bodies = await resealBodies(engine, change);
      const unscrubbed = bodies === 0 ? undefined : await engine.scrub();
      return unscrubbed === undefined ? { bodies } : { bodies, unscrubbed };
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#inTime(this.#writeRest());
    const left = this.#waiting.length;
    if (left > 0) {
      this.lost += left;
      this.#waiting = [];
      this.#parts.report('records of calls are lost: the ledger could not be reached before the end', {
        lost: this.lost,
      });
    }
    const engine = await this.#inTime(this.#engine);
    await this.#inTime(engine?.close());
  }

  /** Tries until nothing waits any more: what is not written now is lost. */
  async #writeRest(): Promise<void> {
    await this.flush();
    while (this.#waiting.length > 0) {
      await sleep(closingRetryMs);
      await this.flush();
    }
  }

  #writeSoon(delayMs: number): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#write(), delayMs);
    this.#timer.unref();
  }

  /** One writer at a time. Never throws. */
  #write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
      if (this.#waiting.length > 0) this.#writeSoon(this.#away ? this.#limits.retryMs : this.#limits.waitMs);
    });
    return this.#writing;
  }

  async #writeAll(): Promise<void> {
    try {
      const engine = await this.#opened();
      // What comes meanwhile waits for company, unless somebody asks.
      for (let left = this.#waiting.length; left > 0; left -= this.#limits.batch) {
        const batch = this.#waiting.slice(0, Math.min(left, this.#limits.batch));
        await this.#writeBatch(engine, batch);
        this.#waiting.splice(0, batch.length);
        for (const { bodies } of batch) this.#waitingBytes -= bytesOf(bodies);
      }
      this.#isBack();
      await this.#prune(engine);
    } catch (error) {
      this.#isAway(error);
    }
  }

  /** A record that the database refuses must not keep the others out. */
  async #writeBatch(engine: Engine, batch: readonly Written[]): Promise<void> {
    if (batch.length === 0) return;
    try {
      await engine.write(batch);
    } catch (error) {
      if (!(error instanceof RefusedRecord)) throw error;
      if (batch.length > 1) {
        for (const written of batch) await this.#writeBatch(engine, [written]);
        return;
      }
      this.#lose(reasonOf(error));
    }
  }

  /** What is kept of a record while it waits: its text, since the record itself holds on to the whole call. */
  #writtenOf(record: CallRecord): Written | undefined {
    try {
      return writtenOf(record, this.#parts.seal);
    } catch (error) {
      this.#lose(reasonOf(error));
      return undefined;
    }
  }

  /** Said once for each time that the ledger was well before. */
  #lose(reason: string): void {
    this.lost += 1;
    if (this.#losing) return;
    this.#losing = true;
    this.#parts.report('records of calls are lost', { reason, lost: this.lost });
  }

  async #prune(engine: Engine): Promise<void> {
    const { retentionMs, now } = this.#parts;
    if (retentionMs === undefined || now() - this.#prunedAt < pruneEveryMs) return;
    this.#prunedAt = now();
    while (await deleteBefore(engine, now() - retentionMs)) await new Promise((resolve) => setImmediate(resolve));
  }

  async #ask<Answer>(question: (engine: Engine) => Promise<Answer>): Promise<Answer> {
    await this.flush();
    try {
      return await question(await this.#opened());
    } catch (error) {
      if (error instanceof Failure) throw error;
      this.#leave();
      if (!this.#away) this.#parts.report('the ledger can not be read', { reason: reasonOf(error) });
      throw new Failure('records-away', 'the ledger can not be read: the log of the router says why', { cause: error });
    }
  }

  #opened(): Promise<Engine> {
    this.#engine ??= this.#parts.open().catch((error) => {
      this.#engine = undefined;
      throw error;
    });
    return this.#engine;
  }

  /** The database is opened anew the next time: what broke may not mend. */
  #leave(): void {
    void this.#engine?.then((engine) => engine.close()).catch(() => undefined);
    this.#engine = undefined;
  }

  #isAway(error: unknown): void {
    this.#leave();
    if (this.#away) return;
    this.#away = true;
    this.#parts.report('the ledger is away: records of calls wait, the calls go on', { reason: reasonOf(error) });
  }

  #isBack(): void {
    if (!this.#away) return;
    this.#away = false;
    this.#losing = false;
    this.#parts.report('the ledger is back', { lost: this.lost });
  }

  /** The value, or undefined where it fails or does not come in time. */
  async #inTime<Value>(promise: Promise<Value> | undefined): Promise<Value | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), this.#limits.closeMs);
    });
    try {
      return await Promise.race([promise, limit]);
    } catch {
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }
}

const pruneEveryMs = 3_600_000;
const closingRetryMs = 50;

function bytesOf(bodies: { request: Uint8Array; reply: Uint8Array } | undefined): number {
  return bodies ? bodies.request.length + bodies.reply.length : 0;
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
