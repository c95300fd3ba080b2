import { describe, expect, it } from 'vitest';
import { decodeUsage } from './usage.ts';

const counts = { prompt_tokens: 10, completion_tokens: 2 };

describe('the cost that a service states', () => {
  it.each([
    ['as it is', { cost: 0.00085, is_byok: false, cost_details: { upstream_inference_cost: 0.5 } }, 0.00085],
    ['as nothing', { cost: 0 }, 0],
    [
      'with what the user’s own key paid',
      { cost: 0.0001, is_byok: true, cost_details: { upstream_inference_cost: 0.0002 } },
      0.0003,
    ],
    [
      'alone where nothing else was paid',
      { cost: 0.0001, is_byok: true, cost_details: { upstream_inference_cost: null } },
      0.0001,
    ],
    ['not at all where it states none', {}, undefined],
    ['not at all where it is no amount', { cost: { total_cost: 1 } }, undefined],
  ])('is told %s', (_what, more, cost) => {
    expect(decodeUsage({ ...counts, ...more }, true)?.cost).toBe(cost);
  });

  it('is left out where the service is not known to bill by it', () => {
    expect(decodeUsage({ ...counts, cost: 1 })).not.toHaveProperty('cost');
  });
});
