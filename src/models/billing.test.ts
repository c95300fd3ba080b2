import { describe, expect, it } from 'vitest';
import type { Usage } from '../protocol/messages.ts';
import { type Bill, type Billing, billOf, configuredPrice, countsOf, plainCost } from './billing.ts';

const usageOf = (more: Record<string, unknown>): Usage => ({ input_tokens: 0, output_tokens: 0, ...more });
const anthropic: Billing = { providerType: 'anthropic', model: 'claude-opus-5-5', costInUsage: false };
const openRouter: Billing = { providerType: 'openrouter', model: 'openai/gpt-4o-mini', costInUsage: true };

describe('the bill of a leg', () => {
  const million = { input_tokens: 1_000_000 };
  const cases: [what: string, usage: Record<string, unknown>, answeredBy: string | undefined, Billing, Bill][] = [
    ['the catalogue’s price', million, undefined, anthropic, { microUsd: 4_000_000, source: 'catalogue' }],
    [
      'the price of the model that answered, not of the one that was asked',
      million,
      'claude-sonnet-5-5-20261007',
      anthropic,
      { microUsd: 2_000_000, source: 'catalogue' },
    ],
    ['no price for an answer by a model nobody knows', million, 'claude-next', anthropic, { microUsd: null }],
    [
      'no price where the premium for its speed is unknown',
      { ...million, speed: 'fast' },
      'claude-sonnet-5',
      anthropic,
      { microUsd: null },
    ],
    [
      'the price of its speed',
      { ...million, speed: 'fast' },
      undefined,
      anthropic,
      { microUsd: 8_000_000, source: 'catalogue' },
    ],
    [
      'the price of its place',
      { ...million, inference_geo: 'us' },
      undefined,
      anthropic,
      { microUsd: 4_400_000, source: 'catalogue' },
    ],
    [
      'the price of a batch',
      { ...million, service_tier: 'batch' },
      undefined,
      anthropic,
      { microUsd: 2_000_000, source: 'catalogue' },
    ],
    [
      'web searches',
      { server_tool_use: { web_search_requests: 3 } },
      undefined,
      anthropic,
      { microUsd: 30_000, source: 'catalogue' },
    ],
    [
      'the configured price, whatever answers and however it is served',
      { ...million, speed: 'fast', cost: 9 },
      'claude-next',
      { ...openRouter, configured: { input: 3, output: 5 } },
      { microUsd: 3_000_000, source: 'config' },
    ],
    [
      'nothing for a free model',
      million,
      undefined,
      { ...anthropic, configured: { input: 0, output: 0 } },
      { microUsd: 0, source: 'config' },
    ],
    [
      'what the provider says itself',
      { ...million, cost: 0.0145476 },
      'anything',
      openRouter,
      { microUsd: 14_548, source: 'provider' },
    ],
    [
      'that it was free, where the provider says so',
      { ...million, cost: 0 },
      undefined,
      openRouter,
      { microUsd: 0, source: 'provider' },
    ],
    [
      'the catalogue’s price where the provider says nonsense',
      { ...million, cost: -1 },
      undefined,
      openRouter,
      { microUsd: 150_000, source: 'catalogue' },
    ],
    [
      'the catalogue’s price where the word of the provider is not to be trusted',
      { ...million, cost: 7 },
      undefined,
      anthropic,
      { microUsd: 4_000_000, source: 'catalogue' },
    ],
  ];

  it.each(cases)('is %s', (_what, usage, answeredBy, billing, bill) => {
    expect(billOf(usageOf(usage), answeredBy, billing)).toEqual(bill);
  });

  it('adds compaction and advice, which the totals leave out, each at its own model', () => {
    const iterations = [
      { type: 'compaction', input_tokens: 1000, output_tokens: 100 },
      { type: 'message', input_tokens: 50, output_tokens: 10 },
      { type: 'advisor_message', model: 'claude-sonnet-5-5', input_tokens: 200, output_tokens: 20 },
    ];
    const usage = usageOf({ input_tokens: 50, output_tokens: 10, iterations });
    // Opus 5.5 at 4 and 20, Sonnet 5.5 at 2 and 10 dollars per million.
    expect(billOf(usage, undefined, anthropic).microUsd).toBe(1050 * 4 + 110 * 20 + 200 * 2 + 20 * 10);
  });

  it('prices a fallback at the model that fell in', () => {
    const iterations = [
      { type: 'message', input_tokens: 50, output_tokens: 10 },
      { type: 'fallback_message', model: 'claude-sonnet-5-5', input_tokens: 50, output_tokens: 30 },
    ];
    const usage = usageOf({
      input_tokens: 100,
      output_tokens: 40,
      iterations,
      server_tool_use: { web_search_requests: 1 },
    });
    expect(billOf(usage, undefined, anthropic).microUsd).toBe(50 * 4 + 10 * 20 + 50 * 2 + 30 * 10 + 10_000);
  });
});

describe('tokens by what they cost', () => {
  it.each([
    ['writes without a split live five minutes', { cache_creation_input_tokens: 9 }, 9, 0],
    [
      'a split says how long writes live',
      {
        cache_creation_input_tokens: 9,
        cache_creation: { ephemeral_5m_input_tokens: 2, ephemeral_1h_input_tokens: 7 },
      },
      2,
      7,
    ],
    [
      'what a split leaves out lives five minutes',
      { cache_creation_input_tokens: 9, cache_creation: { ephemeral_1h_input_tokens: 4 } },
      5,
      4,
    ],
    [
      'a split alone is enough',
      { cache_creation: { ephemeral_5m_input_tokens: 2, ephemeral_1h_input_tokens: 7 } },
      2,
      7,
    ],
    ['a split of null is none', { cache_creation_input_tokens: 9, cache_creation: null }, 9, 0],
    ['what is no number is nothing', { cache_creation_input_tokens: 'many', input_tokens: -5 }, 0, 0],
  ])('%s', (_what, usage, cacheWrite5m, cacheWrite1h) => {
    expect(countsOf(usage)).toEqual({ ...countsOf({}), cacheWrite5m, cacheWrite1h });
  });
});

describe('the configured price', () => {
  const catalogue = { input: 3, output: 15, cacheRead: 0.3 };
  it.each([
    ['dollars for a token, both directions', { costPerToken: 0.00003 }, { input: 30, output: 30 }],
    ['a very small price for a token', { costPerToken: 0.00000015 }, { input: 0.15, output: 0.15 }],
    ['a free target', { costPerToken: 0 }, { input: 0, output: 0 }],
    ['pricing before costPerToken', { costPerToken: 1, pricing: { input: 2, output: 8 } }, { input: 2, output: 8 }],
    [
      'costPerToken for what pricing leaves out',
      { costPerToken: 0.000001, pricing: { output: 8 } },
      { input: 1, output: 8 },
    ],
    ['the catalogue for what pricing leaves out', { pricing: { input: 2 } }, { input: 2, output: 15 }],
    ['nothing', {}, undefined],
    ['nothing in an empty block', { pricing: {} }, undefined],
  ])('is %s', (_what, config, expected) => {
    expect(configuredPrice(config, catalogue)).toEqual(expected);
  });

  it('is unknown where half of it is', () =>
    expect(configuredPrice({ pricing: { input: 2 } }, undefined)).toBeUndefined());
});

describe('the plain cost of tokens at another target', () => {
  const usage = usageOf({ input_tokens: 1000, speed: 'fast', cost: 1 });
  it.each([
    ['its list price', anthropic, 4000],
    ['its configured price', { ...anthropic, configured: { input: 1, output: 1 } }, 1000],
    ['unknown', { ...anthropic, model: 'claude-next' }, null],
  ])('is %s', (_what, billing, cost) => expect(plainCost(usage, billing)).toBe(cost));
});
