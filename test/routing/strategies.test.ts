import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { strategies } from '../../src/routing/strategies/registry.ts';
import { wholeShares } from '../../src/routing/strategies/smooth-weighted.ts';
import type { Member, Moment } from '../../src/routing/strategies/strategy.ts';
import { targetNamed } from '../support/routing-bed.ts';

function membersOf(weights: Record<string, number>): Member[] {
  return Object.entries(weights).map(([name, weight]) => ({ target: targetNamed(name), weight }));
}

function moment(more: Partial<Moment> = {}): Moment {
  const unknown = () => undefined;
  return { turn: 0, random: 0, inFlight: () => 0, latencyMs: unknown, priceUsd: unknown, ...more };
}

const namesOf = (members: readonly Member[]) => members.map(({ target }) => target.name);
const weightsArbitrary = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.integer({ min: 0, max: 9 }), {
  minKeys: 1,
});

describe('every strategy', () => {
  it.each(Object.entries(strategies))('%s orders all members, each once, the same for the same moment', (_, make) => {
    const numbers = fc.record({ turn: fc.nat(10_000), random: fc.double({ min: 0, max: 0.999, noNaN: true }) });
    fc.assert(
      fc.property(weightsArbitrary, numbers, fc.nat(9), (weights, { turn, random }, seed) => {
        const members = membersOf(weights);
        const value = ({ name }: { name: string }) => (name.charCodeAt(0) * (seed + 3)) % 7;
        const at = moment({ turn, random, inFlight: value, latencyMs: value, priceUsd: value });
        const ordered = make()(members, at);
        expect(namesOf(ordered).sort()).toEqual(namesOf(members).sort());
        expect(namesOf(make()(members, at))).toEqual(namesOf(ordered));
      }),
    );
  });

  it.each(Object.entries(strategies))('%s has an order for no members at all', (_, make) => {
    expect(make()([], moment({ turn: 3, random: 0.5 }))).toEqual([]);
  });
});

describe('smooth weighted round robin', () => {
  it('is exact in any window of one cycle, whatever the weights', () => {
    fc.assert(
      fc.property(weightsArbitrary, fc.nat(5000), (weights, start) => {
        const members = membersOf(weights);
        const shares = wholeShares(members.map(({ weight }) => weight));
        const cycle = shares.reduce((sum, share) => sum + share, 0);
        const order = strategies.weighted();
        const counts = members.map(() => 0);
        for (let turn = start; turn < start + cycle; turn += 1) {
          const [first] = order(members, moment({ turn }));
          counts[members.indexOf(first!)]! += 1;
        }
        expect(counts).toEqual(shares);
      }),
    );
  });

  it('spreads 0.4, 0.4 and 0.2 evenly', () => {
    const members = membersOf({ a: 0.4, b: 0.4, c: 0.2 });
    const order = strategies.round_robin();
    const turns = Array.from({ length: 10 }, (_, turn) => order(members, moment({ turn }))[0]!.target.name);
    expect(turns.join('')).toBe('abcababcab');
  });

  it.each([
    [
      [0.4, 0.4, 0.2],
      [2, 2, 1],
    ],
    [
      [1, 1, 1],
      [1, 1, 1],
    ],
    [
      [50, 30, 20],
      [5, 3, 2],
    ],
    [
      [0, 0],
      [1, 1],
    ],
    [
      [0.125, 0.875],
      [1, 7],
    ],
    [
      [1, 0],
      [1, 0],
    ],
  ])('takes %j as %j', (weights, shares) => expect(wholeShares(weights)).toEqual(shares));

  it('puts those of no weight last', () => {
    const order = strategies.weighted();
    for (let turn = 0; turn < 5; turn += 1) {
      expect(namesOf(order(membersOf({ a: 1, none: 0, b: 2 }), moment({ turn }))).at(-1)).toBe('none');
    }
  });
});

describe('the other strategies', () => {
  const members = membersOf({ a: 1, b: 1, c: 2 });
  const lookup = (values: Record<string, number | undefined>) => (target: { name: string }) => values[target.name];

  it('least_busy goes by calls on their way for each share', () => {
    const inFlight = (target: { name: string }) => ({ a: 2, b: 1, c: 3 })[target.name] ?? 0;
    expect(namesOf(strategies.least_busy()(members, moment({ inFlight })))).toEqual(['b', 'c', 'a']);
  });

  it('fastest goes by the time to the first output, and tries the unknown first', () => {
    const latencyMs = lookup({ a: 300, b: undefined, c: 100 });
    expect(namesOf(strategies.fastest()(members, moment({ latencyMs })))).toEqual(['b', 'c', 'a']);
  });

  it('cheapest goes by the price of the call, and never takes the unknown for cheap', () => {
    const priceUsd = lookup({ a: undefined, b: 0.2, c: 0.1 });
    expect(namesOf(strategies.cheapest()(members, moment({ priceUsd })))).toEqual(['c', 'b', 'a']);
  });

  it('in_order keeps the order', () => {
    expect(namesOf(strategies.in_order()(members, moment({ turn: 2 })))).toEqual(['a', 'b', 'c']);
  });

  it('random goes by the weights', () => {
    const first = (random: number) => strategies.random()(members, moment({ random }))[0]!.target.name;
    expect([0, 0.24, 0.26, 0.49, 0.51, 0.99].map(first)).toEqual(['a', 'a', 'b', 'b', 'c', 'c']);
  });

  it('let equals take turns', () => {
    const firsts = [0, 1, 2, 3].map((turn) => strategies.cheapest()(members, moment({ turn }))[0]!.target.name);
    expect(firsts).toEqual(['a', 'b', 'c', 'a']);
  });
});
