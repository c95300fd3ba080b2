import type { Engine, EnginePlace, SqlRow, SqlValue, Written } from './engine.ts';
import { openEngine } from './open-engine.ts';
import { openThreaded } from './threaded-engine.ts';

/**
 * Opens a database that a quiet router writes to itself, and a busy one through a thread: a thread takes ten megabytes, but
 * neither many records nor a question over all of them may hold up a call. Throws whatever the driver throws.
 */
export async function openSparing(place: Omit<EnginePlace, 'busyMs'>): Promise<Engine> {
  return new SparingEngine(place, await openEngine({ ...place, busyMs: 100 }));
}

class SparingEngine implements Engine {
  readonly #place: Omit<EnginePlace, 'busyMs'>;
  readonly #here: Engine;
  #thread: Promise<Engine> | undefined;

  constructor(place: Omit<EnginePlace, 'busyMs'>, here: Engine) {
    this.#place = place;
    this.#here = here;
  }

  async write(batch: readonly Written[]): Promise<void> {
    const isSmall = batch.length <= smallBatch && this.#thread === undefined;
    return isSmall ? this.#here.write(batch) : (await this.#inThread()).write(batch);
  }

  async all(sql: string, values: readonly SqlValue[]): Promise<SqlRow[]> {
    return (await this.#inThread()).all(sql, values);
  }

  async close(): Promise<void> {
    const thread = await this.#thread?.catch(() => undefined);
    await thread?.close();
    await this.#here.close();
  }

  /** The engine of the thread; that of this one where no thread can be had. */
  #inThread(): Promise<Engine> {
    this.#thread ??= openThreaded({ ...this.#place, busyMs: 2000 }).then((thread) => thread ?? this.#here);
    return this.#thread;
  }
}

/** Records that are written in about a millisecond. */
const smallBatch = 20;
