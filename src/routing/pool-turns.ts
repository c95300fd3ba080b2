import { LRUCache } from 'lru-cache';
import type { PoolMoment, Remembered } from './live-state.ts';

const mostSessions = 10_000;

/** Turns of pools and targets of sessions, for several processes that decide. */
export class PoolTurns {
  readonly #turns = new Map<string, number>();
  readonly #sessions = new LRUCache<string, Remembered>({ max: mostSessions });
  /** The turns of sessions that are being decided for the first time: calls that come at once get the same. */
  readonly #given = new LRUCache<string, number>({ max: mostSessions });

  ask(pool: string, session: string | undefined, look: boolean): PoolMoment {
    const turn = this.#turns.get(pool) ?? 0;
    const known = session === undefined ? undefined : this.#sessions.get(session);
    if (known) return { turn, taken: false, session: known };
    if (look) return { turn, taken: false };
    const place = session === undefined ? undefined : `${pool}\n${session}`;
    const given = place === undefined ? undefined : this.#given.get(place);
    if (given !== undefined) return { turn: given, taken: true };
    if (place !== undefined) this.#given.set(place, turn);
    this.tookTurn(pool);
    return { turn, taken: true };
  }

  tookTurn(pool: string): void {
    this.#turns.set(pool, (this.#turns.get(pool) ?? 0) + 1);
  }

  remember(session: string, known: Remembered): void {
    this.#sessions.set(session, known);
  }
}
