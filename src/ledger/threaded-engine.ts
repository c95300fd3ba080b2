import { Worker } from 'node:worker_threads';
import { type Engine, type EnginePlace, RefusedRecord, type SqlRow, type SqlValue, type Written } from './engine.ts';
import type { Answer, Work } from './engine-thread.ts';

/** Opens the database in a thread of its own; undefined where no thread can be had. Throws whatever the driver throws. */
export async function openThreaded(place: EnginePlace): Promise<Engine | undefined> {
  const thread = new EngineThread();
  try {
    await thread.ask({ work: 'open', place });
    return thread;
  } catch (error) {
    await thread.end();
    if (error instanceof NoThread) return undefined;
    throw error;
  }
}

class NoThread extends Error {}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

class EngineThread implements Engine {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;
  /** Whether it ever answered: one that never did could not be started. */
  #answered = false;
  #gone: Error | undefined;

  constructor() {
    const limits = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 8 };
    this.#worker = new Worker(new URL('./engine-thread.js', import.meta.url), { resourceLimits: limits });
    this.#worker.unref();
    this.#worker.on('message', (answer: Answer) => this.#take(answer));
    this.#worker.on('error', (error) => this.#die(error));
    this.#worker.on('exit', () => this.#die(new Error('the thread of the ledger ended')));
  }

  ask(work: Work): Promise<unknown> {
    if (this.#gone) return Promise.reject(this.#gone);
    return new Promise((resolve, reject) => {
      this.#asked += 1;
      this.#waiting.set(this.#asked, { resolve, reject });
      this.#worker.postMessage({ ...work, id: this.#asked });
    });
  }

  async write(batch: readonly Written[]): Promise<void> {
    await this.ask({ work: 'write', batch: [...batch] });
  }

  async all(sql: string, values: readonly SqlValue[]): Promise<SqlRow[]> {
    return (await this.ask({ work: 'all', sql, values: [...values] })) as SqlRow[];
  }

  async scrub(): Promise<string | undefined> {
    return (await this.ask({ work: 'scrub' })) as string | undefined;
  }

  async close(): Promise<void> {
    try {
      await this.ask({ work: 'close' });
    } finally {
      await this.end();
    }
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #take(answer: Answer): void {
    this.#answered = true;
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ('value' in answer) waiting?.resolve(answer.value);
    else waiting?.reject(answer.refused ? new RefusedRecord(answer.error) : new Error(answer.error));
  }

  #die(error: Error): void {
    this.#gone ??= this.#answered ? error : new NoThread(error.message, { cause: error });
    for (const { reject } of this.#waiting.values()) reject(this.#gone);
    this.#waiting.clear();
  }
}
