import { beforeEach, describe, expect, it } from 'vitest';
import { Failure, type FailureKind } from '../call/failure.ts';
import { Health, type KeyOutcome, type RestChange } from './health.ts';
import { KeyPool } from './key-pool.ts';
import type { Target } from './target.ts';

let now = 0;
let health: Health;

beforeEach(() => {
  now = 1_000_000;
  health = new Health({ enabled: true, failures: 3, cooldownMs: 30_000 }, () => now);
});

function target(name: string, ...keys: string[]): Target {
  return { name, provider: 'p', model: name, keys: new KeyPool(keys) } as unknown as Target;
}

function fail(on: Target, kind: FailureKind = 'upstream-error', key?: string, retryAfterSeconds?: number): void {
  const attempt = health.begin(on, key);
  attempt.failed(new Failure(kind, `said ${kind}`, { retryAfterSeconds }));
  attempt.over();
}

function succeed(on: Target, key?: string, afterMs = 100): void {
  const attempt = health.begin(on, key);
  now += afterMs;
  attempt.succeeded();
  attempt.over();
}

describe('the circuit of a target', () => {
  const only = target('only');

  it('opens after so many failures in a row, and says why', () => {
    fail(only);
    fail(only);
    expect(health.blocked(only)).toBeUndefined();
    fail(only);
    expect(health.blocked(only)).toBe('its circuit is open: said upstream-error');
    expect(health.report(only).circuit).toBe('open');
  });

  it('starts to count anew with a success', () => {
    fail(only);
    fail(only);
    succeed(only);
    fail(only);
    fail(only);
    expect(health.blocked(only)).toBeUndefined();
  });

  it('lets one call try after the cool-down, and closes when it succeeds', () => {
    for (let count = 0; count < 3; count += 1) fail(only);
    now += 30_000;
    expect(health.report(only).circuit).toBe('half-open');
    expect(health.blocked(only)).toBeUndefined();
    const attempt = health.begin(only, undefined);
    expect(health.blocked(only)).toMatch(/open/);
    attempt.succeeded();
    attempt.over();
    expect(health.report(only).circuit).toBe('closed');
  });

  it('opens for twice as long each time the try fails, which costs one call', () => {
    for (let count = 0; count < 3; count += 1) fail(only);
    for (const wait of [30_000, 60_000, 120_000, 240_000, 300_000, 300_000]) {
      now += wait - 1;
      expect(health.blocked(only)).toBeDefined();
      now += 1;
      expect(health.blocked(only)).toBeUndefined();
      fail(only);
    }
  });

  it('is tried again when the call that tried was left by its client', () => {
    for (let count = 0; count < 3; count += 1) fail(only);
    now += 30_000;
    fail(only, 'client-gone');
    expect(health.blocked(only)).toBeUndefined();
  });

  it.each<FailureKind>(['upstream-refused-request', 'upstream-not-found', 'upstream-prompt-too-long', 'client-gone'])(
    'does not count %s, which says nothing about the target',
    (kind) => {
      for (let count = 0; count < 10; count += 1) fail(only, kind);
      expect(health.blocked(only)).toBeUndefined();
    },
  );

  it('never opens where it is switched off', () => {
    health.configure({ enabled: false, failures: 1, cooldownMs: 1000 });
    for (let count = 0; count < 10; count += 1) fail(only);
    expect(health.blocked(only)).toBeUndefined();
  });

  it('belongs to the target, not to others of its provider', () => {
    for (let count = 0; count < 3; count += 1) fail(only);
    expect(health.blocked(target('other'))).toBeUndefined();
  });
});

describe('the keys of a target', () => {
  const pool = target('pool', 'a', 'b', 'c');

  it('take turns', () => {
    const first = [1, 2, 3, 4].map(() => health.keysInTurn(pool)[0]);
    expect(first).toEqual(['a', 'b', 'c', 'a']);
  });

  it('are left alone for as long as the provider asked, one by one', () => {
    fail(pool, 'upstream-rate-limit', 'b', 20);
    for (let turn = 0; turn < 3; turn += 1) expect(health.keysInTurn(pool)).not.toContain('b');
    expect(health.blocked(pool)).toBeUndefined();
    now += 20_000;
    expect(health.keysInTurn(pool)).toContain('b');
  });

  it('block the target only when none is left, and are then tried all the same', () => {
    for (const key of ['a', 'b', 'c']) fail(pool, 'upstream-rate-limit', key, 20);
    expect(health.blocked(pool)).toBe('its rate limit is reached: said upstream-rate-limit');
    expect(health.keysInTurn(pool)).toHaveLength(3);
  });

  it('that were refused wait for a minute', () => {
    fail(pool, 'upstream-credential', 'a');
    expect(health.keysInTurn(pool)).toHaveLength(2);
    now += 60_000;
    expect(health.keysInTurn(pool)).toHaveLength(3);
  });
});

describe('what is known of a target', () => {
  it('is how long it takes, how many calls it has, and when it was last heard of', () => {
    const one = target('one');
    expect(health.report(one)).toEqual({
      ...{ circuit: 'closed', latencyMs: null, lastChecked: null, lastOk: null, inFlight: 0 },
    });
    succeed(one, undefined, 100);
    const attempt = health.begin(one, undefined);
    expect(health.report(one)).toMatchObject({ latencyMs: 100, lastOk: true, lastChecked: now, inFlight: 1 });
    attempt.over();
    attempt.over();
    expect(health.inFlight(one)).toBe(0);
  });

  it('is what a check found, until a call knows better', () => {
    const one = target('one');
    health.noteCheck(one, 'it answered 500');
    expect(health.blocked(one)).toBe('its health check failed: it answered 500');
    expect(health.report(one)).toMatchObject({ lastOk: false, lastChecked: now });
    health.noteCheck(one, undefined);
    expect(health.blocked(one)).toBeUndefined();
    health.noteCheck(one, 'it answered 500');
    succeed(one);
    expect(health.blocked(one)).toBeUndefined();
  });

  it('is what is usual once enough calls were seen', () => {
    const one = target('one');
    for (let count = 0; count < 9; count += 1) succeed(one, undefined, 100);
    expect(health.slowestUsualMs(one)).toBeUndefined();
    for (let count = 0; count < 10; count += 1) succeed(one, undefined, 900);
    expect(health.slowestUsualMs(one)).toBe(900);
  });
});

describe('what one process finds', () => {
  const [first, second] = ['key-one', 'key-two'];
  const keyed = target('shared', first, second);
  let told: RestChange[];
  let other: Health;

  beforeEach(() => {
    told = [];
    health.onChange = (change) => told.push(change);
    other = new Health({ enabled: true, failures: 3, cooldownMs: 30_000 }, () => now);
  });

  const tellOther = () => {
    for (const change of told.splice(0)) other.applyRemote(JSON.parse(JSON.stringify(change)) as RestChange);
  };

  it('holds for the same key of the same target in another, and gives no key away', () => {
    fail(keyed, 'upstream-rate-limit', first, 20);
    expect(JSON.stringify(told)).not.toContain(first);
    tellOther();
    expect(other.keysInTurn(keyed)).toEqual([second]);
    expect(other.blocked(target('another', first))).toBeUndefined();
    now += 20_000;
    expect(other.keysInTurn(keyed)).toHaveLength(2);
  });

  it('is told when a circuit opens and when it closes again, and not for every failure', () => {
    const only = target('only');
    fail(only);
    fail(only);
    expect(told).toEqual([]);
    fail(only);
    tellOther();
    expect(other.blocked(only)).toMatch(/circuit is open/);
    now += 30_000;
    succeed(only);
    tellOther();
    expect(other.report(only).circuit).toBe('closed');
    succeed(only);
    expect(told).toEqual([]);
  });
});

describe('failures in a row that several processes count together', () => {
  const only = target('only', 'sk-secret');
  let told: KeyOutcome[];
  let other: Health;

  beforeEach(() => {
    told = [];
    health.onOutcome = (outcome) => told.push(outcome);
    other = new Health({ enabled: true, failures: 3, cooldownMs: 30_000 }, () => now);
  });

  const tellOther = () => {
    for (const outcome of told.splice(0)) other.applyOutcome(JSON.parse(JSON.stringify(outcome)) as KeyOutcome);
  };

  it('open the circuit in each of them, and give no key away', () => {
    for (let count = 0; count < 3; count += 1) fail(only, 'upstream-error', 'sk-secret');
    expect(JSON.stringify(told)).not.toContain('sk-secret');
    tellOther();
    expect(other.blocked(only)).toBe(health.blocked(only));
    expect(other.blocked(only)).toMatch(/circuit is open/);
  });

  it('are ended by the success of any, which is told once', () => {
    fail(only, 'upstream-error', 'sk-secret');
    fail(only, 'upstream-error', 'sk-secret');
    succeed(only, 'sk-secret');
    succeed(only, 'sk-secret');
    expect(told).toHaveLength(3);
    tellOther();
    other.applyOutcome({ target: 'p\nonly', key: 'another', failure: 'said so' });
    expect(other.blocked(only)).toBeUndefined();
  });

  it('are not what says nothing of the target', () => {
    fail(only, 'upstream-rate-limit', 'sk-secret', 5);
    fail(only, 'upstream-refused-request', 'sk-secret');
    expect(told).toEqual([]);
  });
});
