import { describe, expect, it } from 'vitest';
import { moneyText } from './money.ts';

describe('an amount', () => {
  it.each([
    ['in dollars', 1_250, undefined, '0.001250'],
    ['below nothing', -5, undefined, '-0.000005'],
    ['in a dearer currency', 10_000, { code: 'EUR', usdPerUnit: 1.25 }, '0.008000'],
    ['in a cheaper currency', 10_000, { code: 'JPY', usdPerUnit: 0.0064 }, '1.562500'],
    ['rounded half up', 1, { code: 'EUR', usdPerUnit: 2 }, '0.000001'],
    ['rounded down below half', 1, { code: 'EUR', usdPerUnit: 2.1 }, '0.000000'],
    ['below nothing in another currency', -10_000, { code: 'EUR', usdPerUnit: 1.25 }, '-0.008000'],
    ['that is large', 9_007_199_254_740_991, undefined, '9007199254.740991'],
  ])('is written with six places: %s', (_what, micro, currency, text) => {
    expect(moneyText(micro, currency)).toBe(text);
  });

  it('that is not known stays unknown', () => expect([moneyText(null), moneyText(undefined)]).toEqual([null, null]));
});
