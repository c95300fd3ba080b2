import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeUpstream, startFakeUpstream, upstreamKey } from '../support/fake-upstream.ts';
import { newGate } from '../support/gate.ts';
import { type HttpReply, http, messagesBody, newMarker } from '../support/http.ts';
import { type RedisServer, redisInstalled, startRedis } from '../support/redis.ts';
import { type Router, withConfig } from '../support/router.ts';
import { say } from './claude-code/bed.ts';

const hasRedis = redisInstalled();
const folder = mkdtempSync(join(tmpdir(), 'replicas-'));
let upstream: FakeUpstream;
const servers: RedisServer[] = [];
const replicas: Replica[] = [];

beforeAll(async () => {
  upstream = await startFakeUpstream();
});

afterAll(async () => {
  await Promise.all(replicas.map((replica) => replica.router.stop()));
  await Promise.all(servers.map((server) => server.remove()));
  await upstream?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function redisServer(): Promise<RedisServer> {
  const server = await startRedis();
  servers.push(server);
  return server;
}

/** A router of several, that can be killed and started again with what it has on disk. */
interface Replica {
  router: Router;
  /** Ends it at once, and starts it again. */
  replace(): Promise<void>;
  /** Lets it finish what it does, and starts it again. */
  restart(): Promise<void>;
}

async function replicaOf(config: Record<string, unknown>): Promise<Replica> {
  const home = mkdtempSync(join(folder, 'home-'));
  const start = () => withConfig(config, { environment: { ROUTER_HOME: home } });
  const replica: Replica = {
    router: await start(),
    async replace() {
      process.kill(replica.router.pid, 'SIGKILL');
      await replica.router.stop();
      replica.router = await start();
    },
    async restart() {
      await replica.router.stop();
      replica.router = await start();
    },
  };
  replicas.push(replica);
  return replica;
}

function configOf(redis: RedisServer, more: Record<string, unknown>): Record<string, unknown> {
  const target = { provider: 'fake', endpoint: upstream.url, apiKey: upstreamKey };
  return {
    state: { url: redis.url },
    providers: { fake: { type: 'anthropic', apiKey: upstreamKey, baseUrl: upstream.url } },
    models: {
      dear: { ...target, model: 'dear-1', pricing: { input: 100, output: 500 } },
      spare: { ...target, model: 'spare-1', pricing: { input: 100, output: 500 } },
    },
    routing: { defaultModel: 'dear' },
    ...more,
  };
}

/** A reply, or undefined where the router died on it. */
function ask({ router }: Replica, marker: string, stream = false): Promise<HttpReply | undefined> {
  const body = messagesBody(marker, { model: 'dear', stream, max_tokens: 100 });
  return http(`${router.url}/v1/messages`, { body }).catch(() => undefined);
}

function answering(outputs: readonly number[] = [10], paceMs = 1): string {
  const marker = newMarker('replica');
  upstream.script(marker, (_asked, _turn, time) => {
    return say('some words of an answer', { usage: { input: 20, output: outputs[time % outputs.length]! }, paceMs });
  });
  return marker;
}

/** Asks the replicas in turn from several places at once, until it is time to stop. */
async function load(of: Replica[], places: number, until: () => boolean, marker: string, stream = true) {
  const replies: { reply: HttpReply | undefined; tookMs: number }[] = [];
  const one = async (place: number) => {
    for (let turn = place; !until(); turn += 1) {
      const began = Date.now();
      const reply = await ask(of[turn % of.length]!, marker, stream && turn % 2 === 0);
      replies.push({ reply, tookMs: Date.now() - began });
      if (reply?.status !== 200) await delay(20);
    }
  };
  await Promise.all(Array.from({ length: places }, (_, place) => one(place)));
  return replies;
}

async function costsOf({ router }: Replica) {
  const costs = (await http(`${router.url}/api/stats/costs?since=1h`)).json();
  const { daily } = costs.budget as { daily: { spent: string; reserved: string } };
  const micro = (text: unknown) => Math.round(Number(text) * 1e6);
  return { total: micro(costs.total), spent: micro(daily.spent), reserved: micro(daily.reserved) };
}

/** The calls in the ledger of a replica, and what each cost in micro-dollars. */
async function recordsOf({ router }: Replica): Promise<{ id: string; cost: number }[]> {
  const { calls } = (await http(`${router.url}/api/calls?since=1h&limit=1000`)).json() as {
    calls: { id: string; cost: string | null }[];
  };
  return calls.map(({ id, cost }) => ({ id, cost: Math.round(Number(cost ?? 0) * 1e6) }));
}

function numberIn(messages: readonly { text: string }[]): number {
  return Number(/ number (\d+)\./.exec(messages.at(-1)!.text)![1]);
}

/** Whole numbers below a bound, the same for the same seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const sum = (amounts: readonly number[]) => amounts.reduce((total, amount) => total + amount, 0);
const inTime = (ms: number) => {
  const end = Date.now() + ms;
  return () => Date.now() > end;
};

describe.runIf(hasRedis)('replicas on one Redis', () => {
  it('never let more than the limit pass in any span of its window', async () => {
    const [limit, windowMs] = [12, 1000];
    const redis = await redisServer();
    const config = configOf(redis, { rateLimit: { global: { requests: limit, window: windowMs / 1000 } } });
    const both = [await replicaOf(config), await replicaOf(config)];
    const marker = answering();
    const sent: number[] = [];
    const rested = inTime(5000);
    const asking = async (place: number) => {
      const statuses: (number | undefined)[] = [];
      for (let turn = place; !rested(); turn += 1) {
        const number = sent.push(Date.now()) - 1;
        const reply = await ask(both[turn % 2]!, `${marker} number ${number}.`);
        statuses.push(reply?.status);
        if (reply?.status !== 200) await delay(20);
      }
      return statuses;
    };
    const statuses = (await Promise.all(Array.from({ length: 8 }, (_, place) => asking(place)))).flat();
    // A call was counted at some moment between its sending and its arrival.
    const calls = upstream.calls(marker).map(({ asked, receivedAt }) => {
      return { sentAt: sent[numberIn(asked.messages)]!, receivedAt };
    });
    for (const { sentAt: start } of calls) {
      const inside = calls.filter(({ sentAt, receivedAt }) => sentAt >= start && receivedAt < start + windowMs);
      expect(inside.length).toBeLessThanOrEqual(limit);
    }
    expect(calls.length).toBeGreaterThanOrEqual(3 * limit);
    expect(calls.length).toBeLessThanOrEqual(6 * limit);
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
  });

  // A call of 20 tokens in and N out costs 20 x 100 + N x 500 micro-dollars.
  it('agree on what was spent, and their records add up to what the provider counted', async () => {
    const config = configOf(await redisServer(), { costOptimization: { budget: { daily: 2 } } });
    const three = [await replicaOf(config), await replicaOf(config), await replicaOf(config)];
    const outputs = [1, 17, 60, 100, 33];
    const marker = answering(outputs);
    const replies = await load(three, 9, inTime(3500), marker);
    expect(replies.some(({ reply }) => reply?.status === 402)).toBe(true);
    const answered = upstream.calls(marker).map((_, index) => 2000 + 500 * outputs[index % outputs.length]!);
    const costs = await Promise.all(three.map((replica) => costsOf(replica)));
    expect(sum(costs.map(({ total }) => total))).toBe(sum(answered));
    for (const { spent, reserved } of costs) expect({ spent, reserved }).toEqual({ spent: sum(answered), reserved: 0 });
    expect(sum(answered)).toBeLessThanOrEqual(2_000_000);
    expect(sum(answered)).toBeGreaterThan(1_800_000);
  });

  it('keep a budget when calls come to all of them at once', async () => {
    const limit = 500_000;
    const config = configOf(await redisServer(), { costOptimization: { budget: { daily: limit / 1e6 } } });
    const three = [await replicaOf(config), await replicaOf(config), await replicaOf(config)];
    const held = newGate();
    const marker = newMarker('burst');
    const usage = { input: 20, output: 100 };
    upstream.script(marker, () => say('much', { before: held.opened, usage }));
    const asked = Array.from({ length: 60 }, (_, place) => ask(three[place % 3]!, marker));
    let refused = 0;
    const replies = asked.map(async (reply) => {
      if ((await reply)?.status === 402) refused += 1;
    });
    await expect.poll(() => refused + upstream.calls(marker).length).toBe(60);
    held.open();
    await Promise.all(replies);
    const granted = upstream.calls(marker).length;
    expect(granted * 52_000).toBeLessThanOrEqual(limit);
    expect(granted).toBeGreaterThanOrEqual(7);
  });

  it('keep a budget and every record while they are killed and restarted at random, and leak nothing that was set aside', async () => {
    const seed = Date.now() % 1_000_000;
    const random = randomOf(seed);
    const limit = 4_000_000;
    const config = configOf(await redisServer(), { costOptimization: { budget: { daily: limit / 1e6 } } });
    const three = [await replicaOf(config), await replicaOf(config), await replicaOf(config)];
    const outputs = [5, 90, 40, 1, 71];
    const costOf = (number: number) => 2000 + 500 * outputs[number % outputs.length]!;
    const marker = newMarker('chaos');
    upstream.script(marker, ({ messages }) => {
      const usage = { input: 20, output: outputs[numberIn(messages) % outputs.length]! };
      return say('some words of an answer', { usage, paceMs: 30 });
    });
    const rested = inTime(9000);
    const whole: { id: string; number: number; at: number; replica: Replica }[] = [];
    const statuses: (number | undefined)[] = [];
    const asking = async () => {
      while (!rested()) {
        const replica = three[random(3)]!;
        const number = statuses.push(undefined) - 1;
        const reply = await ask(replica, `${marker} number ${number}.`, random(2) === 0);
        statuses[number] = reply?.status;
        const id = String(reply?.headers['request-id'] ?? '');
        // A stream that was cut has no end.
        if (reply?.status === 200 && id && /message_stop|"stop_reason":"end_turn"/.test(reply.text)) {
          whole.push({ id, number, at: Date.now(), replica });
        } else await delay(20);
      }
    };
    const kills: { at: number; replica: Replica }[] = [];
    const breaking = async (replica: Replica) => {
      for (let time = 0; !rested(); time += 1) {
        await delay(400 + random(1200));
        if (time > 0 && random(3) === 0) await replica.restart();
        else {
          kills.push({ at: Date.now(), replica });
          await replica.replace();
        }
      }
    };
    await Promise.all([...three.map(breaking), ...Array.from({ length: 8 }, asking)]);
    const sent = upstream.calls(marker).map(({ asked }) => costOf(numberIn(asked.messages)));
    await expect.poll(async () => (await costsOf(three[0]!)).reserved, { timeout: 25_000, interval: 500 }).toBe(0);
    const recorded = (await Promise.all(three.map(recordsOf))).flat();
    const costs = new Map(recorded.map(({ id, cost }) => [id, cost]));
    const story = `seed ${seed}: ${whole.length} whole of ${statuses.length}, ${kills.length} kills, ${sum(sent)} sent`;
    expect(costs.size, story).toBe(recorded.length);
    // What was written down is what the provider counted, and nothing is missing that was over a moment before a kill.
    for (const { id, number, at, replica } of whole) {
      const killedAt =
        kills.find((kill) => kill.replica === replica && kill.at > at - 50)?.at ?? Number.POSITIVE_INFINITY;
      if (costs.has(id) || killedAt - at > 1500) expect(costs.get(id), `${story}, call ${number}`).toBe(costOf(number));
    }
    expect(whole.filter(({ id }) => costs.has(id)).length, story).toBeGreaterThan(whole.length / 2);
    expect(kills.length, story).toBeGreaterThanOrEqual(3);
    const total = sum(recorded.map(({ cost }) => cost));
    expect(total, story).toBeLessThanOrEqual(sum(sent));
    expect(sum(sent), story).toBeLessThanOrEqual(limit);
    for (const replica of three) {
      const { spent } = await costsOf(replica);
      expect(spent, story).toBeGreaterThanOrEqual(Math.max(total, sum(whole.map(({ number }) => costOf(number)))));
      expect(spent, story).toBeLessThanOrEqual(limit);
    }
  }, 60_000);

  it('hear within a second that one of them found a model failing', async () => {
    const more = { circuitBreaker: { failures: 2, cooldown: 30 }, retry: { attempts: 0 } };
    const routing = { defaultModel: 'dear', fallbackModel: 'spare' };
    const config = configOf(await redisServer(), { ...more, routing });
    const [one, other] = [await replicaOf(config), await replicaOf(config)];
    const marker = newMarker('failing');
    upstream.script(marker, ({ model }) => (model === 'dear-1' ? { status: 500, message: 'broken' } : say('spared')));
    await ask(one, marker);
    await ask(one, marker);
    const failed = upstream.calls(marker).length;
    await delay(1000);
    expect((await ask(other, marker))!.headers['x-router-model']).toBe('spare');
    expect(
      upstream
        .calls(marker)
        .slice(failed)
        .map(({ body }) => body.model),
    ).toEqual(['spare-1']);
  });
});

describe.runIf(hasRedis)('while Redis is away', () => {
  it('calls pass where the configuration says open, none waits long, and limits are shared again afterwards', async () => {
    const redis = await redisServer();
    const config = configOf(redis, {
      rateLimit: { global: { requests: 100_000, window: 60 }, perModel: { spare: { requests: 3, window: 60 } } },
      costOptimization: { budget: { daily: 100 } },
    });
    const both = [await replicaOf(config), await replicaOf(config)];
    const marker = answering();
    const rested = inTime(7000);
    const loading = load(both, 6, rested, marker);
    await delay(1000);
    await redis.stop();
    await delay(1500);
    await redis.start();
    await delay(1000);
    redis.pause();
    await delay(1500);
    redis.resume();
    const replies = await loading;
    expect(replies.filter(({ reply }) => reply?.status !== 200)).toEqual([]);
    expect(Math.max(...replies.map(({ tookMs }) => tookMs))).toBeLessThan(4000);
    const total = upstream.calls(marker).length * 7000;
    await expect
      .poll(async () => (await Promise.all(both.map((each) => costsOf(each)))).map(({ reserved }) => reserved))
      .toEqual([0, 0]);
    const costs = await Promise.all(both.map((each) => costsOf(each)));
    expect(sum(costs.map((cost) => cost.total))).toBe(total);
    // What Redis lost is told to it again, by each process what it knew: little is missing. Only a settlement that was heard
    // just as the answer to it was lost may count twice, one at most for each of the six places.
    for (const { spent } of costs) {
      expect(spent).toBeGreaterThan(total * 0.9);
      expect(spent).toBeLessThanOrEqual(total + 6 * 7000);
    }
    const spared = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        http(`${both[index % 2]!.router.url}/v1/messages`, {
          body: messagesBody(marker, { model: 'spare' }),
          headers: { 'x-router-fallback': 'off' },
        }),
      ),
    );
    expect(spared.filter(({ status }) => status === 200)).toHaveLength(3);
  });

  it('calls are refused where it says closed, at once, until it is back', async () => {
    const redis = await redisServer();
    const rateLimit = { global: { requests: 100_000, window: 60 }, onStateLost: 'closed' };
    const replica = await replicaOf(configOf(redis, { rateLimit }));
    const marker = answering();
    expect((await ask(replica, marker))!.status).toBe(200);
    await redis.stop();
    const began = Date.now();
    const refused = await ask(replica, marker);
    expect(refused!.status).toBe(503);
    expect(refused!.headers['retry-after']).toBe('1');
    expect(Date.now() - began).toBeLessThan(3000);
    await redis.start();
    await expect.poll(async () => (await ask(replica, marker))?.status, { timeout: 5000 }).toBe(200);
  });

  it('a router starts all the same, and finds it when it comes', async () => {
    const redis = await redisServer();
    await redis.stop();
    const replica = await replicaOf(configOf(redis, { rateLimit: { global: { requests: 2, window: 60 } } }));
    const marker = answering();
    expect((await ask(replica, marker))!.status).toBe(200);
    await redis.start();
    await expect.poll(() => replica.router.output(), { timeout: 5000 }).toContain('the shared state is back');
  });
});
