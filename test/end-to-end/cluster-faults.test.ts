import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { rotatedFiles } from '../../src/telemetry/log-files.ts';
import { type Cluster, clustered, startCluster } from '../support/cluster.ts';
import { type FakeUpstream, startFakeUpstream } from '../support/fake-upstream.ts';
import { newGate } from '../support/gate.ts';
import { http, messagesBody, newMarker } from '../support/http.ts';
import { configFor, say } from './claude-code/bed.ts';

/** `CLUSTER_KILLS=200 CLUSTER_RELOADS=10000` asks for more, and takes its time. */
const kills = Number(process.env.CLUSTER_KILLS ?? 20);
const reloads = Number(process.env.CLUSTER_RELOADS ?? 200);

let upstream: FakeUpstream;
let cluster: Cluster;

const config = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  ...configFor('anthropic', upstream.url),
  costOptimization: { budget: { daily: 1000 } },
  logging: { format: 'json', outputs: ['console', 'file'], file: { path: 'own.log', maxSize: '20KB', maxFiles: 9999 } },
  ...more,
});

beforeAll(async () => {
  upstream = await startFakeUpstream();
  cluster = await startCluster(config(), 2);
});

afterAll(async () => {
  await cluster?.router.stop();
  await upstream?.stop();
});

interface Asked {
  session: string;
  stream: boolean;
  startedAt: number;
  endedAt: number;
  /** 200, another status, or what broke. */
  outcome: string;
  text: string;
}

/** Asks from several places at once, each call over a connection of its own or over kept ones, until it is told to stop. */
function load(places: number, name: string, { keptConnections = false } = {}) {
  const ask: Cluster['ask'] = keptConnections
    ? (path, options) => http(`${cluster.router.url}${path}`, options)
    : cluster.ask;
  const marker = newMarker(name);
  upstream.script(marker, () => say('one two three four five six seven eight', { paceMs: 10 }));
  const calls: Asked[] = [];
  let going = true;
  const place = async (at: number) => {
    for (let turn = 0; going; turn += 1) {
      const session = `${name}-${at}-${turn}`;
      const stream = turn % 2 === 0;
      const startedAt = Date.now();
      const body = messagesBody(marker, { stream, max_tokens: 100 });
      const told = await ask('/v1/messages', { body, headers: { 'x-claude-code-session-id': session } }).then(
        ({ status, text }) => ({ outcome: String(status), text }),
        (error: NodeJS.ErrnoException) => ({ outcome: error.code ?? error.message, text: '' }),
      );
      calls.push({ session, stream, startedAt, endedAt: Date.now(), ...told });
      if (told.outcome !== '200') await delay(10);
    }
  };
  const all = Promise.all(Array.from({ length: places }, (_, at) => place(at)));
  return {
    calls,
    async stop() {
      going = false;
      await all;
      return calls;
    },
  };
}

const isWhole = ({ outcome, stream, text }: Asked) =>
  outcome === '200' && (stream ? text.includes('event: message_stop') : text.includes('"stop_reason":"end_turn"'));

/** The calls of a load that failed, as the ledger has them. */
async function lostCalls(name: string): Promise<{ id: string; session: string }[]> {
  const { calls } = (await cluster.ask('/api/calls?limit=1000&outcome=failed')).json() as {
    calls: { id: string; session: string }[];
  };
  return calls.filter(({ session }) => session?.startsWith(`${name}-`));
}

describe('a worker that is killed under load', () => {
  it(`takes nothing with it but its own calls, ${kills} times`, async () => {
    const running = load(8, 'killed');
    const killedAt: number[] = [];
    const killed = new Set<number>();
    for (let count = 0; count < kills; count += 1) {
      await delay(100 + (count % 7) * 60);
      const workers = await vi.waitFor(
        async () => {
          const serving = await cluster.workers();
          expect(serving).toHaveLength(2);
          return serving;
        },
        { timeout: 10_000, interval: 50 },
      );
      const { pid } = workers[count % 2]!;
      killedAt.push(Date.now());
      killed.add(pid);
      process.kill(pid, 'SIGKILL');
    }
    await delay(500);
    const calls = await running.stop();
    const broken = calls.filter((call) => !isWhole(call));
    const said = `${calls.length} calls, ${broken.length} broken by ${kills} kills`;
    // The connection of a lost call is reset: nothing is invented, and nobody is refused.
    expect([...new Set(broken.map(({ outcome }) => outcome))].filter((outcome) => outcome !== 'ECONNRESET')).toEqual(
      [],
    );
    const elsewhere = broken.filter(({ startedAt, endedAt }) => {
      return !killedAt.some((at) => startedAt <= at + 50 && endedAt >= at - 50 && endedAt <= at + 1000);
    });
    expect(elsewhere, said).toEqual([]);
    // At most as many as one of two workers can have of eight.
    expect(broken.length, said).toBeLessThanOrEqual(kills * 6);
    expect(calls.length, said).toBeGreaterThan(kills * 8);
    if (kills > 20) console.log(said);
    const lost = await lostCalls('killed');
    expect(lost.length).toBeGreaterThan(0);
    // Of each lost call it is known that it was lost, and with which process; what it cost is not.
    const brokenSessions = new Set(broken.map(({ session }) => session));
    expect(lost.filter(({ session }) => !brokenSessions.has(session))).toEqual([]);
    const tried: string[] = [];
    for (const { id } of lost.slice(0, 40)) {
      const record = (await cluster.ask(`/api/calls/${id}`)).json() as unknown as {
        failure: { kind: string; message: string };
        cost: string | null;
        timeline: { outcome: string }[];
      };
      expect(record.failure.kind).toBe('process-lost');
      expect(killed).toContain(Number(/pid (\d+)/.exec(record.failure.message)![1]));
      if (record.timeline.length > 0) expect(record.cost).toBeNull();
      tried.push(...record.timeline.map(({ outcome }) => outcome));
    }
    expect(new Set(tried)).toEqual(new Set(['failed']));
    const { requests } = (await cluster.ask('/api/stats')).json() as unknown as {
      requests: { succeeded: number; failed: number };
    };
    expect(requests.succeeded).toBeGreaterThanOrEqual(calls.length - broken.length);
    expect(requests.succeeded + requests.failed).toBeLessThanOrEqual(calls.length);
  }, 600_000);

  it('leaves what its calls had set aside of a budget spent, and nothing reserved', async () => {
    const gate = newGate();
    const marker = newMarker('reserved');
    upstream.script(marker, () => say('never', { before: gate.opened }));
    const budget = async () => {
      const told = (await cluster.ask('/api/stats/costs')).json() as unknown as {
        budget: { daily: { spent: string; reserved: string } };
      };
      return { spent: Number(told.budget.daily.spent), reserved: Number(told.budget.daily.reserved) };
    };
    const pricedConfig = config();
    const [provider] = Object.values(pricedConfig.providers as Record<string, { models: Record<string, object> }>);
    provider!.models['fake-model'] = { pricing: { input: 100, output: 500 } };
    await reconfigure(pricedConfig);
    const before = await budget();
    const call = cluster.ask('/v1/messages', { body: messagesBody(marker, { max_tokens: 100 }) }).catch(() => 'reset');
    await upstream.arrival(marker);
    const { reserved } = await budget();
    expect(reserved).toBeGreaterThan(before.reserved);
    const worker = (await cluster.workers()).find(({ activeCalls }) => activeCalls > 0);
    process.kill(worker!.pid, 'SIGKILL');
    expect(await call).toBe('reset');
    gate.open();
    await vi.waitFor(
      async () => {
        const now = await budget();
        expect(now.reserved).toBe(0);
        expect(now.spent).toBeCloseTo(before.spent + reserved, 6);
      },
      { timeout: 25_000, interval: 500 },
    );
  });
});

async function reconfigure(next: Record<string, unknown>): Promise<void> {
  const count = () => cluster.router.output().match(/configuration reloaded/g)?.length ?? 0;
  const before = count();
  writeFileSync(cluster.router.configFile, JSON.stringify(clustered(next, 2)));
  await cluster.control('reload');
  await vi.waitFor(() => expect(count()).toBeGreaterThan(before), { timeout: 10_000 });
}

describe('reloads under load', () => {
  it(`break no call, ${reloads} of them, and a bad file now and then is told and not used`, async () => {
    const { output } = cluster.router;
    const reloaded = () => output().match(/configuration reloaded/g)?.length ?? 0;
    const refused = () => output().match(/the configuration on disk is not used/g)?.length ?? 0;
    const before = reloaded();
    const running = load(4, 'reloaded', { keptConnections: true });
    const pids = (await cluster.workers()).map(({ pid }) => pid);
    let memoryAtFirst = 0;
    for (let turn = 0; reloaded() - before < reloads; turn += 1) {
      const isBad = turn % 50 === 49;
      const [good, bad] = [reloaded(), refused()];
      const text = isBad
        ? '{ "models": 7'
        : JSON.stringify(clustered(config({ timeouts: { idle: 60_000 + turn } }), 2));
      writeFileSync(cluster.router.configFile, text);
      process.kill(cluster.router.pid, 'SIGHUP');
      while (isBad ? refused() === bad : reloaded() === good) await delay(2);
      if (memoryAtFirst === 0 && reloaded() - before > reloads / 4) memoryAtFirst = await memory();
    }
    const told = `${reloaded() - before} reloads, ${refused()} bad files, ${Math.round(memoryAtFirst)} MB, then ${Math.round(await memory())} MB`;
    writeFileSync(cluster.router.configFile, '{ "models": 7');
    process.kill(cluster.router.pid, 'SIGHUP');
    await delay(300);
    for (let asked = 0; asked < 4; asked += 1) {
      const health = (await cluster.ask('/health/detailed')).json();
      expect(health).toMatchObject({ status: 'degraded', configError: expect.stringContaining('config.json') });
    }
    await reconfigure(config());
    const calls = await running.stop();
    if (reloads > 200) console.log(`${told}, ${calls.length} calls`);
    expect(calls.filter((call) => !isWhole(call))).toEqual([]);
    expect(calls.length).toBeGreaterThan(10);
    expect((await cluster.workers()).map(({ pid }) => pid).sort()).toEqual(pids.sort());
    expect(refused()).toBeGreaterThan(0);
    expect(await memory(), told).toBeLessThan(memoryAtFirst * 1.5 + 60);
  }, 3_600_000);

  it('and a restart of the workers, twice, break none either', async () => {
    const running = load(6, 'restarted', { keptConnections: true });
    for (let turn = 0; turn < 2; turn += 1) {
      const before = (await cluster.workers()).map(({ pid }) => pid);
      await cluster.control('restart');
      await vi.waitFor(
        async () => {
          const now = (await cluster.workers()).map(({ pid }) => pid);
          expect(now).toHaveLength(2);
          expect(now.filter((pid) => before.includes(pid))).toEqual([]);
        },
        { timeout: 20_000, interval: 100 },
      );
    }
    const calls = await running.stop();
    expect(calls.filter((call) => !isWhole(call))).toEqual([]);
  });

  /** Of all processes together, in megabytes. */
  async function memory(): Promise<number> {
    const { text } = await cluster.ask('/metrics');
    return Number(/^claude_router_resident_memory_bytes (\d+)/m.exec(text)?.[1]) / 2 ** 20;
  }
});

describe('the log of several workers', () => {
  it('has every line once and whole, in whichever part of it', { timeout: 60_000 }, async () => {
    const path = join(cluster.router.home, 'own.log');
    const printed = () =>
      [...cluster.router.output().matchAll(/"requestId":"(\w+)".*"msg":"call"/g)].map(([, id]) => id);
    // A client has its answer before all is written down.
    await vi.waitFor(async () => {
      const { requests } = (await cluster.ask('/api/stats')).json() as unknown as { requests: { total: number } };
      const logged = loggedIn(path);
      expect(logged).toEqual(printed());
      expect(logged.length, requests.total === logged.length ? '' : await differences()).toBe(requests.total);
    }, 30_000);
    expect(new Set(printed()).size).toBe(printed().length);
    expect(printed().length).toBeGreaterThan(100);
    expect(rotatedFiles(path).length).toBeGreaterThan(3);
  });

  /** The lines of calls that were printed twice, or that the ledger does not know. */
  async function differences(): Promise<string> {
    const lines = cluster.router.output().split('\n');
    const seen = new Set<string>();
    const odd: string[] = [];
    for (const [at, line] of lines.entries()) {
      const id = /"requestId":"(\w+)".*"msg":"call"/.exec(line)?.[1];
      if (id === undefined) continue;
      const known = !seen.has(id) && (await cluster.ask(`/api/calls/${id}`)).status === 200;
      if (!known) odd.push(...lines.filter((other, place) => other.includes(id) || Math.abs(place - at) < 3));
      seen.add(id);
    }
    return odd.join('\n');
  }

  /** The ids of the calls in a log and its finished parts, in their order; each line of them is whole. */
  function loggedIn(path: string): (string | undefined)[] {
    const files = [...rotatedFiles(path).map((part) => part.path), path];
    const texts = files.map((file) =>
      (file.endsWith('.gz') ? gunzipSync(readFileSync(file)) : readFileSync(file)).toString(),
    );
    for (const text of texts) expect(text).toMatch(/\n$/);
    const lines = texts.flatMap((text) => text.trim().split('\n'));
    const entries = lines.map((line) => JSON.parse(line) as { msg: string; requestId?: string });
    return entries.filter(({ msg }) => msg === 'call').map(({ requestId }) => requestId);
  }
});

describe('a stop', () => {
  it('lets running streams finish, refuses new calls meanwhile, and leaves no process', async () => {
    const gate = newGate();
    const marker = newMarker('stopped');
    upstream.script(marker, () => say('to the end', { before: gate.opened }));
    const workers = await cluster.workers();
    const streams = Array.from({ length: 4 }, () =>
      cluster.ask('/v1/messages', { body: messagesBody(marker, { stream: true }) }),
    );
    await vi.waitFor(() => expect(upstream.calls(marker)).toHaveLength(4));
    await cluster.control('stop');
    await vi.waitFor(async () => {
      expect((await cluster.ask('/v1/messages', { body: messagesBody(marker) })).status).toBe(503);
      expect((await cluster.ask('/health/ready')).status).toBe(503);
    });
    gate.open();
    for (const reply of await Promise.all(streams)) expect(reply.text).toContain('event: message_stop');
    expect(await cluster.router.stop()).toBe(0);
    for (const { pid } of workers) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
});
