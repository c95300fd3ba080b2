import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answering, ask, configWith, messageOf, say, textOf } from '../plugins/bed.ts';
import { type FakeUpstream, startFakeUpstream } from '../support/fake-upstream.ts';
import { newGate } from '../support/gate.ts';
import { http, messagesBody } from '../support/http.ts';
import { type InProcessRouter, startInProcess } from '../support/in-process-router.ts';
import { redisInstalled, startRedis } from '../support/redis.ts';

let upstream: FakeUpstream;
beforeAll(async () => {
  upstream = await startFakeUpstream();
});
afterAll(() => upstream?.stop());

const routers: InProcessRouter[] = [];
afterAll(() => Promise.all(routers.map((router) => router.stop())));

async function start(more: Record<string, unknown>): Promise<InProcessRouter> {
  const router = await startInProcess(configWith(upstream, more));
  routers.push(router);
  return router;
}

const thought = (text: string) => ({
  blocks: [
    { type: 'thinking' as const, thinking: 'let me see' },
    { type: 'text' as const, text },
    { type: 'tool' as const, name: 'read', input: { path: 'a.ts' }, id: 'toolu_1' },
  ],
  stop: 'tool' as const,
});
const tools = [{ name: 'read', input_schema: { type: 'object', properties: { path: { type: 'string' } } } }];

describe('a reply that was given before', () => {
  let router: InProcessRouter;
  beforeAll(async () => {
    router = await start({ cache: { enabled: true, compression: true } });
  });

  it.each([
    [true, true],
    [true, false],
    [false, true],
    [false, false],
  ])('is told again: kept from a stream %s, told as a stream %s', async (first, second) => {
    const marker = answering(upstream, () => thought('look'));
    const one = await ask(router.url, marker, { stream: first, more: { tools } });
    const two = await ask(router.url, marker, { stream: second, more: { tools } });
    expect([one.headers['x-router-cache'], two.headers['x-router-cache']]).toEqual(['miss', 'hit']);
    expect(messageOf(two)).toEqual(messageOf(one));
    expect(two.headers).toMatchObject({ 'x-router-model': 'gpt-4', 'x-router-attempts': '0' });
    expect(upstream.calls(marker)).toHaveLength(1);
  });

  it('is the same for what decides nothing of it, and another for what does', async () => {
    const marker = answering(upstream, () => say('once'));
    const body = (more: Record<string, unknown>) => ({
      body: messagesBody(marker, { model: 'gpt-4', ...more }),
    });
    const post = async (more: Record<string, unknown>) =>
      (await http(`${router.url}/v1/messages`, body(more))).headers['x-router-cache'];
    expect(await post({})).toBe('miss');
    expect(await post({ metadata: { user_id: 'somebody' } })).toBe('hit');
    const content = [{ type: 'text', text: marker, cache_control: { type: 'ephemeral' } }];
    expect(await post({ messages: [{ role: 'user', content }] })).toBe('miss');
    expect(await post({ messages: [{ role: 'user', content: [{ type: 'text', text: marker }] }] })).toBe('hit');
    expect(await post({ temperature: 0.5 })).toBe('miss');
    expect(await post({ max_tokens: 999 })).toBe('miss');
    expect(await post({ model: 'claude-3-sonnet' })).toBe('miss');
    const billing = { type: 'text', text: 'x-anthropic-billing-header: cc_version=1; a' };
    const rules = { type: 'text', text: 'be kind' };
    expect(await post({ system: [billing, rules] })).toBe('miss');
    expect(await post({ system: [{ ...billing, text: 'x-anthropic-billing-header: cc_version=2; b' }, rules] })).toBe(
      'hit',
    );
  });

  it.each([
    ['an error', { status: 500, message: 'no' }],
    ['a refusal', { ...say('no'), stop: 'refusal' as const }],
    ['an answer cut by its limit', { ...say('and so'), stop: 'max_tokens' as const }],
    ['a stream that breaks off', { ...say('it is so and so'), die: { after: 2, how: 'reset' as const } }],
  ])('is never %s', async (_, reply) => {
    const marker = answering(upstream, () => reply);
    for (const stream of [true, true]) {
      const { headers } = await ask(router.url, marker, { stream });
      expect(headers['x-router-cache']).toBe('miss');
    }
  });

  it('is not what another model gave in place of the one that was chosen', async () => {
    const failing = await start({ cache: {}, routing: { defaultModel: 'gpt-4', fallbackModel: 'claude-3-sonnet' } });
    const marker = answering(upstream, ({ model }) =>
      model === 'one-1' ? { status: 529, message: 'busy' } : say('I help'),
    );
    for (const _ of [1, 2]) {
      const reply = await ask(failing.url, marker);
      expect(reply.headers).toMatchObject({ 'x-router-cache': 'miss', 'x-router-model': 'claude-3-sonnet' });
    }
  });

  it('is recorded as a hit, with what it saved', async () => {
    const marker = answering(upstream, () => say('paid once'));
    await ask(router.url, marker);
    const hit = await ask(router.url, marker, { stream: true });
    const { text } = await http(`${router.url}/api/calls/${hit.headers['request-id']}`);
    const record = JSON.parse(text);
    expect(record).toMatchObject({ cache: 'hit', outcome: 'succeeded', attempts: 0 });
    expect(text).toContain('0.010500');
  });

  it('is found by OpenAI’s clients, too', async () => {
    const marker = answering(upstream, () => say('for all forms'));
    const body = { model: 'gpt-4', messages: [{ role: 'user', content: marker }], max_tokens: 50 };
    const replies = [];
    for (const stream of [false, true, false]) {
      replies.push(await http(`${router.url}/v1/chat/completions`, { body: { ...body, stream } }));
    }
    expect(replies.map(({ headers }) => headers['x-router-cache'])).toEqual(['miss', 'hit', 'hit']);
    expect(replies.every(({ text }) => text.includes('for all forms'))).toBe(true);
  });
});

describe('identical calls at the same time', () => {
  let router: InProcessRouter;
  beforeAll(async () => {
    router = await start({ cache: {} });
  });

  it('share one call of the upstream', async () => {
    const opened = newGate();
    const marker = answering(upstream, () => say('for all of you', { before: opened.opened }));
    const asking = Array.from({ length: 8 }, (_, index) => ask(router.url, marker, { stream: index % 2 === 0 }));
    await upstream.arrival(marker);
    opened.open();
    const replies = await Promise.all(asking);
    expect(replies.map(textOf)).toEqual(Array(8).fill('for all of you'));
    expect(upstream.calls(marker)).toHaveLength(1);
    expect(replies.map(({ headers }) => headers['x-router-cache']).sort()).toEqual([...Array(7).fill('hit'), 'miss']);
  });

  it('ask for themselves where the first fails', async () => {
    const marker = answering(upstream, (_asked, _turn, time) =>
      time === 0 ? { status: 400, message: 'no' } : say('well'),
    );
    const replies = await Promise.all([1, 2, 3].map(() => ask(router.url, marker)));
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 200, 400]);
  });

  it('are led by another where the client of the first leaves', async () => {
    const opened = newGate();
    const marker = answering(upstream, (_asked, _turn, time) =>
      say('still here', time === 0 ? { before: opened.opened } : {}),
    );
    const leaving = new AbortController();
    const first = http(`${router.url}/v1/messages`, {
      body: messagesBody(marker, { model: 'gpt-4' }),
      signal: leaving.signal,
    });
    await upstream.arrival(marker);
    const others = [1, 2, 3].map(() => ask(router.url, marker));
    leaving.abort();
    await expect(first).rejects.toThrow();
    expect((await Promise.all(others)).map(textOf)).toEqual(Array(3).fill('still here'));
    expect(upstream.calls(marker)).toHaveLength(2);
    opened.open();
  });
});

describe('what is kept', () => {
  it('is of one key, unless it is shared', async () => {
    const security = { authentication: { keys: [{ key: 'key-of-alice-01' }, { key: 'key-of-bob-0002' }] } };
    const as = (key: string) => ({ headers: { 'x-api-key': key } });
    for (const [scope, expected] of [
      ['key', ['miss', 'miss', 'hit']],
      ['shared', ['miss', 'hit', 'hit']],
    ] as const) {
      const router = await start({ cache: { scope }, security });
      const marker = answering(upstream, () => say('mine'));
      const replies = [
        await ask(router.url, marker, as('key-of-alice-01')),
        await ask(router.url, marker, as('key-of-bob-0002')),
        await ask(router.url, marker, { headers: { authorization: 'Bearer key-of-alice-01' } }),
      ];
      expect(replies.map(({ headers }) => headers['x-router-cache'])).toEqual(expected);
    }
  });

  it('is not told again after the transformer of requests has changed', async () => {
    const more = { cache: {}, transformers: { request: ['./t.mjs'] } };
    const source = (system: string) => `export default (request) => ({ ...request, system: '${system}' })`;
    const router = await startInProcess(configWith(upstream, more), { 't.mjs': source('one') });
    routers.push(router);
    const marker = answering(upstream, ({ system }) => say(system));
    expect([textOf(await ask(router.url, marker)), textOf(await ask(router.url, marker))]).toEqual(['one', 'one']);
    writeFileSync(join(router.folder, 't.mjs'), source('two'));
    await router.reconfigure(configWith(upstream, more));
    expect(textOf(await ask(router.url, marker))).toBe('two');
    expect(upstream.calls(marker)).toHaveLength(2);
  });

  it('follows the rules on the human text, and survives a reload', async () => {
    const cache = { rules: [{ pattern: 'never*', ttl: 0 }] };
    const router = await start({ cache });
    const marker = answering(upstream, () => say('x'));
    const cacheOf = async (text: string) => (await ask(router.url, text)).headers['x-router-cache'];
    expect([await cacheOf(`Never ${marker}`), await cacheOf(`never ${marker}`)]).toEqual(['off', 'off']);
    expect(await cacheOf(`always ${marker}`)).toBe('miss');
    await router.reconfigure(configWith(upstream, { cache, router: { enableCors: true } }));
    expect(await cacheOf(`always ${marker}`)).toBe('hit');
    await router.reconfigure(configWith(upstream, { cache: { ...cache, enabled: false } }));
    expect(await cacheOf(`always ${marker}`)).toBe('off');
  });
});

const hasRedis = redisInstalled();

describe.runIf(hasRedis)('replies in Redis', () => {
  it('are found by every router, and by none while it is away', async () => {
    const redis = await startRedis();
    try {
      const { hostname: host, port } = new URL(redis.url);
      const cache = { type: 'redis', connection: { host, port: Number(port) }, compression: true };
      const [one, two] = [await start({ cache }), await start({ cache })];
      const marker = answering(upstream, () => say('everywhere'));
      expect((await ask(one.url, marker)).headers['x-router-cache']).toBe('miss');
      await expect
        .poll(async () => (await ask(two.url, marker, { stream: true })).headers['x-router-cache'])
        .toBe('hit');
      redis.pause();
      const startedAt = Date.now();
      const away = await ask(two.url, marker);
      expect([textOf(away), away.headers['x-router-cache']]).toEqual(['everywhere', 'miss']);
      expect(Date.now() - startedAt).toBeLessThan(2000);
      redis.resume();
      await expect
        .poll(async () => (await ask(two.url, marker)).headers['x-router-cache'], { timeout: 8000 })
        .toBe('hit');
      await redis.stop();
      expect((await ask(one.url, `other ${marker}`)).status).toBe(200);
    } finally {
      await redis.remove();
    }
  });
});
