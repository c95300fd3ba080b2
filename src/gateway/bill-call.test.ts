import { describe, expect, it } from 'vitest';
import type { AttemptRecord, CallRecord } from '../call/record.ts';
import { plainQuirks } from '../dialects/quirks.ts';
import type { Target } from '../providers/target.ts';
import { billCall } from './bill-call.ts';

const targetOf = (name: string, configuredPrice?: { input: number; output: number }) =>
  ({
    name,
    provider: 'one',
    providerType: 'openai-compatible',
    model: name,
    quirks: plainQuirks,
    configuredPrice,
  }) as Target;
const dear = targetOf('dear', { input: 10, output: 20 });
const cheap = targetOf('cheap', { input: 1, output: 2 });
const strange = targetOf('strange');
const targets = {
  find: (name: string) => [dear, cheap, strange].find((target) => target.name === name),
  defaultTarget: dear,
};

const usage = { input_tokens: 100, output_tokens: 10 };

function attemptAt(target: string, more: Partial<AttemptRecord> = {}): AttemptRecord {
  return { target, provider: 'one', model: target, startedAt: 0, durationMs: 1, outcome: 'ok', usage, ...more };
}

function billed(attempts: AttemptRecord[], more: Partial<CallRecord> = {}): CallRecord {
  const record: CallRecord = {
    ...{ id: 'req_1', startedAt: 0, durationMs: 1, caller: 'local', requestedModel: 'x', stream: false },
    ...{ rule: 'default', reason: '', warnings: [], outcome: 'succeeded', status: 200, usage, attempts },
    model: attempts.at(-1)?.target,
    ...more,
  };
  billCall(record, targets);
  return record;
}

describe('the bill of a call', () => {
  const refused = attemptAt('dear', { outcome: 'failed', usage: undefined });
  const broken = attemptAt('dear', { outcome: 'failed' });

  it.each([
    ['the price of its one leg', [attemptAt('cheap')], 120],
    ['the sum of its legs', [broken, attemptAt('cheap')], 1320],
    ['nothing for a try that used nothing', [refused, attemptAt('cheap')], 120],
    ['unknown where the price of a leg is', [broken, attemptAt('strange')], null],
    ['unknown where its target is gone', [attemptAt('gone')], null],
    ['unknown where an answer came without usage', [attemptAt('cheap', { usage: undefined })], null],
  ])('is %s', (_what, attempts, cost) => expect(billed(attempts).costMicroUsd).toBe(cost));

  it('is nothing where nobody answered, and for a kept answer', () => {
    const failed = { outcome: 'failed', model: undefined, usage: undefined } as const;
    expect(billed([refused], failed)).toMatchObject({ costMicroUsd: 0, savedMicroUsd: 0 });
    expect(billed([], { model: 'dear', cache: 'hit' })).toMatchObject({ costMicroUsd: 0, savedMicroUsd: 1200 });
  });

  it('says for each leg what it costs and who says so', () => {
    const { attempts } = billed([broken, attemptAt('strange'), attemptAt('cheap')]);
    expect(attempts.map(({ costMicroUsd, priceSource }) => [costMicroUsd, priceSource])).toEqual([
      [1200, 'config'],
      [null, undefined],
      [120, 'config'],
    ]);
  });
});

describe('what was saved', () => {
  it.each([
    ['the difference to the default model', [attemptAt('cheap')], 1080],
    ['nothing where the default model answered', [attemptAt('dear')], 0],
    ['less than nothing where failing cost more', [attemptAt('dear', { outcome: 'failed' }), attemptAt('cheap')], -120],
    ['unknown where the cost is', [attemptAt('strange')], null],
  ])('is %s', (_what, attempts, saved) => expect(billed(attempts).savedMicroUsd).toBe(saved));
});
