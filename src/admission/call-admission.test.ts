import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Call, Caller } from '../call/call.ts';
import type { AttemptRecord, CallRecord } from '../call/record.ts';
import { configSchema } from '../config/schema.ts';
import type { Target } from '../providers/target.ts';
import { MemoryStore } from '../stores/memory.ts';
import { Admission } from './admit.ts';
import { budgetPolicyOf, type CallSize } from './budget.ts';
import { Leases } from './leases.ts';
import { rateLimitsOf } from './rate-limit.ts';

const price = { input: 1, output: 1 };
const target = (name: string): Target => ({ name, aliases: [], model: name, abilities: {} }) as unknown as Target;
/** A target's worst case is its prompt and the longest answer, a micro-dollar a token. */
const size = (worst: number): CallSize => ({ promptTokens: () => 0, maxTokens: worst, marksCache: false });
const [dear, other, strange] = [target('dear'), target('other'), target('strange')];

function admissionOf(config: unknown, clock = { at: Date.UTC(2026, 10, 24) }) {
  const parsed = configSchema.parse(config);
  const store = new MemoryStore(() => clock.at);
  const warnings: string[] = [];
  const admission = new Admission({
    limits: rateLimitsOf(parsed),
    policy: budgetPolicyOf(parsed),
    ...{ store, leases: new Leases(store) },
    priceOf: ({ name }) => (name === 'strange' ? undefined : price),
    now: () => clock.at,
    warn: (message) => warnings.push(message),
  });
  return { admission, warnings, clock };
}

let made = 0;
function callOf(caller: Partial<Caller> = {}): Call {
  made += 1;
  const request = { model: 'dear', max_tokens: 10, messages: [] };
  return { id: `req_${made}`, caller: { name: 'ci', permissions: new Set(), ...caller }, request } as unknown as Call;
}

function recordOf(...costs: [string, number | null][]): CallRecord {
  const attempts = costs.map(([name, costMicroUsd]) => ({ target: name, costMicroUsd }) as AttemptRecord);
  return { attempts } as CallRecord;
}

const budget = (daily: number, more: object = {}) => ({
  costOptimization: { budget: { daily: daily / 1e6, ...more } },
});
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('a call', () => {
  it('sets aside what a target may cost, and that of the next in place of it', async () => {
    const { admission } = admissionOf(budget(100));
    const call = admission.begin(callOf());
    await call.admit(() => 0);
    expect(await call.enter(dear, size(90))).toBe(true);
    expect((await admission.budgets()).daily).toMatchObject({ spent: 0, reserved: 90 });
    expect(await call.enter(other, size(80))).toBe(true);
    expect((await admission.budgets()).daily).toMatchObject({ spent: 0, reserved: 80 });
    call.settle(recordOf(['dear', null], ['other', 25]));
    expect((await admission.budgets()).daily).toMatchObject({ spent: 25, reserved: 0 });
  });

  it('that has begun to be answered pays for the next target as well', async () => {
    const { admission } = admissionOf(budget(100));
    const call = admission.begin(callOf());
    await call.admit(() => 0);
    await call.enter(dear, size(60));
    expect(await call.enter(other, size(50), { begun: true })).toBe(false);
    expect(call.blockOf(other, size(50))).toMatchObject({ kind: 'budget' });
    expect(await call.enter(target('third'), size(30), { begun: true })).toBe(true);
    expect((await admission.budgets()).daily).toMatchObject({ reserved: 90 });
  });

  it('is told why a target is kept away, before it is tried and after another call was faster', async () => {
    const { admission } = admissionOf(budget(100));
    const [slow, fast] = [admission.begin(callOf()), admission.begin(callOf())];
    await slow.admit(() => 0);
    expect(slow.blockOf(dear, size(101))).toMatchObject({ kind: 'budget', soft: false });
    expect(slow.blockOf(dear, size(100))).toBeUndefined();
    await fast.admit(() => 0);
    await fast.enter(dear, size(50));
    expect(await slow.enter(dear, size(100))).toBe(false);
    expect(slow.blockOf(dear, size(100))?.reason).toContain('0.000050 USD are left');
  });

  it('settles once, and gives a request back that no target was asked', async () => {
    const { admission } = admissionOf({ rateLimit: { global: { requests: 1 } } });
    const call = admission.begin(callOf());
    await call.admit(() => 0);
    await expect(admission.begin(callOf()).admit(() => 0)).rejects.toMatchObject({ kind: 'limit-reached' });
    call.settle(recordOf());
    const next = admission.begin(callOf());
    await next.admit(() => 0);
    next.settle(recordOf(['dear', 0]));
    next.settle(recordOf());
    await expect(admission.begin(callOf()).admit(() => 0)).rejects.toMatchObject({ kind: 'limit-reached' });
  });

  it('keeps what it has set aside however long it lasts', async () => {
    const { admission, clock } = admissionOf(budget(100));
    const call = admission.begin(callOf());
    await call.admit(() => 0);
    await call.enter(dear, size(90));
    clock.at += 60_000;
    call.settle(recordOf(['dear', 10]));
    expect((await admission.budgets()).daily).toMatchObject({ spent: 10, reserved: 0 });
  });

  it('of unknown price passes, unless that is forbidden', async () => {
    const call = admissionOf(budget(1)).admission.begin(callOf());
    await call.admit(() => 0);
    expect(call.blockOf(strange, size(9))).toBeUndefined();
    expect(await call.enter(strange, size(9))).toBe(true);
    const strict = admissionOf(budget(1, { unknownPrice: 'reject' })).admission.begin(callOf());
    await strict.admit(() => 0);
    expect(strict.blockOf(strange, size(9))).toMatchObject({ kind: 'budget' });
  });

  it('takes nothing, asks nothing and says nothing where nothing is configured', async () => {
    const { admission } = admissionOf({});
    const call = admission.begin(callOf());
    await call.admit(() => expect.fail('it was counted'));
    expect(await call.enter(dear, size(1e9))).toBe(true);
    expect(call.headers()).toEqual({});
    expect(await admission.budgets()).toEqual({ daily: null, monthly: null });
  });
});

it('warns of each level of a budget once', async () => {
  const { admission, warnings } = admissionOf(budget(100));
  for (const cost of [40, 15, 5, 20, 20]) {
    const call = admission.begin(callOf());
    await call.admit(() => 0);
    await call.enter(dear, size(cost));
    call.settle(recordOf(['dear', cost]));
    await settled();
  }
  expect(warnings.map((text) => text.slice(0, 5).trim())).toEqual(['50 %', '80 %', '100 %']);
});

it('never spends more than the budget, whatever calls do and in whatever order, and in the end has nothing set aside', async () => {
  const call = fc.record({ worst: fc.integer({ min: 0, max: 60 }), part: fc.integer({ min: 0, max: 100 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(call, { maxLength: 25 }), fc.scheduler(), async (calls, scheduler) => {
      const { admission } = admissionOf(budget(200));
      let spent = 0;
      const run = async ({ worst, part }: { worst: number; part: number }) => {
        const one = admission.begin(callOf());
        await scheduler.schedule(one.admit(() => 0));
        const granted = await scheduler.schedule(one.enter(dear, size(worst)));
        const cost = granted ? Math.floor((worst * part) / 100) : 0;
        await scheduler.schedule(Promise.resolve());
        spent += cost;
        one.settle(recordOf(...(granted ? [['dear', cost] as [string, number]] : [])));
        const { daily } = await admission.budgets();
        expect(daily!.spent + daily!.reserved).toBeLessThanOrEqual(200);
      };
      await scheduler.waitFor(Promise.all(calls.map((each) => run(each))));
      expect((await admission.budgets()).daily).toMatchObject({ spent, reserved: 0 });
    }),
  );
});
