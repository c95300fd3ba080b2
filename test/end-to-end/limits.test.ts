import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeUpstream, type Script, startFakeUpstream, upstreamKey } from '../support/fake-upstream.ts';
import { newGate } from '../support/gate.ts';
import { type HttpReply, http, messagesBody, newMarker } from '../support/http.ts';
import { type Router, withConfig } from '../support/router.ts';
import { say } from './claude-code/bed.ts';

let upstream: FakeUpstream;
const folders: string[] = [];
const routers: Router[] = [];

beforeAll(async () => {
  upstream = await startFakeUpstream();
});

afterAll(async () => {
  await Promise.all(routers.map((router) => router.stop()));
  await upstream?.stop();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Three models of one upstream: a dear one, a cheap one, and one whose price nobody knows. */
function configOf(more: Record<string, unknown>): Record<string, unknown> {
  const target = { provider: 'fake', endpoint: upstream.url, apiKey: upstreamKey };
  return {
    providers: { fake: { type: 'anthropic', apiKey: upstreamKey, baseUrl: upstream.url } },
    models: {
      dear: { ...target, model: 'dear-1', pricing: { input: 1000, output: 1000 } },
      cheap: { ...target, model: 'cheap-1', pricing: { input: 1, output: 1 } },
      strange: { ...target, model: 'strange-1' },
    },
    routing: { defaultModel: 'dear' },
    ...more,
  };
}

async function start(more: Record<string, unknown>, home?: string): Promise<Router> {
  const router = await withConfig(configOf(more), home === undefined ? {} : { environment: { ROUTER_HOME: home } });
  routers.push(router);
  return router;
}

interface Asked {
  model?: string;
  stream?: boolean;
  key?: string;
  session?: string;
  most?: number;
  signal?: AbortSignal;
}

function ask(router: Router, marker: string, asked: Asked = {}): Promise<HttpReply> {
  const { model = 'dear', stream = false, key, session, most = 100, signal } = asked;
  return http(`${router.url}/v1/messages`, {
    body: messagesBody(marker, { model, stream, max_tokens: most }),
    headers: {
      ...(key === undefined ? {} : { 'x-api-key': key }),
      ...(session === undefined ? {} : { 'x-claude-code-session-id': session }),
    },
    ...(signal ? { signal } : {}),
  });
}

function answering(script: Script = () => say('ok', { usage: { input: 10, output: 10 } })): string {
  const marker = newMarker('limited');
  upstream.script(marker, script);
  return marker;
}

async function statuses(count: number, one: () => Promise<HttpReply>): Promise<number[]> {
  const replies: number[] = [];
  for (let index = 0; index < count; index += 1) replies.push((await one()).status);
  return replies;
}

const errorOf = (reply: HttpReply) => reply.json().error as { type: string; message: string };
const keysOf = (...keys: Record<string, unknown>[]) => ({ authentication: { keys } });

describe('a rate limit', () => {
  it('of all callers refuses the next call, says exactly when to come back, and lets it pass then', async () => {
    const router = await start({ rateLimit: { global: { requests: 3, window: 2 } } });
    const marker = answering();
    const first = await ask(router, marker);
    expect(first.headers).toMatchObject({
      'anthropic-ratelimit-requests-limit': '3',
      'anthropic-ratelimit-requests-remaining': '2',
    });
    await statuses(2, () => ask(router, marker));
    const refused = await ask(router, marker);
    expect(refused.status).toBe(429);
    expect(errorOf(refused)).toMatchObject({ type: 'rate_limit_error' });
    expect(refused.headers).toMatchObject({
      'anthropic-ratelimit-requests-remaining': '0',
      'retry-after': expect.stringMatching(/^[12]$/),
      'x-router-model': 'none',
    });
    expect(Date.parse(String(refused.headers['anthropic-ratelimit-requests-reset']))).toBeGreaterThan(Date.now());
    expect(upstream.calls(marker)).toHaveLength(3);
    await delay(Number(refused.headers['retry-after']) * 1000);
    expect((await ask(router, marker)).status).toBe(200);
  });

  it('of a key leaves other keys alone; a plain number is requests an hour', async () => {
    const router = await start({
      rateLimit: { perKey: { requests: 3, window: 3600 } },
      security: keysOf({ key: 'key-small', name: 'small', rateLimit: 1 }, { key: 'key-usual', name: 'usual' }),
    });
    const marker = answering();
    expect(await statuses(2, () => ask(router, marker, { key: 'key-small' }))).toEqual([200, 429]);
    expect(await statuses(4, () => ask(router, marker, { key: 'key-usual' }))).toEqual([200, 200, 200, 429]);
    const refused = await ask(router, marker, { key: 'key-small' });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(3500);
    expect(errorOf(refused).message).toContain('the key small');
  });

  it('of a model hands its calls to the fallback, and refuses where there is none', async () => {
    const rateLimit = { perModel: { dear: { requests: 1, window: 60 }, cheap: { requests: 2, window: 60 } } };
    const router = await start({ rateLimit, routing: { defaultModel: 'dear', fallbackModel: 'cheap' } });
    const marker = answering();
    const replies = [];
    for (let index = 0; index < 4; index += 1) replies.push(await ask(router, marker));
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
    expect(replies.map(({ headers }) => headers['x-router-model'])).toEqual(['dear', 'cheap', 'cheap', 'none']);
    expect(Number(replies[3]!.headers['retry-after'])).toBeGreaterThan(50);
    expect(upstream.calls(marker).map(({ body }) => body.model)).toEqual(['dear-1', 'cheap-1', 'cheap-1']);
  });

  it('of a model holds for calls that come at once', async () => {
    const rateLimit = { perModel: { dear: { requests: 5, window: 60 }, cheap: { requests: 3, window: 60 } } };
    const router = await start({ rateLimit, routing: { defaultModel: 'dear', fallbackModel: 'cheap' } });
    const marker = answering();
    const replies = await Promise.all(Array.from({ length: 20 }, () => ask(router, marker)));
    const count = (status: number) => replies.filter((reply) => reply.status === status).length;
    expect([count(200), count(429)]).toEqual([8, 12]);
    expect(upstream.calls(marker).filter(({ body }) => body.model === 'dear-1')).toHaveLength(5);
  });

  it('counts tokens at their worst, and corrects that when they are known', async () => {
    const router = await start({ rateLimit: { global: { tokens: 1000, window: 60 } } });
    const marker = answering(() => say('ok', { usage: { input: 300, output: 100 } }));
    const replies = [
      await ask(router, marker, { most: 900 }),
      await ask(router, marker, { most: 500 }),
      await ask(router, marker, { most: 500 }),
    ];
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(replies[2]!.headers['anthropic-ratelimit-tokens-remaining']).toBe('200');
  });

  it('refuses a prompt that alone is more than the limit, without promising anything', async () => {
    const router = await start({ rateLimit: { global: { tokens: 50, window: 60 } } });
    const refused = await ask(router, `${answering()} ${'many words '.repeat(200)}`);
    expect(refused.status).toBe(429);
    expect(refused.headers['retry-after']).toBeUndefined();
    expect(refused.headers['x-should-retry']).toBe('false');
  });

  it('is off where its block says so', async () => {
    const router = await start({ rateLimit: { enabled: false, global: { requests: 1, window: 60 } } });
    const marker = answering();
    expect(await statuses(3, () => ask(router, marker))).toEqual([200, 200, 200]);
  });

  it('does not count calls that reached no model', async () => {
    const router = await start({
      rateLimit: { global: { requests: 2, window: 60 } },
      security: keysOf({ key: 'key-one', name: 'one', models: ['cheap'] }),
    });
    const marker = answering();
    const none = { key: 'key-one', model: 'fake/strange' };
    await http(`${router.url}/v1/messages`, {
      body: messagesBody(marker, none),
      headers: { 'x-api-key': 'key-one', 'x-router-fallback': 'off' },
    });
    expect(await statuses(3, () => ask(router, marker, { key: 'key-one', model: 'cheap' }))).toEqual([200, 200, 429]);
  });
});

describe('a budget', () => {
  const budgetsOf = async (router: Router) => {
    const reply = await http(`${router.url}/api/stats/costs?since=1h`);
    return reply.json().budget as Record<string, Record<string, unknown> | null>;
  };

  // 10 + 10 tokens at 1,000 dollars a million are 2 cents; 100 tokens of answer may cost 10 cents and the prompt.
  it('sets the worst case aside, settles on what was billed, and refuses with 402 what may pass it', async () => {
    const router = await start({ costOptimization: { budget: { daily: 0.3 } } });
    const open = newGate();
    const marker = answering(() => say('ok', { before: open.opened, usage: { input: 10, output: 10 } }));
    const running = ask(router, marker);
    await upstream.arrival(marker);
    const { daily } = await budgetsOf(router);
    expect(daily).toMatchObject({ limit: '0.300000', spent: '0.000000' });
    expect(Number(daily!.reserved)).toBeGreaterThan(0.1);
    open.open();
    expect((await running).status).toBe(200);
    expect((await budgetsOf(router)).daily).toMatchObject({ spent: '0.020000', reserved: '0.000000', warning: null });

    const refused = await ask(router, marker, { most: 300 });
    expect(refused.status).toBe(402);
    const midnight = new Date(Math.floor(Date.now() / 86_400_000 + 1) * 86_400_000).toISOString();
    expect(errorOf(refused)).toMatchObject({ type: 'billing_error' });
    expect(errorOf(refused).message).toContain(`resets at ${midnight}`);
    expect((await budgetsOf(router)).daily).toMatchObject({ spent: '0.020000', resetsAt: midnight });
    expect((await budgetsOf(router)).monthly).toBeNull();
    expect(upstream.calls(marker)).toHaveLength(1);
  });

  it('is not passed by calls that come at once', async () => {
    const router = await start({ costOptimization: { budget: { monthly: 1 } } });
    const marker = answering(() => say('ok', { usage: { input: 10, output: 100 } }));
    const replies = await Promise.all(Array.from({ length: 30 }, () => ask(router, marker)));
    const answered = replies.filter(({ status }) => status === 200).length;
    expect(replies.filter(({ status }) => status === 402)).toHaveLength(30 - answered);
    expect(answered).toBeGreaterThan(3);
    const { monthly } = await budgetsOf(router);
    expect(monthly).toMatchObject({ spent: (answered * 0.11).toFixed(6), reserved: '0.000000' });
    expect(answered * 0.11).toBeLessThanOrEqual(1);
  });

  it('gives back what failed and cancelled calls did not use', async () => {
    const router = await start({ costOptimization: { budget: { daily: 0.3 } } });
    const failing = answering(() => ({ status: 400, message: 'no' }));
    expect((await ask(router, failing)).status).toBe(400);
    const silent = newGate();
    const cancelled = answering(() => say('ok', { before: silent.opened }));
    const leaving = new AbortController();
    const gone = ask(router, cancelled, { stream: true, signal: leaving.signal }).catch(() => 'gone');
    const { closed } = await upstream.arrival(cancelled);
    leaving.abort();
    expect(await gone).toBe('gone');
    await closed;
    silent.open();
    await expect
      .poll(async () => (await budgetsOf(router)).daily)
      .toMatchObject({
        spent: '0.000000',
        reserved: '0.000000',
      });
  });

  it('of a key and of a session hold for them alone', async () => {
    const router = await start({
      costOptimization: { budget: { perSession: 0.15 } },
      security: keysOf({ key: 'key-poor', name: 'poor', budget: 0.14 }, { key: 'key-rich', name: 'rich' }),
    });
    const marker = answering(() => say('ok', { usage: { input: 10, output: 50 } }));
    expect(await statuses(2, () => ask(router, marker, { key: 'key-poor' }))).toEqual([200, 402]);
    const session = { key: 'key-rich', session: 'session-1' };
    expect(await statuses(2, () => ask(router, marker, session))).toEqual([200, 402]);
    expect((await ask(router, marker, { ...session, session: 'session-2' })).status).toBe(200);
    const refused = await ask(router, marker, session);
    expect(errorOf(refused).message).toContain('the budget of the session');
  });

  it('lets the cheap model answer where the dear one can’t be paid, and refuses when that can’t be either', async () => {
    const budget = { daily: 0.2, onExceeded: 'downgrade', downgradeTo: 'cheap' };
    const router = await start({ costOptimization: { budget } });
    const marker = answering(() => say('ok', { usage: { input: 10, output: 100 } }));
    const replies = [
      await ask(router, marker),
      await ask(router, marker),
      await ask(router, marker, { most: 200_000 }),
    ];
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 402]);
    expect(replies.map(({ headers }) => headers['x-router-model'])).toEqual(['dear', 'cheap', 'none']);
    expect(replies[1]!.headers['x-router-rule']).toBe('budget');
    const many = await Promise.all(Array.from({ length: 10 }, () => ask(router, marker)));
    expect(many.map(({ headers }) => headers['x-router-model'])).toEqual(Array(10).fill('cheap'));
  });

  it('lets calls of unknown price pass and counts them apart, or forbids them', async () => {
    const marker = answering();
    const allowing = await start({ costOptimization: { budget: { daily: 0.0001 } } });
    expect((await ask(allowing, marker, { model: 'strange' })).status).toBe(200);
    const costs = (await http(`${allowing.url}/api/stats/costs?since=1h`)).json();
    expect(costs).toMatchObject({ unknownPriceCalls: 1, budget: { daily: { spent: '0.000000' } } });
    const router = await start({ costOptimization: { budget: { daily: 1, unknownPrice: 'reject' } } });
    const refused = await http(`${router.url}/v1/messages`, {
      body: messagesBody(marker, { model: 'strange', max_tokens: 10 }),
      headers: { 'x-router-fallback': 'off' },
    });
    expect(refused.status).toBe(402);
    expect(errorOf(refused).message).toContain('price is not known');
  });

  it('warns when half, most and all of it is spent, in the log once and in a header', async () => {
    const router = await start({ costOptimization: { budget: { daily: 0.2 } } });
    const marker = answering(() => say('ok', { usage: { input: 10, output: 95 } }));
    const first = await ask(router, marker);
    expect(first.headers['x-router-budget']).toBeUndefined();
    const second = await ask(router, marker, { most: 50 });
    expect(second.headers['x-router-budget']).toBe('daily 52%');
    await ask(router, marker, { most: 1 });
    await expect.poll(() => router.output().match(/of the budget \\?"daily\\?" is spent/g)?.length).toBe(2);
  });

  it('survives a restart, and what was under way when the router was killed counts as spent', async () => {
    const home = mkdtempSync(join(tmpdir(), 'router-kept-'));
    folders.push(home);
    const costOptimization = { budget: { daily: 1 } };
    const first = await start({ costOptimization }, home);
    await ask(first, answering());
    await first.stop();
    const second = await start({ costOptimization }, home);
    expect((await budgetsOf(second)).daily).toMatchObject({ spent: '0.020000', reserved: '0.000000' });
    const never = newGate();
    const marker = answering(() => say('ok', { before: never.opened }));
    const cut = ask(second, marker).catch(() => 'cut');
    await upstream.arrival(marker);
    const reserved = Number((await budgetsOf(second)).daily!.reserved);
    process.kill(second.pid, 'SIGKILL');
    expect(await cut).toBe('cut');
    never.open();
    const third = await start({ costOptimization }, home);
    const { daily } = await budgetsOf(third);
    expect(daily).toMatchObject({ spent: (0.02 + reserved).toFixed(6), reserved: '0.000000' });
  });

  it('is kept by a reload', async () => {
    const router = await start({ costOptimization: { budget: { daily: 1 } } });
    await ask(router, answering());
    process.kill(router.pid, 'SIGHUP');
    await expect.poll(() => router.output()).toContain('configuration reloaded');
    expect((await budgetsOf(router)).daily).toMatchObject({ spent: '0.020000' });
  });
});

it('explain says which models limits and budgets keep away', async () => {
  const router = await start({
    costOptimization: { budget: { daily: 0.05 } },
    routing: { defaultModel: 'dear', fallbackModel: 'cheap' },
  });
  const reply = await http(`${router.url}/api/explain`, { body: messagesBody('hello', { model: 'dear' }) });
  expect(reply.json()).toMatchObject({ winner: { model: 'cheap' } });
  expect(reply.text).toContain('the daily budget');
});
