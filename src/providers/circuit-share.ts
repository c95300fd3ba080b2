import { randomBytes } from 'node:crypto';
import type { Store } from '../stores/store.ts';
import type { Health, RestChange } from './health.ts';

const topic = 'circuits';
const pollMs = 400;
/** A change that ends a rest is told for so long, in milliseconds. */
const shortestMs = 60_000;

/** Tells other processes within a second which keys are left alone, and hears it from them. */
export class CircuitShare {
  readonly #store: Store;
  readonly #health: Health;
  /** Tells this process's own marks from those of others. */
  readonly #self = randomBytes(8).toString('hex');
  #version = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(store: Store, health: Health) {
    this.#store = store;
    this.#health = health;
    health.onChange = (change) => this.#tell(change);
    this.#next();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#health.onChange = undefined;
  }

  #tell(change: RestChange): void {
    const { target, key, rest } = change;
    const value = JSON.stringify({ by: this.#self, ...change });
    const lastsMs = Math.max(rest.openUntil ?? 0, rest.coolUntil) - Date.now();
    this.#store.mark(topic, { name: `${key}:${target}`, value }, Math.max(shortestMs, lastsMs)).catch(() => undefined);
  }

  #next(): void {
    this.#timer = setTimeout(() => void this.#hear(), pollMs).unref();
  }

  async #hear(): Promise<void> {
    try {
      const { version, marks } = await this.#store.marksSince(topic, this.#version);
      this.#version = version;
      for (const { value } of marks) {
        const { by, ...change } = JSON.parse(value) as RestChange & { by: string };
        if (by !== this.#self) this.#health.applyRemote(change);
      }
    } catch {
      // It is asked again.
    }
    if (this.#timer !== undefined) this.#next();
  }
}
