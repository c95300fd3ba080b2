import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { usDollars } from '../../src/call/money.ts';
import type { CallRecord } from '../../src/call/record.ts';
import { Metrics, metricsText } from '../../src/telemetry/metrics.ts';
import { type FakeUpstream, startFakeUpstream, upstreamKey } from '../support/fake-upstream.ts';
import { http, messagesBody, newMarker } from '../support/http.ts';
import { type InProcessRouter, startInProcess } from '../support/in-process-router.ts';

const deployed = (path: string) => fileURLToPath(new URL(`../../deploy/${path}`, import.meta.url));
const hasPromtool = spawnSync('promtool', ['--version']).status === 0;
if (!hasPromtool) {
  process.stderr.write('\nSKIP: promtool does not judge metrics and alerts: install the package prometheus\n\n');
}

let upstream: FakeUpstream;
let router: InProcessRouter;
beforeAll(async () => {
  upstream = await startFakeUpstream();
  const key = { apiKey: upstreamKey, endpoint: upstream.url };
  router = await startInProcess({
    models: {
      good: { provider: 'anthropic', model: 'claude-opus-5-5', ...key },
      bad: { provider: 'anthropic', model: 'claude-haiku-4-5', ...key },
    },
    routing: { defaultModel: 'good', fallbacks: ['good'] },
    retry: { attempts: 0 },
  });
  const marker = newMarker('counted');
  upstream.script(marker, (asked) =>
    asked.model === 'claude-haiku-4-5'
      ? { status: 529, message: 'overloaded' }
      : { blocks: [{ type: 'text', text: 'hello' }], usage: { input: 100, output: 7 } },
  );
  for (const model of ['good', 'good', 'bad']) await call(marker, model);
  for (const model of ['anthropic/some-1', 'anthropic/some-2']) await call('hello', model);
  await http(`${router.url}/v1/messages`, { body: messagesBody('x', { model: 'bad', max_tokens: 'many' }) });
});
afterAll(async () => {
  await router.stop();
  await upstream.stop();
});

const call = (text: string, model: string) =>
  http(`${router.url}/v1/messages`, { body: messagesBody(text, { model, stream: true }) });

const recordOf = (fields: Partial<CallRecord>): CallRecord => ({
  ...{ id: 'req_1', startedAt: 0, durationMs: 1, caller: 'local', requestedModel: 'm', stream: false },
  ...{ model: 'm', provider: 'p', rule: 'default', reason: '', attempts: [], warnings: [] },
  ...{ outcome: 'succeeded', status: 200, costMicroUsd: 0, ...fields },
});

/** The samples by name and labels. */
function samplesOf(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

const metrics = async (path = '/metrics') => http(`${router.url}${path}`);

describe('the metrics', () => {
  it('have the names that are promised, and count calls by who answered and with what', async () => {
    const { status, headers, text } = await metrics();
    expect([status, headers['content-type']]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    const samples = samplesOf(text);
    const good = 'model="good",provider="anthropic"';
    expect(samples.get(`claude_router_requests_total{${good},status="2xx"}`)).toBe(3);
    expect(samples.get(`claude_router_request_duration_seconds_count{${good}}`)).toBe(3);
    expect(samples.get(`claude_router_first_output_seconds_count{${good}}`)).toBe(3);
    expect(samples.get(`claude_router_model_tokens_total{${good},type="output"}`)).toBe(21);
    expect(samples.get('claude_router_tokens_total{type="output"}')).toBeGreaterThanOrEqual(21);
    expect(samples.get('claude_router_cost_total{currency="USD"}')).toBeGreaterThan(0);
    expect(samples.get('claude_router_upstream_attempts_total{outcome="failed"}')).toBeGreaterThanOrEqual(1);
    expect(samples.get(`claude_router_circuit_state{${good}}`)).toBe(0);
    expect(samples.get('claude_router_active_calls')).toBe(0);
    expect([...samples.keys()].find((name) => name.startsWith('claude_router_build_info{version='))).toBeDefined();
    for (const name of samples.keys()) expect(name).toMatch(/^claude_router_/);
  });

  it('agree with the ledger', async () => {
    const samples = samplesOf((await metrics()).text);
    const { requests, tokens } = (await http(`${router.url}/api/stats`)).json() as Record<
      string,
      Record<string, number>
    >;
    const outcome = (name: string) => samples.get(`claude_router_call_outcomes_total{outcome="${name}"}`) ?? 0;
    expect([outcome('succeeded'), outcome('refused')]).toEqual([requests!.succeeded, requests!.refused]);
    expect(samples.get('claude_router_tokens_total{type="input"}')).toBe(tokens!.input);
    expect(samples.get('claude_router_tokens_total{type="output"}')).toBe(tokens!.output);
  });

  it('have no label that a client can make up', async () => {
    const { text } = await metrics();
    expect(text).toContain('model="other"');
    expect(text).not.toContain('some-1');
  });

  it('of several processes are added up, and where that makes no sense the worst is told', async () => {
    const counting = { models: new Set(['m']), providers: new Set(['p']), currency: usDollars };
    const snapshots = (['closed', 'open'] as const).map((circuit, index) => {
      const process = new Metrics();
      for (const durationMs of [50, 300]) process.add(recordOf({ durationMs }), counting);
      return process.snapshot({
        ...{ version: '1', startedAt: 1000 * (index + 1), activeCalls: 2, lost: { records: 1, lines: 0, spans: 0 } },
        targets: [{ model: 'm', provider: 'p', circuit, activeCalls: 1, waitingCalls: 0 }],
      });
    });
    const sent = JSON.parse(JSON.stringify(snapshots)) as typeof snapshots;
    const samples = samplesOf((await metricsText(sent)).text);
    const of = 'model="m",provider="p"';
    expect(samples.get(`claude_router_requests_total{${of},status="2xx"}`)).toBe(4);
    expect(samples.get(`claude_router_request_duration_seconds_bucket{${of},le="0.1"}`)).toBe(2);
    expect(samples.get(`claude_router_request_duration_seconds_bucket{${of},le="+Inf"}`)).toBe(4);
    expect(samples.get(`claude_router_request_duration_seconds_sum{${of}}`)).toBeCloseTo(0.7);
    expect(samples.get(`claude_router_circuit_state{${of}}`)).toBe(2);
    expect(samples.get('claude_router_active_calls')).toBe(4);
    expect(samples.get('claude_router_start_time_seconds')).toBe(1);
    expect(samples.get('claude_router_lost_items{kind="records"}')).toBe(2);
  });

  it.runIf(hasPromtool)('are clean in the eyes of promtool', async () => {
    const { text } = await metrics();
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  it('are read by who may read, and lie where the configuration puts them', async () => {
    const keys = [
      { key: 'a-key-that-reads', permissions: ['read'] },
      { key: 'a-key-that-writes', permissions: ['write'] },
    ];
    const own = await startInProcess({
      models: { demo: { provider: 'demo' } },
      security: { authentication: { enabled: true, keys } },
      logging: { metrics: { endpoint: '/own/metrics/' } },
    });
    const statusOf = async (path: string, key: string) =>
      (await http(`${own.url}${path}`, { headers: { 'x-api-key': key } })).status;
    try {
      expect(await statusOf('/own/metrics', 'a-key-that-reads')).toBe(200);
      expect(await statusOf('/own/metrics', 'a-key-that-writes')).toBe(403);
      expect(await statusOf('/own/metrics', 'wrong')).toBe(401);
      expect(await statusOf('/metrics', 'a-key-that-reads')).toBe(404);
      await own.reconfigure({ models: { demo: { provider: 'demo' } }, logging: { metrics: { enabled: false } } });
      expect(await statusOf('/metrics', 'none')).toBe(404);
    } finally {
      await own.stop();
    }
  });
});

describe('what is deployed with them', () => {
  it.runIf(hasPromtool)('has alerts that promtool accepts', () => {
    const { status, stdout } = spawnSync('promtool', ['check', 'rules', deployed('prometheus/alerts.yml')], {
      encoding: 'utf8',
    });
    expect([status, stdout]).toEqual([0, expect.stringMatching(/SUCCESS: [1-9]/)]);
  });

  it.each(['prometheus/alerts.yml', 'grafana/dashboard.json'])(
    'names in %s only metrics that there are',
    async (path) => {
      const { text } = await metrics();
      const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name!, type!]));
      const known = [...types].flatMap(([name, type]) =>
        type === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name],
      );
      const named = new Set(readFileSync(deployed(path), 'utf8').match(/\bclaude_router_\w+/g));
      expect(named.size).toBeGreaterThan(5);
      expect([...named].filter((name) => !known.includes(name))).toEqual([]);
    },
  );

  it.runIf(hasPromtool)('has only queries in the dashboard that promtool can read', () => {
    const { panels } = JSON.parse(readFileSync(deployed('grafana/dashboard.json'), 'utf8')) as {
      panels: { id: number; targets: { expr: string }[] }[];
    };
    const rules = panels
      .flatMap(({ targets }) => targets)
      .map(({ expr }, index) => {
        const plain = expr
          .replaceAll('$__rate_interval', '5m')
          .replaceAll('$__range', '1h')
          .replaceAll('$instance', '.+');
        return { record: `panel:query_${index}`, expr: plain };
      });
    const file = join(router.folder, 'dashboard-rules.yml');
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
    const { status, stderr } = spawnSync('promtool', ['check', 'rules', file], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  });
});
