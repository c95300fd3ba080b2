import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpReply } from '../support/http.ts';
import { framesOf } from '../support/openai-streams.ts';
import { type OpenAiBed, startOpenAiBed, text } from './openai-bed.ts';

let bed: OpenAiBed;

beforeAll(async () => {
  bed = await startOpenAiBed();
});

afterAll(() => bed?.stop());

const bodies: Record<string, (marker: string) => object> = {
  '/v1/chat/completions': (marker) => ({ model: 'anthropic/model', messages: [{ role: 'user', content: marker }] }),
  '/v1/responses': (marker) => ({ model: 'anthropic/model', input: marker }),
};
const paths = Object.keys(bodies);

function expectRefusal(reply: HttpReply, status: number, type: string, code: string | null): void {
  expect(reply.status, reply.text.slice(0, 300)).toBe(status);
  expect(reply.headers['content-type']).toMatch(/^application\/json/);
  expect(reply.headers['request-id']).toMatch(/^req_/);
  expect(reply.json()).toEqual({ error: { message: expect.stringMatching(/\w/), type, param: null, code } });
}

describe.each(paths)('a failure at %s', (path) => {
  it.each([
    [400, 'invalid_request_error', 400, 'invalid_request_error', null],
    [401, 'authentication_error', 403, 'permission_error', 'permission_denied'],
    [402, 'billing_error', 429, 'insufficient_quota', 'insufficient_quota'],
    [404, 'not_found_error', 404, 'invalid_request_error', 'model_not_found'],
    [429, 'rate_limit_error', 429, 'rate_limit_error', 'rate_limit_exceeded'],
    [500, 'api_error', 500, 'server_error', 'server_error'],
    [529, 'overloaded_error', 503, 'server_error', 'overloaded'],
  ] as const)(
    "of the provider's with status %i and type %s is told with status %i",
    async (from, errorType, to, type, code) => {
      const headers = { 'retry-after': '7' };
      const marker = bed.answering({ status: from, errorType, message: 'said by the provider', headers });
      const reply = await bed.post(path, bodies[path]!(marker), { headers: { 'x-router-fallback': 'off' } });
      expectRefusal(reply, to, type, code);
      expect(reply.text).toContain('said by the provider');
      if (from === 429) expect(reply.headers['retry-after']).toBe('7');
      expect(reply.headers['x-router-model']).toBeDefined();
    },
  );

  it('for a prompt that is too long has the code that clients look for', async () => {
    const message = 'prompt is too long: 250000 tokens > 200000 maximum';
    const marker = bed.answering({ status: 400, errorType: 'invalid_request_error', message });
    expectRefusal(await bed.post(path, bodies[path]!(marker)), 400, 'invalid_request_error', 'context_length_exceeded');
  });

  it('of the key is 401, of its permissions 403', async () => {
    const ask = (headers: Record<string, string>) => bed.post(path, bodies[path]!('x'), { headers });
    expectRefusal(await ask({ authorization: '' }), 401, 'authentication_error', 'invalid_api_key');
    expectRefusal(await ask({ authorization: 'Bearer sk-wrong' }), 401, 'authentication_error', 'invalid_api_key');
    expectRefusal(await ask({ authorization: 'Bearer sk-reader' }), 403, 'permission_error', 'permission_denied');
  });

  it('of the method is 405, and beneath the path 404', async () => {
    expectRefusal(
      await bed.post(path, undefined, { method: 'GET' }),
      405,
      'invalid_request_error',
      'method_not_supported',
    );
    expectRefusal(await bed.post(`${path}/x/y`, {}), 404, 'invalid_request_error', 'unknown_url');
  });

  it.each(['{', '[]', '{}', '{"model":5}', '{"model":"m","messages":5,"input":5}', '{"model":"m"}'])(
    'of the body %s is 400',
    async (body) => {
      expectRefusal(await bed.post(path, body), 400, 'invalid_request_error', null);
    },
  );
});

describe('what is not served', () => {
  it.each([
    ['/v1/completions', 'legacy'],
    ['/v1/embeddings', 'embeddings'],
    ['/v1/v1/embeddings', 'embeddings'],
  ])('%s is 404 with a sentence', async (path, word) => {
    const reply = await bed.post(path, { model: 'm', input: 'x', prompt: 'x' });
    expectRefusal(reply, 404, 'invalid_request_error', 'unknown_url');
    expect(reply.text).toContain(word);
  });

  it('more than one choice is 400', async () => {
    const body = { ...bodies['/v1/chat/completions']!('x'), n: 2 };
    expectRefusal(await bed.post('/v1/chat/completions', body), 400, 'invalid_request_error', null);
  });

  it.each([
    [{ type: 'input_audio', input_audio: { data: 'x', format: 'wav' } }, 'input_audio'],
    [{ type: 'file', file: { file_id: 'file-1' } }, 'file_id'],
    [{ type: 'hologram' }, 'hologram'],
  ])('the part %j is 400', async (part, named) => {
    const body = { model: 'anthropic/model', messages: [{ role: 'user', content: [part] }] };
    const reply = await bed.post('/v1/chat/completions', body);
    expectRefusal(reply, 400, 'invalid_request_error', null);
    expect(reply.text).toContain(named);
  });
});

describe('the Messages path', () => {
  it("keeps Anthropic's form beside all this", async () => {
    const reply = await bed.post('/v1/messages', '{');
    expect(reply.json()).toMatchObject({ type: 'error', error: { type: 'invalid_request_error' } });
    expect(reply.headers['x-request-id']).toBeUndefined();
  });
});

describe('a chat stream', () => {
  it('that dies in the middle ends with the error and [DONE]', async () => {
    const marker = bed.answering({ ...text('one two three four five six seven'), die: { after: 3, how: 'close' } });
    const reply = await bed.post('/v1/chat/completions', { ...bodies['/v1/chat/completions']!(marker), stream: true });
    expect(reply.status).toBe(200);
    const frames = framesOf(reply.text).slice(-2);
    expect(frames).toEqual([
      { data: { error: { type: 'server_error', code: 'server_error', param: null, message: expect.any(String) } } },
      { data: '[DONE]' },
    ]);
  });

  it('that fails before its first output is a true status', async () => {
    const marker = bed.answering({ status: 429, errorType: 'rate_limit_error', message: 'slow down' });
    const reply = await bed.post('/v1/chat/completions', { ...bodies['/v1/chat/completions']!(marker), stream: true });
    expectRefusal(reply, 429, 'rate_limit_error', 'rate_limit_exceeded');
  });
});
