import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noSeal } from '../../src/ledger/engine.ts';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { type FakeUpstream, startFakeUpstream, upstreamKey } from '../support/fake-upstream.ts';
import { type HttpReply, http, messagesBody, newMarker } from '../support/http.ts';
import { type Postgres, postgresPrograms, startPostgres } from '../support/postgres.ts';
import { program, type Router, withConfig } from '../support/router.ts';
import { say } from './claude-code/bed.ts';

const programs = postgresPrograms();
let upstream: FakeUpstream;
let folder: string;

beforeAll(async () => {
  upstream = await startFakeUpstream();
  folder = mkdtempSync(join(tmpdir(), 'accounting-'));
});

afterAll(async () => {
  await upstream?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const keys = { write: 'key-write-000001', read: 'key-read-0000002', admin: 'key-admin-000003' };

/** Three models of one upstream: two with prices, one whose price nobody knows. */
function configOf(more: Record<string, unknown> = {}): Record<string, unknown> {
  const target = { provider: 'fake', endpoint: upstream.url, apiKey: upstreamKey };
  return {
    providers: { fake: { type: 'anthropic', apiKey: upstreamKey, baseUrl: upstream.url } },
    models: {
      dear: { ...target, model: 'dear-1', pricing: { input: 15, output: 75, cacheRead: 1.5 } },
      cheap: { ...target, model: 'cheap-1', costPerToken: 0.0000005 },
      strange: { ...target, model: 'strange-1' },
    },
    routing: { defaultModel: 'dear' },
    ...more,
  };
}

interface Asked {
  model?: string;
  stream?: boolean;
  headers?: Record<string, string>;
}

async function ask(router: Router, text: string, { model = 'dear', stream = false, headers = {} }: Asked = {}) {
  return http(`${router.url}/v1/messages`, { body: messagesBody(text, { model, stream }), headers });
}

function answering(usage = { input: 1000, cached: 400, output: 10 }): string {
  const marker = newMarker('accounted');
  upstream.script(marker, () => say('counted', { usage }));
  return marker;
}

const get = (router: Router, path: string, headers: Record<string, string> = {}): Promise<HttpReply> =>
  http(`${router.url}${path}`, { headers });

describe('statistics', () => {
  let router: Router;
  let ids: string[];

  beforeAll(async () => {
    router = await withConfig(configOf());
    const replies = [
      await ask(router, answering()),
      await ask(router, answering(), { stream: true }),
      await ask(router, answering(), { model: 'cheap' }),
      await ask(router, answering(), { model: 'strange' }),
    ];
    const marker = newMarker('failing');
    upstream.script(marker, () => ({ status: 400, message: 'no' }));
    replies.push(await ask(router, marker));
    ids = replies.map(({ headers }) => String(headers['request-id']));
  });

  afterAll(() => router?.stop());

  // 600 x 15 + 400 x 1.5 + 10 x 75 = 10,350 micro-dollars twice; 1,010 x 0.5 = 505 once.
  it('tell requests, tokens and cost', async () => {
    const stats = (await get(router, '/api/stats?since=1h')).json();
    expect(stats).toEqual({
      since: expect.stringMatching(/^\d{4}-.*Z$/),
      until: expect.stringMatching(/^\d{4}-.*Z$/),
      currency: 'USD',
      requests: { total: 5, succeeded: 4, failed: 1, cached: 0, refused: 0 },
      tokens: { input: 2400, output: 40, cacheRead: 1600, cacheWrite: 0 },
      cost: { total: '0.021205', saved: '0.009845', unknownPriceCalls: 1 },
    });
  });

  it('tell of each model', async () => {
    const { models } = (await get(router, '/api/stats/models')).json() as { models: { model: string }[] };
    const byName = Object.fromEntries(models.map((entry) => [entry.model, entry]));
    const percentiles = { p50: expect.any(Number), p95: expect.any(Number), p99: expect.any(Number) };
    expect(byName.dear).toEqual({
      ...{ model: 'dear', provider: 'fake', requests: 3, cost: '0.020700', unknownPriceCalls: 0, errorRate: 1 / 3 },
      tokens: { input: 1200, output: 20, cacheRead: 800, cacheWrite: 0 },
      latencyMs: percentiles,
    });
    expect(byName.cheap).toMatchObject({ cost: '0.000505', errorRate: 0 });
    expect(byName.strange).toMatchObject({ cost: null, unknownPriceCalls: 1 });
  });

  it('tell what the money was spent on, and never call an unknown price nothing', async () => {
    const costs = (await get(router, '/api/stats/costs')).json();
    expect(costs).toMatchObject({
      total: '0.021205',
      unknownPriceCalls: 1,
      byModel: { dear: '0.020700', cheap: '0.000505', strange: null },
      byKey: { local: '0.021205' },
      budget: { daily: null, monthly: null },
    });
    expect(Object.values(costs.byDay as object)).toEqual(['0.021205']);
  });

  it('tell how fast it was', async () => {
    const speed = (await get(router, '/api/stats/performance')).json();
    const percentiles = { p50: expect.any(Number), p95: expect.any(Number), p99: expect.any(Number) };
    expect(speed).toMatchObject({
      ...{ latencyMs: percentiles, firstOutputMs: percentiles, throughput: expect.any(Number) },
      ...{ activeCalls: 0, eventLoopDelayMs: expect.any(Number) },
    });
  });

  it.each(['model', 'provider', 'key', 'session', 'rule', 'day', 'hour'])('group by %s', async (groupBy) => {
    for (const path of ['/api/stats', '/api/stats/models', '/api/stats/costs', '/api/stats/performance']) {
      const reply = await get(router, `${path}?groupBy=${groupBy}&since=2d`);
      expect(reply.status, reply.text).toBe(200);
      expect(reply.json()).toMatchObject({ groupBy, groups: expect.arrayContaining([expect.objectContaining({})]) });
    }
  });

  it('count no call twice in two times that meet', async () => {
    const middle = new Date().toISOString();
    const before = (await get(router, `/api/stats?until=${middle}`)).json() as { requests: { total: number } };
    const after = (await get(router, `/api/stats?since=${middle}`)).json() as { requests: { total: number } };
    expect([before.requests.total, after.requests.total]).toEqual([5, 0]);
  });

  it.each([
    '?groupBy=colour',
    '?groupBy=',
    '?since=yesterday',
    '?since=24',
    '?until=2026-13-01',
    '?since=1h&until=2h',
    '?since=1h&since=2h',
    '?sinc=1h',
  ])('refuse %s with 400', async (query) => {
    for (const path of ['/api/stats', '/api/stats/models', '/api/stats/costs', '/api/stats/performance']) {
      const reply = await get(router, `${path}${query}`);
      expect([path, reply.status]).toEqual([path, 400]);
      expect(reply.json()).toMatchObject({ type: 'error', error: { type: 'invalid_request_error' } });
    }
  });

  it('list calls, the newest first, and one with its decision and timeline', async () => {
    const { calls } = (await get(router, '/api/calls?limit=3')).json() as { calls: { id: string }[] };
    expect(calls.map(({ id }) => id)).toEqual(ids.slice(-3).reverse());
    const call = (await get(router, `/api/calls/${ids[2]}`)).json();
    expect(call).toMatchObject({
      ...{ id: ids[2], model: 'cheap', upstreamModel: 'cheap-1', cost: '0.000505', saved: '0.009845', status: 200 },
      decision: { rule: 'hard-choice', reason: expect.any(String) },
      timeline: [{ target: 'cheap', provider: 'fake', outcome: 'ok', priceSource: 'config', cost: '0.000505' }],
    });
    expect((await get(router, '/api/calls/req_nobody')).status).toBe(404);
    for (const query of ['limit=0', 'limit=1001', 'limit=x', 'colour=red']) {
      expect([query, (await get(router, `/api/calls?${query}`)).status]).toEqual([query, 400]);
    }
  });

  it('say in the log what they say', () => {
    const lines = router.output().match(/"cost":("[\d.]+"|null)/g);
    expect(lines).toEqual([
      '"cost":"0.010350"',
      '"cost":"0.010350"',
      '"cost":"0.000505"',
      '"cost":null',
      '"cost":"0.000000"',
    ]);
  });

  it('are printed by the commands, as tables, JSON and CSV', () => {
    const run = (...args: string[]) => {
      const env = { PATH: process.env.PATH, ROUTER_HOME: router.home };
      const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { env, encoding: 'utf8' });
      return { status, stdout, stderr };
    };
    const table = run('stats');
    expect(table.stdout).toContain('$0.021205; 1 calls of unknown price are not in it');
    expect(table.stdout).toMatch(/^strange +fake +1 +0% +600 +10 +400 +0 +\? /m);
    expect(table.stdout).not.toContain('\u001b');
    expect(JSON.parse(run('stats', '--json', '--since', '2h').stdout)).toMatchObject({ cost: { total: '0.021205' } });
    const csv = run('costs', '--csv').stdout.split('\n');
    expect(csv[0]).toBe('model,cost,saved,unknown_price_calls');
    expect(csv).toEqual(expect.arrayContaining(['strange,,0.000000,1', 'cheap,0.000505,0.009845,0']));
    expect(JSON.parse(run('costs', '--json', '--group-by', 'key').stdout)).toMatchObject({
      groups: [{ group: 'local' }],
    });
    expect(run('costs', '--json', '--csv').status).toBe(2);
    expect(run('stats', '--group-by', 'colour').status).toBe(2);
    expect(run('stats', '--since', 'soon')).toMatchObject({ status: 1, stdout: '' });
    const nobody = spawnSync(process.execPath, [program, 'costs'], {
      env: { PATH: process.env.PATH, ROUTER_HOME: folder },
    });
    expect(nobody.status).toBe(3);
  });
});

describe('a call', () => {
  let router: Router;

  beforeAll(async () => {
    const budget = { currency: 'EUR', rate: 1.25 };
    const authentication = {
      keys: Object.entries(keys).map(([name, key]) => ({ name, key, permissions: [name] })),
    };
    router = await withConfig(
      configOf({
        logging: { bodies: 'on' },
        costOptimization: { enabled: false, budget },
        security: { authentication },
        routing: { defaultModel: 'dear', fallbacks: ['cheap'] },
        retry: { attempts: 0 },
      }),
    );
  });

  afterAll(() => router?.stop());

  const asked = (marker: string, more: Asked = {}) =>
    ask(router, marker, { headers: { 'x-api-key': keys.write }, ...more });
  const recorded = async (reply: { headers: HttpReply['headers'] }, key = keys.admin) =>
    (await get(router, `/api/calls/${reply.headers['request-id']}`, { 'x-api-key': key })).json();

  it('is shown in the currency of the configuration', async () => {
    expect(await recorded(await asked(answering()))).toMatchObject({ cost: '0.008280', key: 'write' });
    const stats = await get(router, '/api/stats', { 'x-api-key': keys.read });
    expect(stats.json()).toMatchObject({ currency: 'EUR' });
  });

  it('pays for the leg that broke, too', async () => {
    const marker = newMarker('legs');
    const usage = { input_tokens: 100, output_tokens: 1 };
    const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'dear-1', content: [], usage };
    const begun = `event: message_start\ndata: ${JSON.stringify({ type: 'message_start', message })}\n\n`;
    upstream.script(marker, ({ model }) =>
      model === 'dear-1' ? { body: begun } : say('answered', { usage: { input: 200, cached: 0, output: 50 } }),
    );
    const reply = await asked(marker, { stream: true });
    expect(reply.text).toContain('answered');
    // 100 x 15 + 1 x 75 micro-dollars, at 1.25 dollars for a euro; and 250 x 0.5.
    const { timeline, cost } = (await recorded(reply)) as {
      timeline: { target: string; cost?: string }[];
      cost: string;
    };
    const legs = new Map(timeline.map((step) => [step.target, step.cost]));
    expect([legs.get('dear'), legs.get('cheap')]).toEqual(['0.001260', '0.000100']);
    expect(cost).toBe('0.001360');
  });

  it('that is cut short is billed by what was seen, and marked', async () => {
    const marker = newMarker('cut');
    const never = new Promise(() => undefined);
    upstream.script(marker, () =>
      say('word '.repeat(100), { usage: { input: 300, output: 99 }, hold: { after: 10, until: never } }),
    );
    const controller = new AbortController();
    const { url } = router;
    let id = '';
    let seen = '';
    await fetch(`${url}/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': keys.write },
      body: JSON.stringify(messagesBody(marker, { model: 'dear', stream: true })),
      signal: controller.signal,
    })
      .then(async (reply) => {
        id = reply.headers.get('request-id')!;
        for await (const chunk of reply.body!) {
          seen += Buffer.from(chunk).toString('utf8');
          if (seen.split('text_delta').length > 9) controller.abort();
        }
      })
      .catch(() => undefined);
    await expect
      .poll(async () => (await recorded({ headers: { 'request-id': id } })).outcome, { timeout: 5000 })
      .toBe('cancelled');
    const call = (await recorded({ headers: { 'request-id': id } })) as {
      usageEstimated: boolean;
      tokens: { input: number; output: number };
    };
    expect(call.usageEstimated).toBe(true);
    expect(call.tokens.input).toBe(300);
    // Ten pieces of forty letters were sent.
    expect(call.tokens.output).toBeGreaterThan(70);
    expect(call.tokens.output).toBeLessThan(130);
  });

  it.each([true, false])(
    'keeps its bodies for an administrator alone, never in the log (stream: %s)',
    async (stream) => {
      const marker = answering();
      const reply = await asked(marker, { stream });
      const { bodies } = (await recorded(reply)) as { bodies: { request: string; reply: string } };
      expect(JSON.parse(bodies.request)).toMatchObject({ model: 'dear', stream });
      expect(bodies.request).toContain(marker);
      expect(bodies.reply).toBe(reply.text);
      expect(await recorded(reply, keys.read)).not.toHaveProperty('bodies');
      expect(router.output()).not.toContain(marker);
    },
  );
});

describe('records', () => {
  const engines = [
    { name: 'SQLite', url: async () => `sqlite:${join(folder, `shared-${newMarker('db')}.db`)}` },
    ...(programs ? [{ name: 'PostgreSQL', url: async () => (await database()).url }] : []),
  ];
  let postgres: Postgres | undefined;
  const database = async () => {
    postgres ??= await startPostgres(programs!);
    return postgres;
  };

  afterAll(() => postgres?.stop());

  const always = { since: 0, until: 10 ** 14 };
  const idsIn = async (url: string) => {
    const ledger = openLedger({ url, directory: folder, seal: noSeal, report: () => undefined, now: () => Date.now() });
    const calls = await ledger.calls({ ...always, limit: 100_000 });
    await ledger.close();
    return new Set(calls.map(({ id }) => id));
  };

  describe.each(engines)('in $name', ({ url: newUrl }) => {
    let url: string;
    beforeAll(async () => {
      url = await newUrl();
    });

    it('of two routers are in one ledger, none lost', async () => {
      const config = configOf({ storage: { url } });
      const routers = await Promise.all([withConfig(config), withConfig(config)]);
      const marker = answering({ input: 7, cached: 0, output: 3 });
      const replies = await Promise.all(
        routers.flatMap((router) => Array.from({ length: 60 }, () => ask(router, marker))),
      );
      await Promise.all(routers.map((router) => router.stop()));
      const ids = await idsIn(url);
      expect(replies.filter(({ headers }) => !ids.has(String(headers['request-id'])))).toEqual([]);
      const reader = await withConfig(config);
      const stats = (await get(reader, '/api/stats')).json();
      await reader.stop();
      // 7 x 15 + 3 x 75 = 330 micro-dollars, 120 times.
      expect(stats).toMatchObject({ requests: { total: 120 }, cost: { total: '0.039600' } });
    });

    it('are all there after SIGTERM', async () => {
      const router = await withConfig(configOf({ storage: { url } }));
      const marker = answering();
      const replies = await Promise.all(Array.from({ length: 80 }, () => ask(router, marker)));
      expect(await router.stop()).toBe(0);
      const ids = await idsIn(url);
      expect(replies.filter(({ headers }) => !ids.has(String(headers['request-id'])))).toEqual([]);
    });

    it('of more than a second ago are there after SIGKILL', async () => {
      const router = await withConfig(configOf({ storage: { url } }));
      const marker = answering();
      const done: { id: string; at: number }[] = [];
      const until = Date.now() + 2500;
      while (Date.now() < until) {
        const replies = await Promise.all([1, 2, 3, 4].map(() => ask(router, marker)));
        done.push(...replies.map(({ headers }) => ({ id: String(headers['request-id']), at: Date.now() })));
      }
      const killedAt = Date.now();
      process.kill(router.pid, 'SIGKILL');
      await router.stop();
      const ids = await idsIn(url);
      const old = done.filter(({ at }) => at < killedAt - 1000);
      expect(old.length).toBeGreaterThan(10);
      expect(old.filter(({ id }) => !ids.has(id))).toEqual([]);
    });
  });

  it('are not kept where storage is off, which is said', async () => {
    const router = await withConfig(configOf({ storage: { enabled: false } }));
    expect((await ask(router, answering())).status).toBe(200);
    const reply = await get(router, '/api/stats');
    expect(reply.status).toBe(503);
    expect(reply.text).toContain('storage is switched off');
    await router.stop();
  });

  it('do not keep calls waiting where the database is away', async () => {
    const router = await withConfig(
      configOf({ storage: { url: 'postgres://nobody:SECRET-PASSWORD@127.0.0.1:1/none' } }),
    );
    const marker = answering();
    const replies = await Promise.all(Array.from({ length: 20 }, () => ask(router, marker)));
    expect(replies.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect((await get(router, '/api/stats')).status).toBe(503);
    expect(router.output().match(/the ledger is away/g)).toHaveLength(1);
    expect(router.output()).not.toContain('SECRET-PASSWORD');
    expect(await router.stop()).toBe(0);
  });
});
