import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { priceOf } from './catalog.ts';
import { formatUsd, fromUsd, type PricingOptions, priceCall, type UsageCounts } from './cost.ts';
import type { Price } from './price.ts';

const NOTHING: UsageCounts = { input: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, output: 0 };
const usd = (usage: Partial<UsageCounts>, price: Price | undefined, options?: PricingOptions) => {
  const cost = priceCall({ ...NOTHING, ...usage }, price, options);
  return cost === null ? null : formatUsd(cost);
};

describe('priceCall on the shipped catalogue', () => {
  const cases: [
    what: string,
    provider: string,
    model: string,
    usage: Partial<UsageCounts>,
    usd: string | null,
    options?: PricingOptions,
  ][] = [
    [
      'case 146: Haiku 5.5 at the threshold',
      'anthropic',
      'claude-haiku-5-5',
      { input: 100_000, output: 1_000 },
      '0.010500',
    ],
    [
      'case 146: Haiku 5.5 one token over it',
      'anthropic',
      'claude-haiku-5-5',
      { input: 100_001, output: 1_000 },
      '0.052501',
    ],
    [
      'Haiku 5.5 where cache tokens make the prompt long',
      'anthropic',
      'claude-haiku-5-5',
      { input: 1, cacheRead: 60_000, cacheWrite5m: 40_000, output: 1_000 },
      '0.030501',
    ],
    ['gpt-6-sol at the threshold', 'openai', 'gpt-6-sol', { input: 272_000, output: 1_000 }, '0.554000'],
    ['case 147: gpt-6-sol one token over it', 'openai', 'gpt-6-sol', { input: 272_001, output: 1_000 }, '1.103004'],
    ['case 148: a model nobody knows', 'openai', 'gpt-99', { input: 10 }, null],
    ['a model without a published price', 'anthropic', 'claude-fable-5-2', { input: 10 }, null],
    ['cache reads of Opus 5.5 at a twentieth', 'anthropic', 'claude-opus-5-5', { cacheRead: 1_000_000 }, '0.200000'],
    [
      'cache reads of Sonnet 5.5 at a twentieth',
      'anthropic',
      'claude-sonnet-5-5',
      { cacheRead: 1_000_000 },
      '0.100000',
    ],
    ['cache reads of Fable 5.1 at a fortieth', 'anthropic', 'claude-fable-5-1', { cacheRead: 1_000_000 }, '0.250000'],
    ['cache reads of Opus 4.6 at a tenth', 'anthropic', 'claude-opus-4-6', { cacheRead: 1_000_000 }, '0.500000'],
    ['five-minute writes at 1.25', 'anthropic', 'claude-opus-5-5', { cacheWrite5m: 1_000_000 }, '5.000000'],
    ['one-hour writes at 2', 'anthropic', 'claude-opus-5-5', { cacheWrite1h: 1_000_000 }, '8.000000'],
    ['a flat price over a million tokens', 'anthropic', 'claude-opus-4-8', { input: 900_000 }, '4.500000'],
    ['Sonnet 4.5 beyond 200,000', 'anthropic', 'claude-sonnet-4-5', { input: 200_001, output: 1_000 }, '1.222506'],
    ['fast Opus 5.5', 'anthropic', 'claude-opus-5-5', { input: 1_000, output: 1_000 }, '0.048000', { speed: 'fast' }],
    ['fast Opus 4.8', 'anthropic', 'claude-opus-4-8', { input: 1_000, output: 1_000 }, '0.060000', { speed: 'fast' }],
    ['fast where no fast list is known', 'anthropic', 'claude-sonnet-5', { input: 1_000 }, null, { speed: 'fast' }],
    ['standard speed', 'anthropic', 'claude-opus-5-5', { input: 1_000 }, '0.004000', { speed: 'standard' }],
    ['an Anthropic batch', 'anthropic', 'claude-opus-5-5', { input: 1_000 }, '0.002000', { batch: true }],
    ['inference in the US', 'anthropic', 'claude-opus-5-5', { input: 1_000 }, '0.004400', { inferenceGeo: 'us' }],
    ['inference anywhere', 'anthropic', 'claude-opus-5-5', { input: 1_000 }, '0.004000', { inferenceGeo: 'global' }],
    [
      'inference in the US before 4.6',
      'anthropic',
      'claude-opus-4-5',
      { input: 1_000 },
      '0.005000',
      { inferenceGeo: 'us' },
    ],
    [
      'priority capacity of Anthropic',
      'anthropic',
      'claude-opus-5-5',
      { input: 1_000 },
      '0.004000',
      { serviceTier: 'priority' },
    ],
    ['web searches', 'anthropic', 'claude-opus-5-5', { webSearchRequests: 3 }, '0.030000'],
    ['web searches in a batch', 'anthropic', 'claude-opus-5-5', { webSearchRequests: 3 }, '0.030000', { batch: true }],
    ['OpenAI cache writes at 1.25', 'openai', 'gpt-5.6-sol', { cacheWrite5m: 100_000 }, '0.500000'],
    ['OpenAI flex', 'openai', 'gpt-6-sol', { input: 1_000 }, '0.001000', { serviceTier: 'flex' }],
    ['OpenAI default', 'openai', 'gpt-6-sol', { input: 1_000 }, '0.002000', { serviceTier: 'default' }],
    [
      'OpenAI priority with a known list',
      'openai',
      'gpt-5.5',
      { input: 1_000 },
      '0.012500',
      { serviceTier: 'priority' },
    ],
    ['OpenAI priority without one', 'openai', 'gpt-6-sol', { input: 1_000 }, null, { serviceTier: 'priority' }],
    [
      'a service tier with a strange name',
      'openai',
      'gpt-6-sol',
      { input: 1_000 },
      '0.002000',
      { serviceTier: 'constructor' },
    ],
    ['Gemini cache reads', 'google', 'gemini-3.5-flash', { cacheRead: 1_000_000 }, '0.150000'],
    ['Gemini Pro beyond 200,000', 'google', 'gemini-3.1-pro-preview', { input: 200_001, output: 1_000 }, '0.818004'],
    ['DeepSeek cache hits', 'deepseek', 'deepseek-chat', { cacheRead: 1_000_000 }, '0.002800'],
    ['a free model', 'openrouter', 'openai/gpt-oss-120b:free', { input: 1_000_000, output: 1_000 }, '0.000000'],
    [
      'Claude through a regional Bedrock id',
      'bedrock',
      'us.anthropic.claude-opus-5-5',
      { input: 1_000_000 },
      '4.400000',
    ],
    [
      'Claude through a global Bedrock id',
      'bedrock',
      'global.anthropic.claude-opus-5-5',
      { input: 1_000_000 },
      '4.000000',
    ],
    ['an OpenAI model at Azure', 'azure', 'gpt-5.2', { input: 1_000_000 }, '1.750000'],
    ['a call fee', 'perplexity', 'sonar', {}, '0.012000'],
    ['the own machine', 'ollama', 'qwen3-coder:30b', { input: 1_000_000, output: 1_000_000 }, '0.000000'],
    ['a cloud model through Ollama', 'ollama', 'gpt-oss:120b-cloud', { input: 10 }, null],
  ];
  it.each(cases)('%s', (_what, provider, model, usage, expected, options) => {
    expect(usd(usage, priceOf(provider, model), options)).toBe(expected);
  });
});

describe('priceCall', () => {
  const tokens = fc.integer({ min: 0, max: 50_000_000 });
  const rate = fc.integer({ min: 0, max: 200_000_000 }).map((micro) => micro / 1e6);
  const usage = fc.record({
    input: tokens,
    cacheRead: tokens,
    cacheWrite5m: tokens,
    cacheWrite1h: tokens,
    output: tokens,
  });
  const price = fc.record({ input: rate, output: rate, cacheRead: rate, cacheWrite: rate, cacheWrite1h: rate });
  const kinds = ['input', 'cacheRead', 'cacheWrite5m', 'cacheWrite1h', 'output'] as const;
  const plus = (a: UsageCounts, b: UsageCounts) =>
    Object.fromEntries(kinds.map((kind) => [kind, a[kind] + b[kind]])) as unknown as UsageCounts;

  it('is additive up to the one rounding of each call', () => {
    fc.assert(
      fc.property(usage, usage, price, (a, b, list) => {
        const apart = priceCall(a, list)! + priceCall(b, list)!;
        const difference = apart - priceCall(plus(a, b), list)!;
        expect(difference >= -1n && difference <= 1n).toBe(true);
      }),
    );
  });

  it('never falls when there are more tokens of any kind', () => {
    fc.assert(
      fc.property(usage, price, fc.constantFrom(...kinds), tokens, (a, list, kind, more) => {
        expect(priceCall({ ...a, [kind]: a[kind] + more }, list)! >= priceCall(a, list)!).toBe(true);
      }),
    );
  });

  it('is the exact decimal sum, rounded half up', () => {
    fc.assert(
      fc.property(usage, fc.integer({ min: 0, max: 200_000_000 }), (a, microPerMillion) => {
        const total = BigInt(kinds.reduce((sum, kind) => sum + a[kind], 0)) * BigInt(microPerMillion);
        const list = { input: microPerMillion / 1e6, output: microPerMillion / 1e6 };
        expect(priceCall(a, list)).toBe((total + 500_000n) / 1_000_000n);
      }),
    );
  });

  it('does not drift over a million small calls', () => {
    const list = { input: 0.1, output: 0.3 };
    let sum = 0n;
    for (let call = 0; call < 1_000_000; call++) sum += priceCall({ ...NOTHING, input: 10, output: 10 }, list)!;
    expect(formatUsd(sum)).toBe('4.000000');
  });

  it.each([
    ['cache reads without a rate cost what input costs', { cacheRead: 1_000 }, { input: 2, output: 4 }, '0.002000'],
    [
      'hour-long writes without a rate cost what other writes cost',
      { cacheWrite1h: 1_000 },
      { input: 2, output: 4, cacheWrite: 3 },
      '0.003000',
    ],
    [
      'writes without any rate cost what input costs',
      { cacheWrite5m: 1_000, cacheWrite1h: 1_000 },
      { input: 2, output: 4 },
      '0.004000',
    ],
    ['counts that are no numbers cost nothing', { input: Number.NaN, output: -5 }, { input: 2, output: 4 }, '0.000000'],
    ['half a micro-dollar is rounded up', { input: 1 }, { input: 0.5, output: 0 }, '0.000001'],
    ['less than half is dropped', { input: 1 }, { input: 0.49, output: 0 }, '0.000000'],
  ])('%s', (_rule, counts, list, expected) => {
    expect(usd(counts, list)).toBe(expected);
  });

  it('takes the highest tier the prompt reaches', () => {
    const tiers = [
      { above: 100, input: 2, output: 2 },
      { above: 1_000, input: 3, output: 3 },
    ];
    const list = { input: 1, output: 1, tiers };
    expect([100, 101, 1_000, 1_001].map((input) => usd({ input }, list))).toEqual([
      '0.000100',
      '0.000202',
      '0.002000',
      '0.003003',
    ]);
  });
});

describe('amounts', () => {
  it.each([
    [0n, '0.000000'],
    [1n, '0.000001'],
    [1_250n, '0.001250'],
    [123_456_789n, '123.456789'],
    [-5n, '-0.000005'],
  ])('%s micro-dollars read %s', (micro, text) => expect(formatUsd(micro)).toBe(text));

  it('come from dollars without a float left over', () => expect(fromUsd(0.1 + 0.2)).toBe(300_000n));
});
