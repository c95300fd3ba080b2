import type { Engine, EnginePlace, SqlRow, SqlValue, Written } from './engine.ts';
import { openEngine } from './open-engine.ts';
import { openThreaded } from './threaded-engine.ts';

/**
 * Opens a database that a quiet router writes to itself, and a busy one through a thread: a thread takes ten megabytes, but
 * neither many records nor a question over all of them may hold up a call. Throws whatever the driver throws.
 */
export async function openSparing(place: Omit<EnginePlace, 'busyMs'>): Promise<Engine> {
  return new SparingEngine(place, await openEngine({ ...place, busyMs: 10 }));
}

class SparingEngine implements Engine {
  readonly #place: Omit<EnginePlace, 'busyMs'>;
  readonly #here: Engine;
  #thread: Promise<Engine> | undefined;
  /** The engine that writes: this one until the thread is ready, for its start must not hold up records either. */
  #writer: Engine;

  constructor(place: Omit<EnginePlace, 'busyMs'>, here: Engine) {
    this.#place = place;
    this.#here = here;
    this.#writer = here;
  }

  write(batch: readonly Written[]): Promise<void> {
    // Where it can't be started, the next question says so.
    if (batch.length > smallBatch) this.#inThread().catch(() => undefined);
    return this.#writer.write(batch);
  }

  async all(sql: string, values: readonly SqlValue[]): Promise<SqlRow[]> {
    return (await this.#inThread()).all(sql, values);
  }

  async scrub(): Promise<string | undefined> {
    return (await this.#inThread()).scrub();
  }

  async close(): Promise<void> {
    const thread = await this.#thread?.catch(() => undefined);
    if (thread !== this.#here) await thread?.close();
    await this.#here.close();
  }

  /** The engine of the thread; that of this one where no thread can be had. */
  #inThread(): Promise<Engine> {
    this.#thread ??= openThreaded({ ...this.#place, busyMs: 2000 }).then((thread) => {
      this.#writer = thread ?? this.#here;
      return this.#writer;
    });
    return this.#thread;
  }
}

/** Records that are written in about a millisecond. */
const smallBatch = 20;
