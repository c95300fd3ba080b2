import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { judgeStream } from '../../src/protocol/grammar.ts';
import { type Gate, newGate } from '../support/gate.ts';
import { type HttpReply, http, messagesBody } from '../support/http.ts';
import { type InProcessRouter, startInProcess } from '../support/in-process-router.ts';
import { beginText, type ScriptedProvider, sayText, startScriptedProvider } from '../support/scripted-provider.ts';

let provider: ScriptedProvider;
let router: InProcessRouter;
let gate: Gate;

const isRetry = { 'x-stainless-retry-count': '1' };
const session = { 'x-claude-code-session-id': '5e551011-0000-4000-8000-000000000001' };

beforeEach(async () => {
  gate = newGate();
  provider = await startScriptedProvider('provider');
  router = await startInProcess(
    {
      providers: { one: { type: 'anthropic', apiKey: 'its key', baseUrl: provider.url, models: { model: {} } } },
      routing: { defaultModel: 'model' },
      security: { authentication: { keys: [named('alice'), named('bob')] } },
    },
    {},
    'silent',
  );
  // The beginning at once, the end when the test says so.
  provider.act(async (asked, response) => {
    if (asked.stream) beginText(response, 'The beginning, ');
    await gate.opened;
    if (asked.stream) endText(response, 'and the end.');
    else sayText(asked, response, 'All of it.');
  });
});

afterEach(async () => {
  gate.open();
  await router.stop();
  await provider.stop();
});

function named(name: string) {
  return { name, key: `key-of-${name}-0123456789`, permissions: ['read', 'write', 'admin'] };
}

/** Behind `beginText`. */
function endText(response: ServerResponse, text: string): void {
  const frame = (data: { type: string } & Record<string, unknown>) =>
    `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
  response.write(frame({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }));
  response.write(frame({ type: 'content_block_stop', index: 0 }));
  const usage = { output_tokens: 5 };
  response.write(frame({ type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage }));
  response.end(frame({ type: 'message_stop' }));
}

interface Asking {
  stream?: boolean;
  text?: string;
  who?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  onData?: (chunk: Buffer) => void;
  path?: string;
}

function ask({
  stream = true,
  text = 'hello',
  who = 'alice',
  headers = {},
  path,
  ...more
}: Asking): Promise<HttpReply> {
  return http(`${router.url}${path ?? '/v1/messages'}`, {
    body: messagesBody(text, { stream }),
    headers: { 'x-api-key': `key-of-${who}-0123456789`, 'user-agent': 'a client', ...headers },
    ...more,
  });
}

/** Asks, and resolves when the answer has begun. */
async function begin(asking: Asking): Promise<{ reply: Promise<HttpReply> }> {
  const before = provider.asked.length;
  const begun = newGate();
  const reply = ask({ ...asking, onData: () => begun.open() });
  reply.catch(() => undefined);
  if (asking.stream === false) await expect.poll(() => provider.asked.length).toBe(before + 1);
  else await begun.opened;
  return { reply };
}

/** Resolves when so many calls are on their way. */
async function running(count: number): Promise<void> {
  const activeCalls = async () => (await read('/health/detailed')).json().activeCalls;
  await expect.poll(activeCalls).toBe(count);
}

function read(path: string): Promise<HttpReply> {
  return http(`${router.url}${path}`, { headers: { 'x-api-key': 'key-of-alice-0123456789' } });
}

async function recordOf(reply: HttpReply): Promise<Record<string, unknown>> {
  const path = `/api/calls/${reply.headers['request-id']}`;
  await expect.poll(async () => (await read(path)).status).toBe(200);
  return (await read(path)).json();
}

describe('a retry that says so, while its first attempt runs', () => {
  it('is told the same stream from its beginning, and the provider is asked once', async () => {
    const first = await begin({});
    const second = await begin({ headers: isRetry });
    gate.open();
    const [one, other] = await Promise.all([first.reply, second.reply]);
    expect(judgeStream(other.body)).toEqual([]);
    expect(other.text).toBe(one.text);
    expect(other.text).toContain('and the end.');
    expect(provider.asked).toHaveLength(1);
  });

  it('has a record of its own that names the first, and only that one is billed', async () => {
    const first = await begin({});
    const second = await begin({ headers: isRetry });
    gate.open();
    const [one, other] = await Promise.all([first.reply, second.reply]);
    const id = one.headers['request-id'];
    expect(other.headers['x-router-joined']).toBe(id);
    expect(other.headers['request-id']).not.toBe(id);
    expect(one.headers['x-router-joined']).toBeUndefined();
    expect(await recordOf(one)).toMatchObject({ attempts: 1, outcome: 'succeeded', tokens: { output: 5 } });
    expect(await recordOf(other)).toMatchObject({
      ...{ joined: id, attempts: 0, outcome: 'succeeded', cost: '0.000000', tokens: null, model: 'model' },
    });
  });

  it('is told the same whole message', async () => {
    const first = await begin({ stream: false });
    const second = ask({ stream: false, headers: isRetry });
    await running(2);
    gate.open();
    const [one, other] = await Promise.all([first.reply, second]);
    expect([other.status, other.text]).toEqual([200, one.text]);
    expect(other.headers['x-router-joined']).toBe(one.headers['request-id']);
    expect(provider.asked).toHaveLength(1);
  });

  it('goes on when the first attempt leaves', async () => {
    const leaving = new AbortController();
    await begin({ signal: leaving.signal });
    const second = await begin({ headers: isRetry });
    leaving.abort();
    await expect.poll(() => provider.asked.length).toBe(1);
    await delay(300);
    gate.open();
    expect((await second.reply).text).toContain('and the end.');
    await expect(provider.asked[0]!.whole).resolves.toBe(true);
  });

  it('ends the provider’s work with the last that leaves', async () => {
    const leaving = new AbortController();
    await begin({ signal: leaving.signal });
    await begin({ headers: isRetry, signal: leaving.signal });
    leaving.abort();
    await expect(provider.asked[0]!.whole).resolves.toBe(false);
    expect(provider.asked).toHaveLength(1);
  });

  it('is told the failure of the first, too', async () => {
    provider.act(async (_asked, response) => {
      await gate.opened;
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end('{"type":"error","error":{"type":"invalid_request_error","message":"no such thing"}}');
    });
    const first = await begin({ stream: false });
    const second = ask({ stream: false, headers: isRetry });
    await running(2);
    gate.open();
    const [one, other] = await Promise.all([first.reply, second]);
    expect([other.status, other.text]).toEqual([400, one.text]);
    expect(provider.asked).toHaveLength(1);
  });
});

describe('the same request without a word of being a retry', () => {
  it('is a call of its own: somebody wants two answers', async () => {
    const first = await begin({ stream: false });
    const second = await begin({ stream: false });
    gate.open();
    await Promise.all([first.reply, second.reply]);
    expect(provider.asked).toHaveLength(2);
  });

  it('is a call of its own in a session of Claude Code, where it comes at once', async () => {
    const first = await begin({ stream: false, headers: session });
    const second = await begin({ stream: false, headers: session });
    gate.open();
    await Promise.all([first.reply, second.reply]);
    expect(provider.asked).toHaveLength(2);
  });

  it('joins in a session of Claude Code, where it comes later: the client counts no retries', async () => {
    const first = await begin({ headers: session });
    await delay(1100);
    const second = await begin({ headers: session });
    gate.open();
    const [one, other] = await Promise.all([first.reply, second.reply]);
    expect(other.headers['x-router-joined']).toBe(one.headers['request-id']);
    expect(provider.asked).toHaveLength(1);
  });

  it('might be the retry of either of two: it is asked anew', async () => {
    const calls = [await begin({ stream: false }), await begin({ stream: false })];
    const third = await begin({ stream: false, headers: isRetry });
    gate.open();
    await Promise.all([...calls, third].map(({ reply }) => reply));
    expect(provider.asked).toHaveLength(3);
  });
});

describe('a request that differs from the running one', () => {
  it.each<[what: string, other: Asking]>([
    ['by its caller', { who: 'bob' }],
    ['by its text', { text: 'hullo' }],
    ['by `stream`, as the fallback of Claude Code does', { stream: false }],
    ['by its session', { headers: { ...isRetry, ...session } }],
    ['by a header that may decide its route', { headers: { ...isRetry, 'x-router-fallback': 'off' } }],
    ['by its path', { path: '/v1/chat/completions' }],
  ])('%s is a call of its own', async (_what, other) => {
    const first = await begin({});
    const second = await begin({ headers: isRetry, ...other });
    gate.open();
    const replies = await Promise.all([first.reply, second.reply]);
    expect(replies[1].headers['x-router-joined']).toBeUndefined();
    expect(provider.asked).toHaveLength(2);
  });
});

describe('a client that has its answer whole', () => {
  it.each(['close', 'keep-alive'])('and asks the same again wants another (connection: %s)', async (connection) => {
    gate.open();
    for (const stream of [true, false]) {
      await ask({ stream, headers: { connection } });
      const again = await ask({ stream, headers: { connection, ...isRetry } });
      expect(again.headers['x-router-joined']).toBeUndefined();
    }
    expect(provider.asked).toHaveLength(4);
  });
});

describe('a client that leaves', () => {
  it('and asks again finds no call any more: the provider was told at once', async () => {
    const leaving = new AbortController();
    await begin({ signal: leaving.signal });
    leaving.abort();
    await expect(provider.asked[0]!.whole).resolves.toBe(false);
    await begin({ headers: isRetry });
    expect(provider.asked).toHaveLength(2);
  });

  it('because the time it had announced is over, finds its call again', async () => {
    const timeout = { 'x-stainless-timeout': '1' };
    const leaving = new AbortController();
    const left = ask({ stream: false, headers: timeout, signal: leaving.signal }).catch(() => 'left');
    await delay(1000);
    leaving.abort();
    await expect(left).resolves.toBe('left');
    await delay(400);
    const again = ask({ stream: false, headers: { ...timeout, ...isRetry } });
    await running(1);
    gate.open();
    expect((await again).status).toBe(200);
    expect((await again).headers['x-router-joined']).toMatch(/^req_/);
    expect(provider.asked).toHaveLength(1);
  });

  it('because that time is over, and stays away, is waited for no longer than two seconds', async () => {
    const leaving = new AbortController();
    ask({ stream: false, headers: { 'x-stainless-timeout': '1' }, signal: leaving.signal }).catch(() => 'left');
    await delay(1000);
    leaving.abort();
    const leftAt = Date.now();
    await expect(provider.asked[0]!.whole).resolves.toBe(false);
    const waited = Date.now() - leftAt;
    expect(waited).toBeGreaterThan(1500);
    expect(waited).toBeLessThan(3000);
  });

  it('after the whole answer came from the provider is told it again, and the provider not asked', async () => {
    const long = 'x'.repeat(12_000_000);
    provider.act((asked, response) => sayText(asked, response, long));
    const leaving = new AbortController();
    // It reads the beginning only.
    const left = ask({ stream: false, signal: leaving.signal, onData: () => leaving.abort() }).catch(() => 'left');
    await expect(left).resolves.toBe('left');
    await running(0);
    const again = await ask({ stream: false });
    expect(again.json()).toMatchObject({ content: [{ text: long }] });
    expect(again.headers['x-router-joined']).toMatch(/^req_/);
    expect(provider.asked).toHaveLength(1);
  });
});

describe('an answer too long to be remembered', () => {
  it('arrives all the same, and its retry is a call of its own', async () => {
    const part = 'y'.repeat(700_000);
    provider.act(async (_asked, response) => {
      beginText(response, part);
      for (let count = 0; count < 3; count += 1) {
        const delta = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: part } };
        response.write(`event: content_block_delta\ndata: ${JSON.stringify(delta)}\n\n`);
      }
      await gate.opened;
      endText(response, 'and the end.');
    });
    let bytes = 0;
    const onData = (chunk: Buffer) => {
      bytes += chunk.length;
    };
    const first = ask({ onData });
    await expect.poll(() => bytes).toBeGreaterThan(2_800_000);
    const second = await begin({ headers: isRetry });
    gate.open();
    for (const reply of await Promise.all([first, second.reply])) {
      expect(judgeStream(reply.body)).toEqual([]);
      expect(reply.text).toContain('and the end.');
    }
    expect(provider.asked).toHaveLength(2);
  });
});
