import { describe, expect, it } from 'vitest';
import type { Caller } from '../call/call.ts';
import { usDollars } from '../call/money.ts';
import { configSchema } from '../config/schema.ts';
import {
  accountsOf,
  budgetPolicyOf,
  budgetReason,
  type CallSize,
  keyBudgetOf,
  periodAccounts,
  warningLevel,
  worstCase,
} from './budget.ts';

const policyOf = (budget: unknown, more: Record<string, unknown> = {}, routing = {}) =>
  budgetPolicyOf(configSchema.parse({ costOptimization: { ...more, budget }, routing }));
const caller = (more: Partial<Caller> = {}): Caller => ({ name: 'ci', permissions: new Set(), ...more });
const now = Date.UTC(2026, 11, 31, 23, 59, 59);

describe('a budget', () => {
  it('is in micro-dollars, by the rate of its currency', () => {
    expect(policyOf({ daily: 0.1, monthly: 5 })).toMatchObject({ daily: 100_000, monthly: 5_000_000 });
    const euros = policyOf({ daily: 1, perSession: 0.5, currency: 'EUR', rate: 1.25 });
    expect(euros).toMatchObject({ daily: 1_250_000, perSession: 625_000, currency: { code: 'EUR', usdPerUnit: 1.25 } });
  });

  it.each<[string, Record<string, unknown>, Record<string, unknown>, number | undefined]>([
    ['a block is there', {}, {}, 1_000_000],
    ['its own switch is off', { enabled: false }, { costOptimization: true }, undefined],
    ['routing switches it off', {}, { costOptimization: false }, undefined],
    ['its own switch is on', { enabled: true }, { costOptimization: false }, 1_000_000],
  ])('where %s', (_, block, routing, expected) => {
    expect(policyOf({ daily: 1 }, block, routing).daily).toBe(expected);
  });

  it('names the cheap model only where it shall answer', () => {
    expect(policyOf({ daily: 1, downgradeTo: 'cheap' }).downgradeTo).toBeUndefined();
    expect(policyOf({ daily: 1, onExceeded: 'downgrade', downgradeTo: 'cheap' }).downgradeTo).toBe('cheap');
  });

  it('of a key is for a month, or by day and month', () => {
    expect(keyBudgetOf(3)).toEqual({ daily: undefined, monthly: 3_000_000 });
    expect(keyBudgetOf({ daily: 0.5 })).toEqual({ daily: 500_000, monthly: undefined });
  });
});

describe('the accounts of a call', () => {
  it('are those of the day, the month, the key and the session', () => {
    const policy = policyOf({ daily: 1, monthly: 2, perSession: 3 });
    const accounts = accountsOf(policy, caller({ budget: { daily: 5, monthly: 6 } }), 's1', now);
    expect(accounts.map(({ name, limit }) => [name, limit])).toEqual([
      ['all:2026-12-31', 1_000_000],
      ['all:2026-12', 2_000_000],
      ['key:ci:2026-12-31', 5],
      ['key:ci:2026-12', 6],
      ['session:s1', 3_000_000],
    ]);
  });

  it('begin anew at midnight and on the first, in UTC', () => {
    const [daily, monthly] = periodAccounts('all', '', { daily: 1, monthly: 1 }, now);
    expect(daily!.resetsAt).toBe(Date.UTC(2027, 0, 1));
    expect(monthly!.resetsAt).toBe(Date.UTC(2027, 0, 1));
  });

  it('say when they reset, where one is exhausted', () => {
    const [daily] = periodAccounts('key:ci', ' of the key ci', { daily: 2_000_000 }, now);
    const state = { spent: 1_500_000, reserved: 250_000, born: '' };
    expect(budgetReason(daily!, state, 400_000, usDollars)).toBe(
      'the daily budget of the key ci, 2.000000 USD, is exhausted: 0.250000 USD are left, and the call may cost ' +
        '0.400000 USD; it resets at 2027-01-01T00:00:00.000Z',
    );
  });
});

describe('the worst case of a call', () => {
  const size = (more: Partial<CallSize> = {}): CallSize => {
    return { promptTokens: () => 1000, maxTokens: 100, marksCache: false, ...more };
  };
  const price = { input: 10, output: 50, cacheRead: 1, cacheWrite: 12.5, cacheWrite1h: 20 };
  const model = { model: 'm', maxOutput: undefined };

  it.each<[string, Partial<CallSize>, number | undefined, number]>([
    ['is its prompt and the longest answer', {}, undefined, 10_000 + 5000],
    ['counts with the dearest way to keep a marked prompt', { marksCache: true }, undefined, 20_000 + 5000],
    ['counts with the longest answer of the model', { maxTokens: 9999 }, 200, 10_000 + 10_000],
    ['counts with it where the client says none', { maxTokens: undefined }, 200, 10_000 + 10_000],
    ['counts with a usual answer where nobody says any', { maxTokens: undefined }, undefined, 10_000 + 8192 * 50],
  ])('%s', (_, more, maxOutput, expected) => {
    expect(worstCase(price, size(more), { ...model, maxOutput })).toBe(expected);
  });

  it('is not known without a price, and nothing where it is free', () => {
    expect(worstCase(undefined, size(), model)).toBeNull();
    expect(worstCase({ input: 0, output: 0 }, size(), model)).toBe(0);
  });
});

it.each([
  [0, undefined],
  [49, undefined],
  [50, 50],
  [79, 50],
  [80, 80],
  [99, 80],
  [100, 100],
  [170, 100],
])('warns of a budget of 100 of which %i are spent at %s', (spent, level) => {
  expect(warningLevel(100, spent)).toBe(level);
});
