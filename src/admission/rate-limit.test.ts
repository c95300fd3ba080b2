import { describe, expect, it } from 'vitest';
import type { Caller } from '../call/call.ts';
import { configSchema } from '../config/schema.ts';
import { callerWindows, limitFailure, limitHeaders, limitOf, modelWindows, rateLimitsOf } from './rate-limit.ts';

const tokens = () => ({ prompt: 100, most: 350 });
const caller = (more: Partial<Caller> = {}): Caller => ({ name: 'ci', permissions: new Set(), ...more });
const limitsOf = (rateLimit: unknown) => rateLimitsOf(configSchema.parse({ rateLimit }));
const global = { requests: 5, tokens: 1000, window: 60 };

describe('the windows of a caller', () => {
  it.each<[string, unknown, Partial<Caller>, [string, number, number][]]>([
    ['nothing is configured', undefined, {}, []],
    [
      'the block is there',
      { global },
      {},
      [
        ['global:requests:60000', 5, 1],
        ['global:tokens:60000', 1000, 350],
      ],
    ],
    ['the block is switched off', { enabled: false, global }, {}, []],
    ['every key has a limit', { perKey: { requests: 3, window: '1m' } }, {}, [['key:ci:requests:60000', 3, 1]]],
    [
      'the key has its own in its place',
      { perKey: { requests: 3 } },
      { rateLimit: limitOf(100) },
      [['key:ci:requests:3600000', 100, 1]],
    ],
    [
      'the key has its own, and the block is switched off',
      { enabled: false, global },
      { rateLimit: { requests: 7, windowMs: 1000 } },
      [['key:ci:requests:1000', 7, 1]],
    ],
    ['a call wants more than the limit', { global: { tokens: 200 } }, {}, [['global:tokens:60000', 200, 200]]],
  ])('where %s', (_, rateLimit, more, expected) => {
    const windows = callerWindows(limitsOf(rateLimit), caller(more), tokens);
    expect(windows.map(({ name, limit, amount }) => [name, limit, amount])).toEqual(expected);
  });

  it('know a prompt that alone is more than the limit', () => {
    const [window] = callerWindows(limitsOf({ global: { tokens: 99 } }), caller(), tokens);
    expect(window).toMatchObject({ impossible: true });
  });
});

it('counts the tokens of a call only where a limit asks', () => {
  const limits = limitsOf({ global: { requests: 3 }, perModel: { fast: { requests: 1 } } });
  const counting = () => expect.fail('it was counted');
  expect(callerWindows(limits, caller(), counting)).toHaveLength(1);
  expect([...modelWindows(limits, counting).keys()]).toEqual(['fast']);
});

describe('a window without room', () => {
  const [requests, used] = callerWindows(limitsOf({ global }), caller(), tokens);
  it('is told with the longest wait, in whole seconds that suffice', () => {
    const failure = limitFailure(
      [requests!, used!],
      [
        { used: 5, fitsInMs: 1001, emptyInMs: 9 },
        { used: 900, fitsInMs: 11_000, emptyInMs: 9 },
      ],
    );
    expect(failure).toMatchObject({ kind: 'limit-reached', details: { retryAfterSeconds: 11 } });
    expect(failure!.message).toBe('the limit of 1000 tokens in 60 s for all callers is reached: ask again in 11 s');
    expect(limitFailure([requests!], [{ used: 5, fitsInMs: 1001, emptyInMs: 9 }])!.details.retryAfterSeconds).toBe(2);
  });

  it('is none where all fit, or where it was only looked at', () => {
    expect(limitFailure([requests!], [{ used: 5, fitsInMs: 0, emptyInMs: 9 }])).toBeUndefined();
    expect(limitFailure([{ ...requests!, look: true }], [{ used: 5, fitsInMs: 7, emptyInMs: 9 }])).toBeUndefined();
  });
});

it('tells in headers of the limit that is nearest', () => {
  const [all, mine] = callerWindows(
    limitsOf({ global: { requests: 100 }, perKey: { requests: 10 } }),
    caller(),
    tokens,
  );
  const seen = [
    { window: all!, state: { used: 50, fitsInMs: 0, emptyInMs: 60_000 } },
    { window: mine!, state: { used: 9, fitsInMs: 0, emptyInMs: 30_000 } },
  ];
  expect(limitHeaders(seen, Date.UTC(2026, 10, 24))).toEqual({
    'anthropic-ratelimit-requests-limit': '10',
    'anthropic-ratelimit-requests-remaining': '1',
    'anthropic-ratelimit-requests-reset': '2026-11-24T00:00:30.000Z',
  });
});
