import type { CallTrace } from './call-trace.ts';

/** The traces that clients asked for, the latest ones, in this process's memory alone. */
export class TraceRing {
  readonly #kept = new Map<string, CallTrace>();

  add(trace: CallTrace): void {
    this.#kept.set(trace.id, trace);
    if (this.#kept.size <= mostKept) return;
    const [oldest] = this.#kept.keys();
    if (oldest !== undefined) this.#kept.delete(oldest);
  }

  find(id: string): CallTrace | undefined {
    return this.#kept.get(id);
  }
}

const mostKept = 200;
