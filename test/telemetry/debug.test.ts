import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeUpstream, startFakeUpstream, upstreamKey } from '../support/fake-upstream.ts';
import { http, messagesBody, newMarker } from '../support/http.ts';
import { type InProcessRouter, startInProcess } from '../support/in-process-router.ts';

let upstream: FakeUpstream;
let router: InProcessRouter;
const admin = { 'x-api-key': 'the-key-of-the-admin' };
const writer = { 'x-api-key': 'the-key-of-a-writer' };
beforeAll(async () => {
  upstream = await startFakeUpstream();
  const key = { apiKey: upstreamKey, endpoint: upstream.url };
  router = await startInProcess({
    models: {
      good: { provider: 'anthropic', model: 'claude-opus-5-5', ...key },
      bad: { provider: 'anthropic', model: 'claude-haiku-4-5', ...key },
    },
    routing: { defaultModel: 'bad', fallbacks: ['good'] },
    retry: { attempts: 0 },
    security: {
      authentication: {
        enabled: true,
        keys: [
          { key: admin['x-api-key'], name: 'boss', permissions: ['admin'] },
          { key: writer['x-api-key'], permissions: ['write', 'read'] },
        ],
      },
    },
  });
});
afterAll(async () => {
  await router.stop();
  await upstream.stop();
});

async function traced(headers: Record<string, string>) {
  const marker = newMarker('traced');
  upstream.script(marker, (asked) =>
    asked.model === 'claude-haiku-4-5'
      ? { status: 529, message: 'overloaded' }
      : { blocks: [{ type: 'text', text: 'hello' }] },
  );
  const body = messagesBody(marker, { model: 'bad', stream: true });
  const reply = await http(`${router.url}/v1/messages`, { body, headers: { 'x-debug': 'true', ...headers } });
  return { marker, reply };
}

const get = (path: string, headers: Record<string, string> = admin) => http(`${router.url}${path}`, { headers });

describe('a call with X-Debug', () => {
  it('can be read moment by moment, without its words and without secrets', async () => {
    const { marker, reply } = await traced({ ...admin, authorization: 'Bearer a-token-of-somebody' });
    const id = String(reply.headers['x-router-trace']);
    expect(reply.headers['x-router-decision']).toContain('bad > good');
    const { status, text, json } = await get(`/debug/traces/${id}`);
    expect(status).toBe(200);
    const { timeline, ...trace } = json();
    expect(trace).toMatchObject({
      id,
      isOver: true,
      outcome: 'succeeded',
      status: 200,
      decision: { winner: { model: 'bad', provider: 'anthropic' }, candidates: [{ model: 'bad' }, { model: 'good' }] },
    });
    const moments = timeline as { event: string; atMs: number; attempt?: number; headers?: Record<string, string> }[];
    expect(moments.map(({ event, attempt }) => (attempt === undefined ? event : `${event} ${attempt}`))).toEqual(
      expect.arrayContaining([
        ...['received', 'decided', 'sent 1', 'answered 1', 'attempt-over 1', 'sent 2', 'answered 2', 'attempt-over 2'],
        'settled',
      ]),
    );
    expect(moments.map(({ atMs }) => atMs)).toEqual(moments.map(({ atMs }) => atMs).toSorted((one, two) => one - two));
    expect(moments.find(({ event }) => event === 'sent')!.headers).toMatchObject({ 'x-api-key': '[hidden]' });
    for (const secret of [upstreamKey, admin['x-api-key'], 'a-token-of-somebody', marker]) {
      expect(text).not.toContain(secret);
    }
  });

  it.each([
    ['who is no administrator', { ...writer }],
    ['who does not ask', { ...admin, 'x-debug': 'false' }],
  ])('leaves no trace for one %s', async (_, headers) => {
    const { reply } = await traced(headers);
    expect(reply.status).toBe(200);
    expect([reply.headers['x-router-trace'], reply.headers['x-router-decision']]).toEqual([undefined, undefined]);
    expect((await get(`/debug/traces/${reply.headers['request-id']}`)).status).toBe(404);
  });

  it('is shown to administrators alone', async () => {
    const { reply } = await traced(admin);
    expect((await get(`/debug/traces/${reply.headers['x-router-trace']}`, writer)).status).toBe(403);
    expect((await get('/debug/traces/req_of_another_time')).status).toBe(404);
  });

  it('is kept with the latest two hundred', async () => {
    const { reply: first } = await traced(admin);
    const path = `/debug/traces/${first.headers['x-router-trace']}`;
    expect((await get(path)).status).toBe(200);
    for (let number = 0; number < 200; number += 1) {
      await http(`${router.url}/v1/messages`, { body: messagesBody('hi'), headers: { 'x-debug': 'true', ...admin } });
    }
    expect((await get(path)).status).toBe(404);
  });
});

describe('a profile', () => {
  it.each([
    ['cpu', (profile: Record<string, unknown>) => [profile.nodes, profile.samples, profile.timeDeltas]],
    ['heap', (profile: Record<string, unknown>) => [profile.head, profile.samples]],
  ])('of type %s is what developer tools read', async (type, parts) => {
    const reply = await get(`/debug/profile?seconds=1&type=${type}`);
    expect(reply.status).toBe(200);
    expect(reply.headers['content-disposition']).toMatch(new RegExp(`\\.${type}profile"$`));
    for (const part of parts(reply.json())) expect(part).toBeDefined();
  });

  it.each(['seconds=61', 'seconds=0', 'seconds=-1', 'seconds=1.5', 'seconds=many', 'type=disk', 'time=5'])(
    'of %s is a 400',
    async (query) => {
      expect((await get(`/debug/profile?${query}`)).status).toBe(400);
    },
  );

  it('is taken one at a time, by administrators alone', async () => {
    expect((await get('/debug/profile?seconds=1', writer)).status).toBe(403);
    const both = await Promise.all([get('/debug/profile?seconds=1'), get('/debug/profile?seconds=1')]);
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 429]);
    expect((await get('/debug/profile?seconds=1')).status).toBe(200);
  });

  it('ends when nobody waits for it any more', async () => {
    const signal = AbortSignal.timeout(200);
    await expect(http(`${router.url}/debug/profile?seconds=60`, { headers: admin, signal })).rejects.toThrow();
    await expect.poll(async () => (await get('/debug/profile?seconds=1')).status).toBe(200);
  });
});
