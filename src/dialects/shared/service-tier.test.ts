import { describe, expect, it } from 'vitest';
import { decodeServiceTier } from './service-tier.ts';

describe('the service tier', () => {
  it.each(['flex', 'priority', 'fast'])('%s has a price of its own', (tier) => {
    expect(decodeServiceTier(tier)).toEqual({ service_tier: tier });
  });

  it.each(['default', 'auto', 'on_demand', 'standard', '', null, undefined, 3])('%s has none', (tier) => {
    expect(decodeServiceTier(tier)).toEqual({});
  });
});
