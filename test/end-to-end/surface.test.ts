import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeUpstream, startFakeUpstream, upstreamKey } from '../support/fake-upstream.ts';
import { type HttpOptions, type HttpReply, http, messagesBody, newMarker } from '../support/http.ts';
import { type Router, withConfig } from '../support/router.ts';
import { configFor, say } from './claude-code/bed.ts';

let upstream: FakeUpstream;
let router: Router;

beforeAll(async () => {
  upstream = await startFakeUpstream();
  router = await withConfig(configFor('anthropic', upstream.url));
});

afterAll(async () => {
  await router?.stop();
  await upstream?.stop();
});

const get = (path: string, options?: HttpOptions) => http(`${router.url}${path}`, options);
const post = (path: string, body: unknown, options?: HttpOptions) => get(path, { body, ...options });

/** A marker whose calls are answered with this text. */
function answering(text: string): string {
  const marker = newMarker('surface');
  upstream.script(marker, () => say(text));
  return marker;
}

/** An error in Anthropic's form, without anything of the machine in it. */
function expectRefusal(reply: HttpReply, status: number, type: string): void {
  expect(reply.status, reply.text.slice(0, 500)).toBe(status);
  expect(reply.headers['content-type']).toMatch(/^application\/json/);
  expect(reply.headers['request-id']).toMatch(/^req_\w+$/);
  expect(reply.json()).toMatchObject({ type: 'error', error: { type, message: expect.stringMatching(/\w/) } });
  expect(reply.text).not.toMatch(/node_modules|\.[jt]s:\d+|\/dist\//);
}

function expectRouterHeaders(reply: HttpReply): void {
  expect(reply.headers).toMatchObject({
    'request-id': expect.stringMatching(/^req_\w+$/),
    'x-router-model': expect.any(String),
    'x-router-provider': expect.any(String),
    'x-router-rule': expect.any(String),
    'x-router-attempts': expect.stringMatching(/^\d+$/),
    'x-router-cache': expect.stringMatching(/^(hit|miss|off)$/),
  });
}

describe('paths', () => {
  it.each(['/v1/messages', '/v1/messages?beta=true', '/v1/v1/messages', '/v1/v1/messages?beta=true&x=1'])(
    'answers a model call at %s',
    async (path) => {
      const reply = await post(path, messagesBody(answering('PATH-OK')));
      expect(reply.status, reply.text).toBe(200);
      expect(reply.json()).toMatchObject({ type: 'message', content: [{ type: 'text', text: 'PATH-OK' }] });
    },
  );

  it.each(['/v1/messages/count_tokens', '/v1/messages/count_tokens?beta=true', '/v1/v1/messages/count_tokens'])(
    'counts tokens at %s',
    async (path) => {
      const reply = await post(path, { model: 'claude-opus-5-5', messages: [{ role: 'user', content: 'abc' }] });
      expect(reply.json()).toEqual({ input_tokens: upstream.countedTokens });
    },
  );

  it.each(['/', '/api/hello'])('answers the probe HEAD %s with 200 and nothing more', async (path) => {
    const reply = await get(path, { method: 'HEAD' });
    expect([reply.status, reply.text]).toEqual([200, '']);
  });

  it('answers under both names of this machine', async () => {
    const { port } = new URL(router.url);
    for (const host of ['127.0.0.1', 'localhost']) {
      expect((await http(`http://${host}:${port}/health`)).status).toBe(200);
    }
  });

  it.each(['/health', '/health/live', '/health/ready'])('says at %s how it is', async (path) => {
    const reply = await get(path);
    expect(reply.status).toBe(200);
    expect(reply.json()).toMatchObject({ status: 'ok', version: expect.any(String), uptime: expect.any(Number) });
  });

  it('says which models there are and how they are', async () => {
    const reply = await get('/health/models');
    expect(reply.json()).toMatchObject({ models: [{ name: 'fake-model', provider: 'fake', circuit: 'closed' }] });
  });

  it("lists models in Anthropic's form for Anthropic's clients and in OpenAI's form for the others", async () => {
    const anthropic = await get('/v1/models?limit=1000', { headers: { 'anthropic-version': '2023-06-01' } });
    expect(anthropic.json()).toMatchObject({
      has_more: false,
      data: expect.arrayContaining([expect.objectContaining({ type: 'model', display_name: expect.any(String) })]),
    });
    const openai = await get('/v1/models', { headers: { authorization: 'Bearer x' } });
    expect(openai.json()).toMatchObject({
      object: 'list',
      data: expect.arrayContaining([expect.objectContaining({ object: 'model', owned_by: 'fake' })]),
    });
  });

  it.each(['/nothing', '/v1/nothing', '/v2/messages', '/v1/messages/nothing', '/ui'])(
    'has nothing at %s',
    async (path) => {
      expectRefusal(await get(path), 404, 'not_found_error');
    },
  );

  it.each([
    ['GET', '/v1/messages'],
    ['DELETE', '/v1/messages'],
    ['GET', '/v1/messages/count_tokens'],
    ['POST', '/health'],
  ])('refuses %s %s with 405', async (method, path) => {
    expectRefusal(await get(path, { method }), 405, 'invalid_request_error');
  });
});

describe('bodies', () => {
  it.each([
    ['no JSON', '{"model":'],
    ['nothing at all', ''],
    ['an array', '[]'],
    ['null', 'null'],
    ['a text', '"model"'],
    ['no model', { messages: [] }],
    ['a model that is a number', { model: 5, messages: [] }],
    ['no messages', { model: 'm' }],
    ['messages that are an object', { model: 'm', messages: {} }],
    ['a message that is a text', { model: 'm', messages: ['hello'] }],
    ['a hundred thousand brackets', `{"model":"m","messages":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
  ])('refuses %s with 400', async (_what, body) => {
    const reply = await post('/v1/messages', body);
    expectRefusal(reply, 400, 'invalid_request_error');
    expectRouterHeaders(reply);
  });

  it('takes a body of 31 MB and refuses one over 32 MB with 413', async () => {
    const marker = answering('LARGE-OK');
    const filling = (megabytes: number) => [
      { role: 'user', content: 'x'.repeat(megabytes * 1024 * 1024) },
      { role: 'assistant', content: 'ok' },
      { role: 'user', content: marker },
    ];
    const taken = await post('/v1/messages', messagesBody('', { messages: filling(31) }));
    expect(taken.status, taken.text.slice(0, 300)).toBe(200);
    const refused = await post('/v1/messages', messagesBody('', { messages: filling(33) }));
    expectRefusal(refused, 413, 'request_too_large');
    expectRouterHeaders(refused);
  });

  it('leaves what it does not know to the upstream', async () => {
    const marker = newMarker('unknown');
    upstream.script(marker, () => ({ status: 400, message: 'tomorrow_field: Extra inputs are not permitted' }));
    const messages = [
      { role: 'user', content: [{ type: 'text', text: marker, tomorrow: 1 }, { type: 'tomorrow_block' }] },
    ];
    const reply = await post('/v1/messages', messagesBody('', { messages }));
    expectRefusal(reply, 400, 'invalid_request_error');
    expect(reply.text).toContain('tomorrow_field: Extra inputs are not permitted');
    expect(upstream.calls(marker)).toHaveLength(1);
  });
});

describe('web pages', () => {
  it.each([
    ['a foreign host', { host: 'attacker.example' }],
    ['a foreign host that looks like ours', { host: '127.0.0.1.attacker.example:8080' }],
    ['a foreign page', { origin: 'https://attacker.example' }],
    ['a page without an origin', { origin: 'null' }],
  ])('of %s are refused', async (_what, headers) => {
    const body = messagesBody(answering('PAGE'));
    expectRefusal(await post('/v1/messages', body, { headers }), 403, 'permission_error');
    expectRefusal(await get('/v1/models', { headers }), 403, 'permission_error');
  });

  it('of this machine are served', async () => {
    const { port } = new URL(router.url);
    const headers = { host: `localhost:${port}`, origin: `http://127.0.0.1:${port}` };
    expect((await post('/v1/messages', messagesBody(answering('PAGE')), { headers })).status).toBe(200);
  });
});

describe('keys', () => {
  const keys = { read: 'key-read-00000001', write: 'key-write-0000002', admin: 'key-admin-0000003' };
  let guarded: Router;
  beforeAll(async () => {
    const authentication = {
      keys: Object.entries(keys).map(([name, key]) => ({ key, name, permissions: [name] })),
    };
    guarded = await withConfig({ ...configFor('anthropic', upstream.url), security: { authentication } });
  });
  afterAll(() => guarded?.stop());
  const call = (headers: Record<string, string>) =>
    http(`${guarded.url}/v1/messages`, { body: messagesBody(answering('KEY-OK')), headers });

  it.each([
    ['x-api-key', { 'x-api-key': keys.write }],
    ['a bearer token', { authorization: `Bearer ${keys.write}` }],
    ['both headers with the same key', { 'x-api-key': keys.write, authorization: `Bearer ${keys.write}` }],
    [
      'both headers, one of them with another credential',
      { 'x-api-key': 'sk-other', authorization: `Bearer ${keys.write}` },
    ],
    ['a key that may do anything', { 'x-api-key': keys.admin }],
    ['a key and a foreign host', { 'x-api-key': keys.write, host: 'router.example' }],
  ])('admits %s', async (_what, headers) => {
    const reply = await call(headers);
    expect(reply.status, reply.text).toBe(200);
  });

  it('never sends a key of its own to the upstream', async () => {
    const marker = answering('SECRET');
    const headers = { 'x-api-key': keys.write, authorization: `Bearer ${keys.write}` };
    await http(`${guarded.url}/v1/messages`, { body: messagesBody(marker), headers });
    const [sent] = upstream.calls(marker);
    expect(JSON.stringify(sent!.headers)).not.toContain(keys.write);
    expect(sent!.headers['x-api-key']).toBe(upstreamKey);
  });

  it.each([
    ['no key', {}],
    ['a wrong key', { 'x-api-key': 'key-wrong-0000009' }],
    ['an empty key', { 'x-api-key': '' }],
    ['a part of a key', { authorization: `Bearer ${keys.write.slice(0, -1)}` }],
    ['a key in another scheme', { authorization: `Basic ${keys.write}` }],
  ])('refuses %s with 401', async (_what, headers) => {
    const reply = await call(headers as Record<string, string>);
    expectRefusal(reply, 401, 'authentication_error');
    expectRouterHeaders(reply);
  });

  it('refuses a call with a key that may only read', async () => {
    const reply = await call({ 'x-api-key': keys.read });
    expectRefusal(reply, 403, 'permission_error');
    expectRouterHeaders(reply);
  });

  it.each([
    ['read', '/v1/models', 200],
    ['write', '/v1/models', 200],
    ['admin', '/v1/models', 200],
    ['read', '/health/detailed', 200],
    ['write', '/health/detailed', 403],
    ['admin', '/health/detailed', 200],
  ] as const)('answers a key that may %s at %s with %i', async (name, path, status) => {
    expect((await http(`${guarded.url}${path}`, { headers: { 'x-api-key': keys[name] } })).status).toBe(status);
  });

  it.each(['/health', '/health/live', '/health/ready'])('needs no key at %s', async (path) => {
    expect((await http(`${guarded.url}${path}`)).status).toBe(200);
  });

  it('says 401 before it says 405 or looks at a body', async () => {
    expect((await http(`${guarded.url}/v1/messages`, { body: '{' })).status).toBe(401);
  });
});

describe('replies', () => {
  it.each([true, false])('name the model that answered, and why (stream: %s)', async (stream) => {
    const reply = await post('/v1/messages', messagesBody(answering('NAMED'), { stream }));
    expectRouterHeaders(reply);
    expect(reply.headers).toMatchObject({
      'x-router-model': 'fake-model',
      'x-router-provider': 'fake',
      'x-router-upstream-model': 'fake-model',
      'x-router-rule': 'default',
      'x-router-attempts': '1',
      'x-router-cache': 'off',
    });
  });

  it('say that the client chose the model itself', async () => {
    const body = messagesBody(answering('CHOSEN'));
    const byName = await post('/v1/messages', { ...body, model: 'fake/fake-model' });
    const byHeader = await post('/v1/messages', body, { headers: { 'x-router-model': 'fake,fake-model' } });
    for (const reply of [byName, byHeader]) expect(reply.headers['x-router-rule']).toBe('hard-choice');
  });

  it.each([
    [400, 'invalid_request_error'],
    [404, 'not_found_error'],
    [413, 'request_too_large'],
    [429, 'rate_limit_error'],
    [500, 'api_error'],
    [529, 'overloaded_error'],
  ])("keep an upstream's %i, its wording and the router's headers", async (status, type) => {
    const marker = newMarker('error');
    upstream.script(marker, () => ({ status, errorType: type, message: 'WORDS-OF-THE-UPSTREAM' }));
    const reply = await post('/v1/messages', messagesBody(marker));
    expectRefusal(reply, status, type);
    expect(reply.text).toContain('WORDS-OF-THE-UPSTREAM');
    expectRouterHeaders(reply);
  });

  it.each([401, 403])("turn a provider's %i into 403 and name the provider", async (status) => {
    const marker = newMarker('credential');
    upstream.script(marker, () => ({ status, message: 'WORDS-ABOUT-THE-KEY' }));
    const reply = await post('/v1/messages', messagesBody(marker));
    expectRefusal(reply, 403, 'permission_error');
    expect(reply.text).toContain('fake');
    expect(reply.text).toContain('WORDS-ABOUT-THE-KEY');
    expect(reply.text).not.toContain(upstreamKey);
  });

  it.each([
    ['seconds', () => '7', 7, 7],
    ['seconds with a fraction', () => '2.4', 3, 3],
    ['a date', () => new Date(Date.now() + 20_000).toUTCString(), 18, 21],
  ])('say when to come back in whole seconds, where the provider says it in %s', async (_form, header, least, most) => {
    const marker = newMarker('later');
    upstream.script(marker, () => ({ status: 429, message: 'slow down', headers: { 'retry-after': header() } }));
    const reply = await post('/v1/messages', messagesBody(marker));
    expect(reply.status).toBe(429);
    expect(reply.headers['retry-after']).toMatch(/^\d+$/);
    const seconds = Number(reply.headers['retry-after']);
    expect(seconds).toBeGreaterThanOrEqual(least);
    expect(seconds).toBeLessThanOrEqual(most);
  });

  it('say 529 where every target is down, and tell of each', async () => {
    const closed = await startFakeUpstream();
    await closed.stop();
    const target = (name: string) => ({
      type: 'anthropic',
      apiKey: upstreamKey,
      baseUrl: closed.url,
      models: { [name]: {} },
    });
    const routing = { defaultModel: 'first/one', fallbacks: ['second/two'] };
    const down = await withConfig({ providers: { first: target('one'), second: target('two') }, routing });
    try {
      for (const stream of [true, false]) {
        const reply = await http(`${down.url}/v1/messages`, { body: messagesBody('anybody?', { stream }) });
        expectRefusal(reply, 529, 'overloaded_error');
        expectRouterHeaders(reply);
        for (const provider of ['first', 'second']) expect(reply.text).toContain(provider);
      }
    } finally {
      await down.stop();
    }
  });
});
