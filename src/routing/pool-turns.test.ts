import { beforeEach, describe, expect, it } from 'vitest';
import { PoolTurns } from './pool-turns.ts';

let turns: PoolTurns;
const ask = (session?: string, look = false) => turns.ask('pool', session, look);
const at = 1_790_000_000_000;

beforeEach(() => {
  turns = new PoolTurns();
});

describe('turns of a pool, for several processes', () => {
  it('go to calls without a session one after the other', () => {
    expect([ask(), ask(), ask()].map(({ turn }) => turn)).toEqual([0, 1, 2]);
    expect(turns.ask('another', undefined, false).turn).toBe(0);
  });

  it('are the same for calls of a new session that come at once, and used up once', () => {
    expect([ask('new'), ask('new'), ask()].map(({ turn }) => turn)).toEqual([0, 0, 1]);
  });

  it('are not used up by a session that has its target, unless it has to leave it', () => {
    ask('old');
    turns.remember('old', { target: 'a', warmTokens: 0, at });
    expect(ask('old')).toEqual({ turn: 1, taken: false, session: { target: 'a', warmTokens: 0, at } });
    turns.tookTurn('pool');
    expect(ask().turn).toBe(2);
  });

  it('are not used up by a look', () => {
    expect([ask('s', true), ask(undefined, true), ask()].map(({ turn }) => turn)).toEqual([0, 0, 0]);
  });
});
