import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeUpstream, startFakeUpstream, upstreamKey } from '../support/fake-upstream.ts';
import type { ScriptedReply } from '../support/formats/format.ts';
import { type HttpReply, http, messagesBody, newMarker } from '../support/http.ts';
import { type InProcessRouter, startInProcess } from '../support/in-process-router.ts';

let upstream: FakeUpstream;
let router: InProcessRouter;

const clientKeys = { first: 'key-client-00000001', second: 'key-client-00000002' };

beforeAll(async () => {
  upstream = await startFakeUpstream();
  router = await startInProcess(configOf(upstream.url));
});

afterAll(async () => {
  await router?.stop();
  await upstream?.stop();
});

function configOf(url: string, more: object = {}): object {
  return {
    providers: {
      claude: { type: 'anthropic', apiKey: upstreamKey, baseUrl: url, models: { 'claude-opus-5-5': {} } },
      chat: { type: 'openai-compatible', apiKey: upstreamKey, baseUrl: `${url}/v1`, models: { small: {} } },
    },
    routing: { defaultModel: 'claude/claude-opus-5-5' },
    ...more,
  };
}

function scripted(reply: ScriptedReply): string {
  const marker = newMarker('surface');
  upstream.script(marker, () => reply);
  return marker;
}

const hello: ScriptedReply = { blocks: [{ type: 'text', text: 'Hello.' }] };

function expectError(reply: HttpReply, status: number, type: string): void {
  expect(reply.status, reply.text).toBe(status);
  expect(reply.json()).toMatchObject({
    type: 'error',
    error: { type, message: expect.stringMatching(/\w/) },
    request_id: reply.headers['request-id'],
  });
}

describe('the surface', () => {
  it('case 1: takes /v1/messages with any query for /v1/messages', async () => {
    const reply = await http(`${router.url}/v1/messages?beta=true`, { body: messagesBody(scripted(hello)) });
    expect(reply.json()).toMatchObject({ type: 'message', content: [{ type: 'text', text: 'Hello.' }] });
  });

  it('case 2: answers the probe at its root', async () => {
    const reply = await http(`${router.url}/`, { method: 'HEAD' });
    expect([reply.status, reply.text]).toEqual([200, '']);
  });

  it('case 3: lists every model under a name that Claude Code shows, on one page and without a redirect', async () => {
    const reply = await http(`${router.url}/v1/models?limit=1000`, { headers: { 'anthropic-version': '2023-06-01' } });
    expect(reply.status).toBe(200);
    const { data, has_more, first_id, last_id } = reply.json() as Record<string, never> & { data: { id: string }[] };
    const shown = data.map(({ id }) => id).filter((id) => /^(claude|anthropic)/.test(id));
    expect(shown.some((id) => id.includes('claude-opus-5-5'))).toBe(true);
    expect(shown.some((id) => id.includes('small'))).toBe(true);
    expect([has_more, first_id, last_id]).toEqual([false, data[0]!.id, data.at(-1)!.id]);
    const body = messagesBody(scripted(hello), { model: shown.find((id) => id.includes('small')) });
    expect((await http(`${router.url}/v1/messages`, { body })).headers['x-router-model']).toContain('small');
  });

  it('case 11: refuses a body that is no JSON', async () => {
    expectError(await http(`${router.url}/v1/messages`, { body: '{"model":' }), 400, 'invalid_request_error');
  });

  it('case 12: leaves it to the upstream to refuse a call without max_tokens, whose words it keeps', async () => {
    const marker = scripted({ status: 400, message: 'max_tokens: Field required' });
    const reply = await http(`${router.url}/v1/messages`, { body: messagesBody(marker, { max_tokens: undefined }) });
    expect(reply.status).toBe(400);
    expect(reply.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
    expect(reply.text).toContain('max_tokens: Field required');
    expect(upstream.calls(marker)[0]!.body).not.toHaveProperty('max_tokens');
  });

  it('case 14: refuses a body of 40 MB', async () => {
    const body = messagesBody('x'.repeat(40 * 1024 * 1024));
    expectError(await http(`${router.url}/v1/messages`, { body }), 413, 'request_too_large');
  });
});

describe('keys', () => {
  let guarded: InProcessRouter;
  beforeAll(async () => {
    const keys = Object.values(clientKeys).map((key) => ({ key, permissions: ['write'] }));
    guarded = await startInProcess(configOf(upstream.url, { security: { authentication: { keys } } }));
  });
  afterAll(() => guarded?.stop());

  const call = (headers: Record<string, string>) =>
    http(`${guarded.url}/v1/messages`, { body: messagesBody(scripted(hello)), headers });

  it.each([
    ['x-api-key alone', { 'x-api-key': clientKeys.first }],
    ['a bearer token alone', { authorization: `Bearer ${clientKeys.first}` }],
    ['both', { 'x-api-key': clientKeys.first, authorization: `Bearer ${clientKeys.second}` }],
  ])('case 4: are taken from %s', async (_what, headers) => {
    expect((await call(headers)).status).toBe(200);
  });

  it.each([
    ['a wrong key', { 'x-api-key': 'key-wrong' }],
    ['a wrong token', { authorization: 'Bearer key-wrong' }],
    ['no key', {}],
  ])('case 5: turn %s away with 401 and the id of the request', async (_what, headers) => {
    expectError(await call(headers as Record<string, string>), 401, 'authentication_error');
  });
});
