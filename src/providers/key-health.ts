import type { BreakerSettings } from './health.ts';

/** Closed: calls pass. Open: none does. Half-open: one may try. */
export type Circuit = 'closed' | 'open' | 'half-open';

/** How long a key is left alone, and why. Times are milliseconds since the epoch. */
export interface KeyRest {
  /** Until its circuit may be tried again; null where that is closed. */
  openUntil: number | null;
  coolUntil: number;
  reason: string;
}

const longestCooldownMs = 300_000;

/** The circuit and the cool-down of one key of a target. Times are milliseconds since the epoch. */
export class KeyHealth {
  #failures = 0;
  /** How often in a row a try of an open circuit failed. */
  #reopened = 0;
  #openUntil: number | undefined;
  #trying = false;
  #coolUntil = 0;
  #reason = '';

  get rest(): KeyRest {
    return { openUntil: this.#openUntil ?? null, coolUntil: this.#coolUntil, reason: this.#reason };
  }

  /** Failures in a row. */
  get failures(): number {
    return this.#failures;
  }

  /** What another process found. */
  apply({ openUntil, coolUntil, reason }: KeyRest): void {
    this.#openUntil = openUntil ?? undefined;
    this.#coolUntil = coolUntil;
    this.#reason = reason;
    if (openUntil === null) this.#failures = 0;
  }

  circuit(now: number): Circuit {
    if (this.#openUntil === undefined) return 'closed';
    return now >= this.#openUntil ? 'half-open' : 'open';
  }

  /** Why it can't be used now. */
  blocked(now: number): string | undefined {
    if (now < this.#coolUntil) return this.#reason;
    const circuit = this.circuit(now);
    if (circuit === 'closed' || (circuit === 'half-open' && !this.#trying)) return undefined;
    return `its circuit is open: ${this.#reason}`;
  }

  begin(now: number): void {
    if (this.circuit(now) === 'half-open') this.#trying = true;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#reopened = 0;
    this.#openUntil = undefined;
    this.#trying = false;
    this.#coolUntil = 0;
  }

  failed(now: number, { failures, cooldownMs }: BreakerSettings, reason: string): void {
    this.#failures += 1;
    const triedInVain = this.#trying;
    this.#trying = false;
    if (!triedInVain && this.#failures < failures) return;
    this.#reason = reason;
    this.#openUntil = now + Math.min(cooldownMs * 2 ** this.#reopened, Math.max(cooldownMs, longestCooldownMs));
    this.#reopened += 1;
  }

  coolDown(until: number, reason: string): void {
    if (until <= this.#coolUntil) return;
    this.#coolUntil = until;
    this.#reason = reason;
  }

  /** The call is over, or said nothing about the key. */
  released(): void {
    this.#trying = false;
  }
}
