import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judgeStream } from '../../src/protocol/grammar.ts';
import { type FakeUpstream, startFakeUpstream, upstreamKey } from '../support/fake-upstream.ts';
import type { ScriptedReply } from '../support/formats/format.ts';
import { newGate } from '../support/gate.ts';
import { http, messagesBody, newMarker } from '../support/http.ts';
import { type Router, withConfig } from '../support/router.ts';
import { say } from './claude-code/bed.ts';

const text = 'one two three four five six seven eight nine ten eleven twelve';
const never = new Promise<never>(() => undefined);

let upstream: FakeUpstream;
let router: Router;

beforeAll(async () => {
  upstream = await startFakeUpstream();
  router = await startRouter();
});

afterAll(async () => {
  await router?.stop();
  await upstream?.stop();
});

/** A router that reaches the upstream as `anthropic/model`, and likewise in the other formats. */
function startRouter(): Promise<Router> {
  return withConfig({
    providers: {
      anthropic: { type: 'anthropic', apiKey: upstreamKey, baseUrl: upstream.url, models: { model: {} } },
      openai: { type: 'openai-compatible', apiKey: upstreamKey, baseUrl: `${upstream.url}/v1`, models: { model: {} } },
      gemini: { type: 'google', apiKey: upstreamKey, baseUrl: upstream.url, models: { model: {} } },
    },
    routing: { defaultModel: 'anthropic/model' },
  });
}

function scripted(reply: ScriptedReply): string {
  const marker = newMarker('stream');
  upstream.script(marker, () => reply);
  return marker;
}

describe.each(['anthropic', 'openai', 'gemini'])('a stream of an upstream that speaks %s', (format) => {
  const ask = (marker: string, more: Parameters<typeof http>[1] = {}, at = router) =>
    http(`${at.url}/v1/messages`, { body: messagesBody(marker, { model: `${format}/model`, stream: true }), ...more });

  it('is legal, and ends', async () => {
    const marker = scripted({
      blocks: [
        { type: 'thinking', thinking: 'I think' },
        { type: 'text', text },
        { type: 'tool', name: 'get_x', input: { a: 1 } },
      ],
    });
    const reply = await ask(marker);
    expect(reply.headers['content-type']).toMatch(/^text\/event-stream/);
    expect(judgeStream(reply.body)).toEqual([]);
    expect(reply.text).toContain('"stop_reason":"tool_use"');
  });

  it.each(['reset', 'close', 'end'] as const)('that dies in the middle ends with an error event (%s)', async (how) => {
    const reply = await ask(scripted(say(text, { die: { after: 3, how } })));
    expect(reply.status).toBe(200);
    expect(judgeStream(reply.body)).toEqual([]);
    expect(lastEvent(reply.text)).toMatchObject({
      type: 'error',
      error: { type: expect.stringMatching(/_error$/), message: expect.stringMatching(/\w/) },
    });
  });

  it.each(['reset', 'close', 'end'] as const)('that dies before its first word is an error reply (%s)', async (how) => {
    const marker = scripted(say(text, { die: { after: 0, how } }));
    const reply = await ask(marker);
    expect(reply.status, reply.text).toBeGreaterThanOrEqual(500);
    expect(reply.json()).toMatchObject({ type: 'error', error: { type: expect.stringMatching(/_error$/) } });
  });

  it.each([
    ['in the middle of the stream', { hold: { after: 3, until: never } }],
    ['before the first byte', { before: never }],
    ['behind the status line', { hold: { after: 0, until: never } }],
  ])('is cancelled upstream within 200 ms when the client goes %s', async (when, delay) => {
    const marker = scripted(say(text, delay));
    const client = new AbortController();
    const begun = newGate();
    const reply = ask(marker, { signal: client.signal, onData: begun.open });
    const gone = expect(reply).rejects.toThrow();
    const request = await upstream.arrival(marker);
    if (when.startsWith('in the middle')) await begun.opened;
    const leftAt = Date.now();
    client.abort();
    const { at, whole } = await request.closed;
    expect(whole).toBe(false);
    expect(at - leftAt).toBeLessThan(200);
    await gone;
  });

  it('case 104: stays alive while the upstream is silent, at its beginning and in its middle', {
    timeout: 30_000,
  }, async () => {
    const silent = (after: number, sign: RegExp) => {
      const gate = newGate();
      let seen = '';
      const onData = (chunk: Buffer) => {
        seen += chunk;
        if (sign.test(seen)) gate.open();
      };
      return ask(scripted(say(text, { hold: { after, until: gate.opened } })), { onData });
    };
    const replies = await Promise.all([silent(0, /event: /), silent(3, /event: ping/)]);
    for (const reply of replies) {
      expect(judgeStream(reply.body)).toEqual([]);
      expect(textOf(reply.text)).toBe(text);
      expect(lastEvent(reply.text)).toEqual({ type: 'message_stop' });
    }
  });

  it('is finished by a router that is told to stop, which takes no new calls meanwhile', async () => {
    const stopping = await startRouter();
    try {
      const gate = newGate();
      const begun = newGate();
      const marker = scripted(say(text, { hold: { after: 3, until: gate.opened } }));
      const running = ask(marker, { onData: begun.open }, stopping);
      await begun.opened;
      const stopped = stopping.stop();
      const ready = async () => (await http(`${stopping.url}/health/ready`)).status;
      await expect.poll(ready, { timeout: 5000 }).toBe(503);
      const refused = await ask(scripted(say('late')), {}, stopping);
      expect(refused.status).toBe(503);
      expect(refused.headers['retry-after']).toMatch(/^\d+$/);
      gate.open();
      const reply = await running;
      expect(judgeStream(reply.body)).toEqual([]);
      expect(textOf(reply.text)).toBe(text);
      expect(await stopped).toBe(0);
    } finally {
      await stopping.stop();
    }
  });
});

function eventsOf(stream: string): Record<string, unknown>[] {
  return stream
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => JSON.parse(line.slice(6)) as Record<string, unknown>);
}

function lastEvent(stream: string): Record<string, unknown> | undefined {
  return eventsOf(stream).at(-1);
}

function textOf(stream: string): string {
  return eventsOf(stream)
    .map((event) => (event.delta as { text?: string } | undefined)?.text ?? '')
    .join('');
}
