import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeUpstream, startFakeUpstream } from '../support/fake-upstream.ts';
import { type HttpReply, http, messagesBody, newMarker } from '../support/http.ts';
import { type InProcessRouter, startInProcess } from '../support/in-process-router.ts';
import { configFor, say } from './claude-code/bed.ts';

const words = 'words that repeat themselves, '.repeat(200);
let upstream: FakeUpstream;
let router: InProcessRouter;

beforeAll(async () => {
  upstream = await startFakeUpstream();
  router = await startInProcess({ ...configFor('anthropic', upstream.url), performance: { compression: {} } });
});

afterAll(async () => {
  await router?.stop();
  await upstream?.stop();
});

function ask(acceptEncoding: string, text = words, more: Record<string, unknown> = {}, onData?: () => void) {
  const marker = newMarker('compression');
  upstream.script(marker, () => say(text, { paceMs: 5 }));
  const headers = { 'accept-encoding': acceptEncoding };
  return http(`${router.url}/v1/messages`, {
    body: messagesBody(marker, more),
    headers,
    ...(onData ? { onData } : {}),
  });
}

function textOf(message: unknown): string {
  return (message as { content: { text: string }[] }).content.map(({ text }) => text).join('');
}

const opened = ({ body, headers }: HttpReply) => {
  const open = { br: brotliDecompressSync, gzip: gunzipSync }[headers['content-encoding'] ?? ''];
  return JSON.parse((open ? open(body) : body).toString('utf8')) as unknown;
};

describe('compressed replies', () => {
  it.each([
    ['gzip', 'gzip'],
    ['gzip, br', 'br'],
    ['identity', undefined],
  ])('to a client that accepts %s: %s', async (accepted, encoding) => {
    const reply = await ask(accepted);
    expect(reply.status).toBe(200);
    expect(reply.headers['content-encoding']).toBe(encoding);
    expect(reply.headers.vary).toBe('accept-encoding');
    expect(Number(reply.headers['content-length'])).toBe(reply.body.length);
    expect(reply.body.length < words.length).toBe(encoding !== undefined);
    expect(textOf(opened(reply))).toBe(words);
  });

  it('are left as they are below the threshold', async () => {
    const reply = await ask('gzip', 'a few words');
    expect(reply.headers['content-encoding']).toBeUndefined();
    expect(textOf(reply.json())).toBe('a few words');
  });

  it('are never streams: each event reaches the client as it comes', async () => {
    let parts = 0;
    const reply = await ask('gzip, br', words, { stream: true }, () => {
      parts += 1;
    });
    expect(reply.headers['content-encoding']).toBeUndefined();
    expect(reply.text).toContain('event: message_stop');
    expect(parts).toBeGreaterThan(1);
  });

  it('also tell what the router itself says', async () => {
    const reply = await http(`${router.url}/metrics`, { headers: { 'accept-encoding': 'gzip' } });
    expect(reply.status).toBe(200);
    expect(reply.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(reply.body).toString()).toContain('claude_router_build_info');
  });

  it('are no more once the configuration switches them off', async () => {
    const off = { performance: { compression: { enabled: false } } };
    await router.reconfigure({ ...configFor('anthropic', upstream.url), ...off });
    expect((await ask('gzip')).headers['content-encoding']).toBeUndefined();
  });
});
