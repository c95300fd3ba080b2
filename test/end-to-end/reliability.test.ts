import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { judgeStream } from '../../src/protocol/grammar.ts';
import { newGate } from '../support/gate.ts';
import { type HttpReply, http, messagesBody } from '../support/http.ts';
import { type InProcessRouter, startInProcess } from '../support/in-process-router.ts';
import {
  beginText,
  refuse,
  type ScriptedProvider,
  sayText,
  startScriptedProvider,
} from '../support/scripted-provider.ts';

let first: ScriptedProvider;
let second: ScriptedProvider;
let router: InProcessRouter;

beforeEach(async () => {
  [first, second] = [await startScriptedProvider('first'), await startScriptedProvider('second')];
});

afterEach(async () => {
  await router?.stop();
  await first.stop();
  await second.stop();
});

const keys = ['key-one-00001', 'key-two-00002'];

async function start(
  more: Record<string, unknown> = {},
  model: Record<string, unknown> = {},
  other: Record<string, unknown> = {},
): Promise<void> {
  const provider = ({ url }: ScriptedProvider, apiKey: unknown, models: unknown) => ({
    ...{ type: 'anthropic', apiKey, baseUrl: url, models },
  });
  router = await startInProcess(
    {
      providers: {
        one: provider(first, keys, { first: { supportsTools: true, ...model } }),
        two: provider(second, 'key-of-second', { second: other }),
      },
      routing: { defaultModel: 'first', fallbackModel: 'second' },
      timeouts: { firstByte: 5000, idle: 5000 },
      ...more,
    },
    {},
    'silent',
  );
}

function ask(
  stream = true,
  more: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Promise<HttpReply> {
  return http(`${router.url}/v1/messages`, { body: messagesBody('hello', { stream, ...more }), headers });
}

const keysAsked = () => first.asked.map(({ key }) => key);

describe('a target that fails before it answers', () => {
  it('is asked once more after a hiccup, and nobody notices', async () => {
    await start();
    first.act((asked, response) => {
      if (first.asked.length === 1) refuse(response, 500, 'api_error');
      else sayText(asked, response, 'first');
    });
    const reply = await ask();
    expect([reply.status, reply.headers['x-router-attempts']]).toEqual([200, '2']);
    expect(reply.text).toContain('first');
    expect(second.asked).toHaveLength(0);
  });

  it.each([
    [429, 'rate_limit_error', 2],
    [529, 'overloaded_error', 2],
    [401, 'authentication_error', 2],
    [500, 'api_error', 4],
  ])('with %i is followed by its other key, then by the next target', async (status, type, calls) => {
    await start();
    first.act((_, response) => refuse(response, status, type));
    for (const stream of [true, false]) {
      const reply = await ask(stream);
      expect(reply.status, reply.text).toBe(200);
      expect(reply.headers).toMatchObject({ 'x-router-model': 'second', 'x-router-provider': 'two' });
      expect(reply.text).toContain('second');
      if (stream) expect(keysAsked().sort()).toHaveLength(calls);
    }
    expect(new Set(keysAsked())).toEqual(new Set(keys));
  });

  it("with the client's own 400 is not asked again, and its words are kept", async () => {
    await start();
    first.act((_, response) => refuse(response, 400, 'invalid_request_error'));
    const reply = await ask();
    expect([reply.status, first.asked.length, second.asked.length]).toEqual([400, 1, 0]);
    expect(reply.json()).toMatchObject({ error: { message: 'scripted 400' } });
  });

  it('is left alone for as long as it asked, key by key', async () => {
    await start();
    first.act((asked, response) => {
      if (asked.key === keys[0]) refuse(response, 429, 'rate_limit_error', { 'retry-after': '30' });
      else sayText(asked, response, 'first');
    });
    for (let count = 0; count < 6; count += 1) expect((await ask()).headers['x-router-model']).toBe('first');
    expect(keysAsked().filter((key) => key === keys[0])).toHaveLength(1);
    expect(keysAsked().filter((key) => key === keys[1])).toHaveLength(6);
  });

  it('opens its circuit after failures in a row, and costs nothing while it is open', async () => {
    await start({ circuitBreaker: { failures: 2, cooldown: 60 }, retry: { attempts: 0 } });
    first.act((_, response) => refuse(response, 500, 'api_error'));
    for (let count = 0; count < 6; count += 1) expect((await ask()).headers['x-router-model']).toBe('second');
    expect(first.asked).toHaveLength(4);
    const { models } = (await http(`${router.url}/health/models`)).json() as {
      models: { name: string; circuit: string }[];
    };
    expect(models.find(({ name }) => name === 'first')).toMatchObject({ circuit: 'open', status: 'resting' });
  });

  it('that says nothing counts as failed', async () => {
    await start({ timeouts: { firstByte: 200, idle: 200 } });
    first.act(() => undefined);
    const reply = await ask();
    expect([reply.status, reply.headers['x-router-model']]).toEqual([200, 'second']);
    await expect(first.asked[0]!.whole).resolves.toBe(false);
  });

  it.each([
    ['of one kind is told as that', 429, 'rate_limit_error', 429, 'rate_limit_error'],
    ['of several kinds is told as everybody out of order', 500, 'api_error', 529, 'overloaded_error'],
  ])('and is the last: what is %s', async (_what, status, type, told, toldType) => {
    await start({ retry: { attempts: 0 } });
    first.act((_, response) => refuse(response, 429, 'rate_limit_error', { 'retry-after': '7' }));
    second.act((_, response) => refuse(response, status, type, { 'retry-after': '9' }));
    const reply = await ask();
    expect([reply.status, reply.headers['retry-after']]).toEqual([told, '7']);
    expect(reply.json()).toMatchObject({ type: 'error', error: { type: toldType } });
    expect(reply.text).toContain(`scripted ${status}`);
  });

  it('is not followed by another where the client wants none', async () => {
    await start();
    first.act((_, response) => refuse(response, 529, 'overloaded_error'));
    const reply = await ask(true, { model: 'one/first' }, { 'x-router-fallback': 'off' });
    expect([reply.status, second.asked.length]).toEqual([529, 0]);
  });
});

describe('a target that fails in mid-answer', () => {
  it('is followed by the next, which is told what was said and goes on', async () => {
    await start();
    first.act((_, response) => {
      beginText(response, 'The first half, ');
      setImmediate(() => response.socket?.resetAndDestroy());
    });
    second.act((asked, response) => sayText(asked, response, 'The first half, and the second.'));
    const reply = await ask();
    expect(judgeStream(reply.body)).toEqual([]);
    const said = [...reply.text.matchAll(/"text_delta","text":"([^"]*)"/g)].map(([, text]) => text).join('');
    expect(said).toBe('The first half, and the second.');
    const messages = second.asked[0]!.body.messages as { role: string; content: { text: string }[] }[];
    expect(messages.at(-2)).toMatchObject({ role: 'assistant', content: [{ text: 'The first half,' }] });
    const call = (await http(`${router.url}/api/calls/${reply.headers['request-id']}`)).json();
    expect(call).toMatchObject({
      timeline: [
        { target: 'first', outcome: 'failed', failure: { kind: 'upstream-cut' } },
        { target: 'second', outcome: 'ok' },
      ],
    });
  });

  it('ends in an honest error where nobody is left to go on', async () => {
    await start();
    first.act((_, response) => {
      beginText(response, 'The first half, ');
      setImmediate(() => response.socket?.resetAndDestroy());
    });
    const reply = await ask(true, {}, { 'x-router-fallback': 'off' });
    expect(judgeStream(reply.body)).toEqual([]);
    expect(reply.text).toContain('event: error');
    expect(reply.text).not.toContain('message_stop');
  });
});

describe('a target that is slower than it usually is', () => {
  it('is outrun by the next, where that is asked for, and cancelled', async () => {
    await start({ retry: { hedge: true } });
    for (let count = 0; count < 12; count += 1) expect((await ask()).headers['x-router-model']).toBe('first');
    first.act(() => undefined);
    const reply = await ask();
    expect([reply.status, reply.headers['x-router-model']]).toEqual([200, 'second']);
    await expect(first.asked.at(-1)!.whole).resolves.toBe(false);
    const call = (await http(`${router.url}/api/calls/${reply.headers['request-id']}`)).json();
    expect(call.timeline).toMatchObject([
      { target: 'first', outcome: 'cancelled' },
      { target: 'second', outcome: 'ok' },
    ]);
    expect(call.hedge).toEqual({ target: 'second', asked: true });
  });

  describe('with a budget', () => {
    const pricing = { input: 1, output: 1000 };
    const hedging = { retry: { hedge: true, attempts: 0 }, routing: { defaultModel: 'first', fallbacks: ['second'] } };

    /** A worst case of about a dollar for each of the two. */
    async function startWith(daily: number): Promise<void> {
      const more = { ...hedging, costOptimization: { budget: { daily } } };
      await start(more, { pricing }, { pricing });
      for (let count = 0; count < 12; count += 1) expect((await ask()).headers['x-router-model']).toBe('first');
    }

    const callOf = async (reply: HttpReply) =>
      (await http(`${router.url}/api/calls/${reply.headers['request-id']}`)).json();

    it('is outrun by the next, where the worst case of both fits, and both are billed', async () => {
      await startWith(3);
      first.act(() => undefined);
      const reply = await ask();
      expect(reply.headers['x-router-model']).toBe('second');
      expect(await callOf(reply)).toMatchObject({
        hedge: { target: 'second', asked: true },
        timeline: [
          { target: 'first', outcome: 'cancelled', tokens: { output: 0 }, usageEstimated: true },
          { target: 'second', outcome: 'ok', cost: '0.005010' },
        ],
      });
    });

    it('is waited for, where only one of them can be paid, and the record says why', async () => {
      await startWith(1.5);
      first.act(async (asked, response) => {
        await delay(300);
        sayText(asked, response, 'first, late');
      });
      const reply = await ask();
      expect(reply.headers['x-router-model']).toBe('first');
      expect(second.asked).toHaveLength(0);
      expect((await callOf(reply)).hedge).toEqual({
        ...{ target: 'second', asked: false },
        reason: expect.stringMatching(/second: .*budget/),
      });
    });

    it('is followed by the next when it fails, although that could not be asked beside it', async () => {
      await startWith(1.5);
      first.act(async (_asked, response) => {
        await delay(300);
        refuse(response, 529, 'overloaded_error');
      });
      const reply = await ask();
      expect([reply.status, reply.headers['x-router-model']]).toEqual([200, 'second']);
      expect((await callOf(reply)).hedge).toMatchObject({ target: 'second', asked: false });
    });
  });
});

describe('more calls than a target may have', () => {
  it('wait in a short queue, and beyond it go to the next', async () => {
    await start({}, { maxConcurrent: 1 });
    const gate = newGate();
    first.act(async (asked, response) => {
      await gate.opened;
      sayText(asked, response, 'first');
    });
    const replies = Array.from({ length: 7 }, () => ask());
    await expect.poll(() => second.asked.length).toBe(2);
    gate.open();
    const models = (await Promise.all(replies)).map(({ headers }) => headers['x-router-model']);
    expect(models.filter((model) => model === 'first')).toHaveLength(5);
    expect(first.asked).toHaveLength(5);
  });
});

describe('a router that is stopped', () => {
  it('ends what runs too long with an error that says so, never with a reset', async () => {
    await start();
    first.act((_, response) => beginText(response, 'a long answer'));
    const reply = ask(true, {}, { 'x-router-fallback': 'off' });
    await expect.poll(() => first.asked.length).toBe(1);
    await router.stop();
    const { body, text } = await reply;
    expect(judgeStream(body)).toEqual([]);
    expect(text).toContain('the router was stopped');
    await expect(first.asked[0]!.whole).resolves.toBe(false);
  });
});
