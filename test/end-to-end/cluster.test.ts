import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Cluster, clustered, startCluster } from '../support/cluster.ts';
import { newHome } from '../support/command.ts';
import { type FakeUpstream, startFakeUpstream, upstreamKey } from '../support/fake-upstream.ts';
import { newGate } from '../support/gate.ts';
import { type HttpReply, messagesBody, newMarker } from '../support/http.ts';
import { say } from './claude-code/bed.ts';

let upstream: FakeUpstream;
let cluster: Cluster;

const pricing = { input: 100, output: 500 };

function config(more: Record<string, unknown> = {}): Record<string, unknown> {
  const target = { provider: 'fake', pricing };
  return {
    providers: { fake: { type: 'anthropic', apiKey: upstreamKey, baseUrl: upstream.url } },
    models: {
      dear: { ...target, model: 'dear-1' },
      spare: { ...target, model: 'spare-1' },
      failing: { ...target, model: 'failing-1' },
      narrow: { ...target, model: 'narrow-1', maxConcurrent: 2 },
      limited: { ...target, model: 'limited-1' },
      a: { ...target, model: 'a-1', weight: 4 },
      b: { ...target, model: 'b-1', weight: 4 },
      c: { ...target, model: 'c-1', weight: 2 },
    },
    routing: { defaultModel: 'dear', fallbackModel: 'spare' },
    loadBalancing: { strategy: 'weighted', models: ['a', 'b', 'c'], affinity: 'session' },
    circuitBreaker: { failures: 3, cooldown: 60 },
    retry: { attempts: 0 },
    rateLimit: { perModel: { limited: { requests: 10, window: 600 } } },
    ...more,
  };
}

beforeAll(async () => {
  upstream = await startFakeUpstream();
  cluster = await startCluster(config(), 3);
});

afterAll(async () => {
  await cluster?.router.stop();
  await upstream?.stop();
});

function answering(script: Parameters<FakeUpstream['script']>[1] = () => say('some words')): string {
  const marker = newMarker('cluster');
  upstream.script(marker, script);
  return marker;
}

interface Asking {
  model?: string;
  session?: string;
  stream?: boolean;
  headers?: Record<string, string>;
}

function ask(marker: string, { model = 'dear', session, stream = false, headers = {} }: Asking = {}) {
  const body = messagesBody(marker, { model, stream, max_tokens: 100 });
  const own: Record<string, string> = session === undefined ? {} : { 'x-claude-code-session-id': session };
  return cluster.ask('/v1/messages', { body, headers: { ...own, ...headers } });
}

const times = <Value>(count: number, make: (index: number) => Value) =>
  Array.from({ length: count }, (_, at) => make(at));
const modelOf = ({ headers }: HttpReply) => headers['x-router-model'];

function counted(values: readonly unknown[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[String(value)] = (counts[String(value)] ?? 0) + 1;
  return counts;
}

describe('several processes, and no Redis', () => {
  it('are told by the status, and share the calls among them', async () => {
    const gate = newGate();
    const marker = answering(() => say('late', { before: gate.opened }));
    const calls = times(9, () => ask(marker));
    await vi.waitFor(async () => {
      const shares = (await cluster.workers()).map(({ activeCalls }) => activeCalls);
      expect(shares.reduce((sum, share) => sum + share)).toBe(9);
      // The questions take connections, too.
      expect(Math.min(...shares)).toBeGreaterThanOrEqual(2);
    });
    const workers = (await cluster.workers()).map(({ pid }) => pid);
    expect(new Set([...workers, cluster.router.pid]).size).toBe(4);
    gate.open();
    expect(counted((await Promise.all(calls)).map(({ status }) => status))).toEqual({ 200: 9 });
  });

  it('let exactly as many calls of a model pass as its limit says', async () => {
    const marker = answering();
    const replies = await Promise.all(
      times(30, () => ask(marker, { model: 'limited', headers: { 'x-router-fallback': 'off' } })),
    );
    expect(counted(replies.map(({ status }) => status))).toEqual({ 200: 10, 429: 20 });
    expect(upstream.calls(marker)).toHaveLength(10);
  });

  it('ask a target that bounds its calls for no more at a time, together', async () => {
    let [now, most] = [0, 0];
    const marker = answering(async () => {
      now += 1;
      most = Math.max(most, now);
      await delay(50);
      now -= 1;
      return say('one of two');
    });
    const replies = await Promise.all(times(10, (at) => ask(marker, { model: 'narrow', session: `narrow-${at}` })));
    expect(counted(replies.map(modelOf))).toEqual({ narrow: 10 });
    expect(most).toBe(2);
  });

  it('leave a model alone within a second of one finding that it fails', async () => {
    const broken = answering(() => ({ status: 500, message: 'broken' }));
    const headers = { 'x-router-fallback': 'off' };
    // One for each of them: what they know together is enough.
    await Promise.all(times(3, () => ask(broken, { model: 'failing', headers })));
    await delay(1000);
    const marker = answering();
    const replies = await Promise.all(times(9, () => ask(marker, { model: 'failing' })));
    expect(counted(replies.map(modelOf))).toEqual({ spare: 9 });
    expect(counted(upstream.calls(marker).map(({ body }) => body.model))).toEqual({ 'spare-1': 9 });
    const models = times(6, async () => (await cluster.ask('/health/models')).json().models as { name: string }[]);
    for (const told of await Promise.all(models)) {
      expect(told.find(({ name }) => name === 'failing')).toMatchObject({ circuit: 'open', status: 'resting' });
    }
  });

  it('balance as one would', async () => {
    const marker = answering();
    const models: unknown[] = [];
    for (let at = 0; at < 20; at += 1) models.push(modelOf(await ask(marker, { model: 'claude-some' })));
    expect(counted(models)).toEqual({ a: 8, b: 8, c: 4 });
    const atOnce = await Promise.all(times(20, () => ask(marker, { model: 'claude-some' })));
    expect(counted(atOnce.map(modelOf))).toEqual({ a: 8, b: 8, c: 4 });
  });

  it('keep a session on its target, also where its first calls come at once', async () => {
    const marker = answering();
    const homes = await Promise.all(
      times(20, async (at) => {
        const session = `session-${at}`;
        const first = await Promise.all(times(3, () => ask(marker, { model: 'claude-some', session })));
        const later = await Promise.all(times(3, () => ask(marker, { model: 'claude-some', session })));
        return [...new Set([...first, ...later].map(modelOf))];
      }),
    );
    expect(homes.filter((models) => models.length !== 1)).toEqual([]);
    expect(new Set(homes.flat()).size).toBe(3);
  });

  it('go on from a response that another of them gave', async () => {
    const marker = answering();
    const body = { model: 'dear', input: `${marker} My number is 41.` };
    const first = (await cluster.ask('/v1/responses', { body })).json();
    const replies = await Promise.all(
      times(6, () => cluster.ask('/v1/responses', { body: { ...body, previous_response_id: first.id } })),
    );
    expect(counted(replies.map(({ status }) => status))).toEqual({ 200: 6 });
    const last = upstream.calls(marker).at(-1)!;
    expect(last.asked.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
  });

  it('find the trace of a call wherever it was answered', async () => {
    const reply = await ask(answering(), { headers: { 'x-debug': 'true' } });
    const id = reply.headers['x-router-trace'] as string;
    const traces = await Promise.all(times(6, () => cluster.ask(`/debug/traces/${id}`)));
    expect(counted(traces.map(({ status }) => status))).toEqual({ 200: 6 });
    expect(new Set(traces.map(({ text }) => text)).size).toBe(1);
    expect((await cluster.ask('/debug/traces/req_unknown')).status).toBe(404);
  });

  it('tell the same numbers, and those of all', async () => {
    const before = await totals();
    await Promise.all(times(12, () => ask(answering())));
    for (const now of await Promise.all(times(4, totals))) {
      expect(now.stats - before.stats).toBe(12);
      expect(now.metrics - before.metrics).toBe(12);
    }
    await vi.waitFor(async () => {
      const { text } = await cluster.ask('/metrics');
      expect(text).toMatch(/^claude_router_active_calls 0$/m);
      expect(text).toMatch(/^claude_router_circuit_state\{model="failing",provider="fake"\} 2$/m);
    });
    const [call] = (await cluster.ask('/api/calls?limit=1')).json().calls as { id: string }[];
    const found = await Promise.all(times(4, () => cluster.ask(`/api/calls/${call!.id}`)));
    expect(counted(found.map(({ status }) => status))).toEqual({ 200: 4 });
  });

  it('keep replies for each other', async () => {
    writeFileSync(cluster.router.configFile, JSON.stringify(clustered(config({ cache: { ttl: 60 } }), 3)));
    await cluster.control('reload');
    await vi.waitFor(() => expect(cluster.router.output().match(/configuration reloaded/g)).toHaveLength(1));
    const marker = answering();
    const first = await ask(marker);
    expect(first.headers['x-router-cache']).toBe('miss');
    await delay(200);
    const later = await Promise.all(times(6, () => ask(marker)));
    expect(counted(later.map(({ headers }) => headers['x-router-cache']))).toEqual({ hit: 6 });
    expect(upstream.calls(marker)).toHaveLength(1);
  });

  it('become more or fewer as the configuration says, without a failed call', async () => {
    for (const count of [1, 3]) {
      writeFileSync(cluster.router.configFile, JSON.stringify(clustered(config(), count)));
      await cluster.control('reload');
      const replies = await Promise.all(times(10, () => ask(answering())));
      expect(counted(replies.map(({ status, text }) => (status === 200 ? 200 : text)))).toEqual({ 200: 10 });
      await vi.waitFor(async () => expect(await cluster.workers()).toHaveLength(count), { timeout: 10_000 });
    }
  });

  async function totals() {
    const { requests } = (await cluster.ask('/api/stats')).json() as unknown as { requests: { total: number } };
    const text = (await cluster.ask('/metrics')).text;
    const lines = [...text.matchAll(/^claude_router_requests_total\{.*\} (\d+)$/gm)];
    return { stats: requests.total, metrics: lines.reduce((sum, [, count]) => sum + Number(count), 0) };
  }
});

describe('a budget that several processes spend', () => {
  it('is never passed, and the records add up to what the provider counted', async () => {
    // A call of 20 tokens in and 10 out costs 7,000 micro-dollars; at most 100 tokens out are set aside for it.
    const budget = await startCluster(config({ costOptimization: { budget: { daily: 0.5 } } }), 2);
    try {
      const marker = answering(() => say('words', { usage: { input: 20, output: 10 }, paceMs: 1 }));
      const statuses: number[] = [];
      const asking = async () => {
        for (let turn = 0; turn < 20; turn += 1) {
          const body = messagesBody(marker, { model: 'dear', max_tokens: 100, stream: turn % 2 === 0 });
          statuses.push((await budget.ask('/v1/messages', { body })).status);
        }
      };
      await Promise.all(times(8, asking));
      const calls = upstream.calls(marker).length;
      const costs = (await budget.ask('/api/stats/costs')).json() as unknown as {
        total: string;
        budget: { daily: { spent: string; reserved: string } };
      };
      expect(counted(statuses)).toEqual({ 200: calls, 402: statuses.length - calls });
      expect(Number(costs.total)).toBeCloseTo(calls * 0.007, 6);
      expect(costs.budget.daily).toMatchObject({ spent: costs.total, reserved: '0.000000' });
      expect(Number(costs.total)).toBeLessThanOrEqual(0.5);
      expect(Number(costs.total)).toBeGreaterThan(0.4);
    } finally {
      await budget.router.stop();
    }
  });
});

describe('a worker and the primary', () => {
  it('that is asked to go is replaced and finishes what it has', async () => {
    const gate = newGate();
    const marker = answering(() => say('the end', { before: gate.opened }));
    const call = ask(marker);
    await upstream.arrival(marker);
    const { pid } = (await cluster.workers()).find(({ activeCalls }) => activeCalls > 0)!;
    process.kill(pid, 'SIGTERM');
    await vi.waitFor(async () => {
      const now = await cluster.workers();
      expect(now).toHaveLength(3);
      expect(now.map((worker) => worker.pid)).not.toContain(pid);
    }, 10_000);
    gate.open();
    expect((await call).status).toBe(200);
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), 5000);
  });

  it('that serve a file which broke since are replaced all the same, by what is in force', async () => {
    const good = readFileSync(cluster.router.configFile);
    writeFileSync(cluster.router.configFile, '{ "models": ');
    await cluster.control('reload');
    const [worker] = await cluster.workers();
    process.kill(worker!.pid, 'SIGKILL');
    await vi.waitFor(async () => {
      const now = await cluster.workers();
      expect(now).toHaveLength(3);
      expect(now.map(({ pid }) => pid)).not.toContain(worker!.pid);
    }, 10_000);
    const healths = await Promise.all(times(6, async () => (await cluster.ask('/health/detailed')).json().configError));
    expect(healths.filter((problem) => problem === undefined)).toEqual([]);
    const replies = await Promise.all(times(6, () => ask(answering())));
    expect(counted(replies.map(({ status }) => status))).toEqual({ 200: 6 });
    writeFileSync(cluster.router.configFile, good);
    await cluster.control('reload');
  });

  it('that dies leaves the port free, and its workers end', async () => {
    const workers = await cluster.workers();
    process.kill(cluster.router.pid, 'SIGKILL');
    await vi.waitFor(() => {
      for (const { pid } of workers) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    }, 10_000);
    await expect(ask(answering())).rejects.toThrow('ECONNREFUSED');
  });
});

describe('the commands', () => {
  it('start, show, restart and stop several processes as one', async () => {
    const home = newHome();
    try {
      writeFileSync(
        `${home.path}/config.json`,
        JSON.stringify(clustered({ models: { demo: { provider: 'demo' } } }, 2)),
      );
      const started = JSON.parse((await home.run('start', '--port', '0', '--json')).stdout) as { pid: number };
      const status = async () =>
        JSON.parse((await home.run('status', '--json')).stdout) as {
          pid: number;
          workers: { pid: number }[];
        };
      const before = await status();
      expect(before.pid).toBe(started.pid);
      expect(before.workers).toHaveLength(2);
      const restarted = await home.run('restart');
      expect(restarted).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('Every worker was replaced') });
      const after = await status();
      expect(after.pid).toBe(started.pid);
      const pids = before.workers.map(({ pid }) => pid);
      expect(after.workers.filter(({ pid }) => pids.includes(pid))).toEqual([]);
      // What workers can't change takes the whole of it.
      writeFileSync(`${home.path}/config.json`, JSON.stringify({ models: { demo: { provider: 'demo' } } }));
      expect((await home.run('restart')).exitCode).toBe(0);
      const alone = await status();
      expect(alone.pid).not.toBe(started.pid);
      expect(alone.workers).toMatchObject([{ pid: alone.pid }]);
      expect((await home.run('stop')).exitCode).toBe(0);
      for (const { pid } of after.workers) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    } finally {
      await home.remove();
    }
  });
});
