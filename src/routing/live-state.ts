import { LRUCache } from 'lru-cache';
import type { Target } from '../providers/target.ts';
import type { Decision } from './decide.ts';
import type { Facts } from './facts.ts';
import type { Block, RoutingState, SessionState } from './state.ts';

/** What others know of targets. */
export interface TargetSenses {
  blocked?(target: Target): Block | undefined;
  inFlight?(target: Target): number;
  latencyMs?(target: Target): number | undefined;
  random?(): number;
  /** Undefined where this process decides alone. */
  pools?: PoolMemory;
  /** Milliseconds since the epoch, for what a prompt cache still holds. */
  now?(): number;
}

const mostSessions = 10_000;
/** Providers keep a prompt for about that long after its last use, in milliseconds. */
const warmForMs = 300_000;

/** Where a session is, and since when, in milliseconds since the epoch. */
export interface Remembered extends SessionState {
  at: number;
}

/** What several processes that decide have in common of their pools. */
export interface PoolMemory {
  /** A call comes to a pool: whose turn it is and where its session is. A session that is new uses the turn up, once. */
  ask(pool: string, session: string | undefined, look: boolean): Promise<PoolMoment>;
  tookTurn(pool: string): void;
  remember(session: string, known: Remembered): void;
}

export interface PoolMoment {
  turn: number;
  /** True where the turn is used up by being asked for. */
  taken: boolean;
  session?: Remembered;
}

/** The state of one process: turns of pools and targets of sessions are its own unless others decide too, the rest it is told. */
export class LiveState implements RoutingState {
  readonly #senses: TargetSenses;
  readonly #turns = new Map<string, number>();
  readonly #sessions = new LRUCache<string, Remembered>({ max: mostSessions });
  /** Calls whose turn was used up when it was asked for. */
  readonly #tookTurn = new WeakSet<Facts>();

  constructor(senses: TargetSenses = {}) {
    this.#senses = senses;
  }

  blocked(target: Target): Block | undefined {
    return this.#senses.blocked?.(target);
  }

  inFlight(target: Target): number {
    return this.#senses.inFlight?.(target) ?? 0;
  }

  latencyMs(target: Target): number | undefined {
    return this.#senses.latencyMs?.(target);
  }

  session(id: string): SessionState | undefined {
    const known = this.#sessions.get(id);
    if (known === undefined || known.warmTokens === 0 || this.#now() - known.at <= warmForMs) return known;
    return { target: known.target, warmTokens: 0 };
  }

  turn(pool: string): number {
    return this.#turns.get(pool) ?? 0;
  }

  /** The state for a call that comes to a pool, as all processes know it; undefined where this one decides alone. */
  async inPool(pool: string, facts: Facts, look = false): Promise<Pick<RoutingState, 'turn' | 'session'> | undefined> {
    const { pools } = this.#senses;
    if (!pools) return undefined;
    const { turn, taken, session } = await pools.ask(pool, facts.session, look);
    if (taken) this.#tookTurn.add(facts);
    if (facts.session !== undefined) {
      if (session) this.#sessions.set(facts.session, session);
      else this.#sessions.delete(facts.session);
    }
    return { turn: () => turn, session: (id) => this.session(id) };
  }

  get random(): number {
    return this.#senses.random?.() ?? 0;
  }

  /** A call goes the way that was decided: the pool's turn is over, and its session stays where it is. */
  noteDecision(decision: Decision, facts: Facts): void {
    const { pool, targets } = decision;
    if (pool === undefined || targets[0] === undefined) return;
    if (pool.tookTurn) this.#useTurn(pool.name, facts);
    if (facts.session === undefined || !pool.members.includes(targets[0].name)) return;
    this.#remember(facts.session, targets[0], facts);
  }

  /** Another target of the pool than the first has answered: the session moves there with what it has cached. */
  noteAnswer(decision: Decision, facts: Facts, target: Target): void {
    const { pool, targets } = decision;
    if (pool === undefined || facts.session === undefined || target === targets[0]) return;
    if (pool.members.includes(target.name)) this.#remember(facts.session, target, facts);
  }

  #useTurn(pool: string, facts: Facts): void {
    const { pools } = this.#senses;
    if (!pools) this.#turns.set(pool, this.turn(pool) + 1);
    else if (!this.#tookTurn.has(facts)) pools.tookTurn(pool);
  }

  /** A subagent or a title has a prompt of its own beside the session's. */
  #remember(session: string, target: Target, facts: Facts): void {
    const known = this.#sessions.get(session);
    const isMain = !facts.isSubagent && !facts.isBackground;
    const stays = known?.target === target.name;
    if (stays && !isMain) return;
    const warmTokens = isMain ? facts.promptTokens(target.model) : 0;
    const remembered = { target: target.name, warmTokens, at: this.#now() };
    this.#sessions.set(session, remembered);
    this.#senses.pools?.remember(session, remembered);
  }

  #now(): number {
    return this.#senses.now?.() ?? 0;
  }
}
