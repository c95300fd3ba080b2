import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judgeStream } from '../../src/protocol/grammar.ts';
import { MessageBuilder } from '../../src/protocol/message-builder.ts';
import { SseSplitter } from '../../src/protocol/sse.ts';
import { StreamEvent } from '../../src/protocol/stream-event.ts';
import { type FakeUpstream, startFakeUpstream, upstreamKey } from '../support/fake-upstream.ts';
import type { ScriptedReply } from '../support/formats/format.ts';
import { newGate } from '../support/gate.ts';
import { type HttpOptions, http, messagesBody, newMarker } from '../support/http.ts';
import { type InProcessRouter, startInProcess } from '../support/in-process-router.ts';

let upstream: FakeUpstream;
let router: InProcessRouter;
const logFile = join(mkdtempSync(join(tmpdir(), 'router-log-')), 'router.log');

beforeAll(async () => {
  upstream = await startFakeUpstream();
  const { url } = upstream;
  const closed = await startFakeUpstream();
  await closed.stop();
  router = await startInProcess(
    {
      logging: { outputs: ['file'], file: { path: logFile } },
      providers: {
        claude: { type: 'anthropic', apiKey: upstreamKey, baseUrl: url, models: { 'claude-opus-5-5': {} } },
        chat: { type: 'openai-compatible', apiKey: upstreamKey, baseUrl: `${url}/v1`, models: { small: {} } },
        groq: { type: 'groq', apiKey: upstreamKey, baseUrl: `${url}/v1`, models: { small: {} } },
        down: { type: 'openai-compatible', apiKey: upstreamKey, baseUrl: `${closed.url}/v1`, models: { small: {} } },
      },
      routing: { defaultModel: 'chat/small' },
    },
    {},
    'trace',
  );
});

afterAll(async () => {
  await router?.stop();
  await upstream?.stop();
  rmSync(dirname(logFile), { recursive: true, force: true });
});

function scripted(reply: ScriptedReply): string {
  const marker = newMarker('exchange');
  upstream.script(marker, () => reply);
  return marker;
}

const ask = (marker: string, body: object = {}, more: HttpOptions = {}) =>
  http(`${router.url}/v1/messages`, { body: messagesBody(marker, { model: 'chat/small', ...body }), ...more });

/** What the router recorded, once it is there: the record of a call, or a list of them. */
async function recordOf(
  path: string,
  isThere = (_found: Record<string, unknown>) => true,
): Promise<Record<string, unknown>> {
  let found: Record<string, unknown> = {};
  const look = async () => {
    const reply = await http(`${router.url}/api/calls${path}`);
    found = reply.json();
    return reply.status === 200 && isThere(found);
  };
  await expect.poll(look, { timeout: 5000 }).toBe(true);
  return found;
}

/** The message that a stream tells; the judge of the grammar has no objection to it. */
function folded(stream: Buffer): Record<string, unknown> {
  expect(judgeStream(stream)).toEqual([]);
  const builder = new MessageBuilder();
  for (const frame of new SseSplitter().push(stream)) builder.add(StreamEvent.fromFrame(frame)!.data);
  return builder.message as unknown as Record<string, unknown>;
}

describe('an upstream that speaks the Messages form', () => {
  const model = 'claude-opus-5-5';

  it('case 6: is told a version of the API where the client says none', async () => {
    const marker = scripted({ blocks: [{ type: 'text', text: 'Hi.' }] });
    expect((await ask(marker, { model })).status).toBe(200);
    expect(upstream.calls(marker)[0]!.headers['anthropic-version']).toBe('2023-06-01');
  });

  it('case 8: gets what came and is quoted to the byte', async () => {
    const body = '{"type":"error", "error":{"type":"invalid_request_error","message":"temperature: Extra"},"more":[1]}';
    const marker = scripted({ status: 400, body });
    const sent = messagesBody(marker, { model, temperature: 0.2 });
    const headers = { 'anthropic-version': '2026-10-21' };
    const reply = await http(`${router.url}/v1/messages`, { body: sent, headers });
    expect([reply.status, reply.text]).toEqual([400, body]);
    const [request] = upstream.calls(marker);
    expect(request!.bytes).toBe(JSON.stringify(sent).length);
    expect(request!.headers['anthropic-version']).toBe('2026-10-21');
  });

  it('case 9: gets headers and fields that nobody knows', async () => {
    const marker = scripted({ blocks: [{ type: 'text', text: 'Hi.' }] });
    const headers = { 'anthropic-beta': 'tomorrow-2027-01-01,other', 'anthropic-tomorrow': 'yes' };
    await ask(marker, { model, context_management: { tomorrow: 1 } }, { headers });
    const [request] = upstream.calls(marker);
    expect(request!.headers).toMatchObject(headers);
    expect(request!.body.context_management).toEqual({ tomorrow: 1 });
  });

  it('case 154: is passed on byte for byte, events that nobody knows included', async () => {
    const frames = [
      'event: message_start\ndata: {"type":"message_start", "message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}}}',
      'event: tomorrow\ndata: {"type":"tomorrow","of":"something"}',
      'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}',
      'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"H\\u00e9 世界"}}',
      'event: content_block_stop\ndata: {"type":"content_block_stop","index":0 }',
      'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":2}}',
      'event: message_stop\ndata: {"type":"message_stop"}',
    ];
    const body = `${frames.join('\n\n')}\n\n`;
    expect((await ask(scripted({ body }), { model, stream: true })).text).toBe(body);
  });
});

describe('an upstream that is asked in another form', () => {
  it.each([true, false])('case 13: is not asked at all where no answer is wanted (stream: %s)', async (stream) => {
    const marker = scripted({ blocks: [{ type: 'text', text: 'Never.' }] });
    const reply = await ask(marker, { max_tokens: 0, stream });
    const message = stream ? folded(reply.body) : reply.json();
    expect(message).toMatchObject({ type: 'message', content: [], usage: { input_tokens: 0, output_tokens: 0 } });
    expect(upstream.calls(marker)).toEqual([]);
    await ask(marker, { max_tokens: 0, model: 'claude-opus-5-5' });
    expect(upstream.calls(marker).map(({ body }) => body.max_tokens)).toEqual([0]);
  });

  it('case 10: is spared what it does not know, and the client is told', async () => {
    const marker = scripted({ blocks: [{ type: 'text', text: 'Hi.' }] });
    const reply = await ask(marker, { tomorrow_field: 1, top_k: 3 });
    expect(reply.status).toBe(200);
    expect(reply.headers['x-router-warnings']).toBe(
      'top_k dropped: not supported; tomorrow_field dropped: not supported',
    );
    expect(upstream.calls(marker)[0]!.body).not.toHaveProperty('tomorrow_field');
  });

  it.each([
    [
      'case 33: a file that only Anthropic has',
      { messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'file', file_id: 'f' } }] }] },
    ],
    [
      'case 65: a conversation that only Anthropic holds',
      { thread: { type: 'continue', previous_message_id: 'msg_1' } },
    ],
  ])('is not asked for %s', async (_what, body) => {
    const before = upstream.requests.length;
    const reply = await ask('anything', body);
    expect(reply.status).toBe(400);
    expect(reply.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
    expect(upstream.requests).toHaveLength(before);
  });

  it.each([true, false])('is asked once more without what it refuses (stream: %s)', async (stream) => {
    const marker = newMarker('exchange');
    const message = "Unsupported value: 'temperature' does not support 0.2 with this model.";
    upstream.script(marker, (_asked, _turn, time) =>
      time === 0 ? { status: 400, message } : { blocks: [{ type: 'text', text: 'Hi.' }] },
    );
    const reply = await ask(marker, { temperature: 0.2, stream });
    expect([reply.status, reply.headers['x-router-attempts']]).toEqual([200, '1']);
    expect(reply.headers['x-router-warnings']).toContain('temperature and top_p left out');
    expect(upstream.calls(marker).map(({ body }) => body.temperature)).toEqual([0.2, undefined]);
  });

  it('case 97: is quoted with the status of an error that comes in place of a stream', async () => {
    const body = 'data: {"error":{"message":"Slow down","code":429}}\n\n';
    const reply = await ask(scripted({ body }), { stream: true });
    expect(reply.status).toBe(429);
    expect(reply.json()).toMatchObject({ error: { type: 'rate_limit_error' } });
  });

  it('case 98: has its stream ended by an error event where an error comes behind text', async () => {
    const body = 'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\ndata: {"error":{"message":"Gone","code":502}}\n\n';
    const reply = await ask(scripted({ body }), { stream: true });
    expect(reply.status).toBe(200);
    expect(judgeStream(reply.body)).toEqual([]);
    expect(reply.text).toMatch(/"text":"Hi"[\s\S]*event: error/);
    expect(reply.text).not.toContain('message_stop');
  });

  it('case 106: says the same whole as in a stream, however slowly', async () => {
    const gate = newGate();
    const blocks: ScriptedReply['blocks'] = [
      { type: 'thinking', thinking: 'Look first.' },
      { type: 'text', text: 'Reading, 世界.' },
      { type: 'tool', id: 'call_1', name: 'Read', input: { path: 'a' } },
    ];
    const marker = scripted({ blocks, hold: { after: 1, until: gate.opened } });
    const replies = Promise.all([ask(marker, { stream: false }), ask(marker, { stream: true })]);
    await upstream.arrival(marker);
    gate.open();
    const [whole, stream] = await replies;
    const { id: _, ...message } = whole.json();
    expect(folded(stream.body)).toMatchObject(message);
    expect(message).toMatchObject({ stop_reason: 'tool_use', content: [{}, {}, { input: { path: 'a' } }] });
  });

  it('case 114: is named where it can not be reached', async () => {
    const reply = await ask('anybody?', { model: 'down/small' });
    expect(reply.status).toBe(529);
    expect(reply.json()).toMatchObject({ error: { type: 'overloaded_error', message: expect.stringMatching(/down/) } });
  });

  it.each([true, false])('case 143: has the call taken out of its refusal (stream: %s)', async (stream) => {
    const failed_generation = '<function=Read>{"path":"a"}</function>';
    const error = { message: 'Failed to call a function', code: 'tool_use_failed', failed_generation };
    const marker = scripted({ status: 400, body: JSON.stringify({ error }) });
    const tools = [{ name: 'Read', input_schema: { type: 'object', properties: { path: { type: 'string' } } } }];
    const reply = await ask(marker, { model: 'groq/small', stream, tools });
    expect(reply.status).toBe(200);
    expect(stream ? folded(reply.body) : reply.json()).toMatchObject({
      content: [{ type: 'tool_use', name: 'Read', input: { path: 'a' } }],
      stop_reason: 'tool_use',
    });
  });

  it.each([true, false])(
    'case 90: has its usage estimated, and marked so, where it reports none (stream: %s)',
    async (stream) => {
      const choice = stream ? { delta: { content: 'Hi.' } } : { message: { content: 'Hi.' } };
      const text = JSON.stringify({ choices: [{ ...choice, finish_reason: 'stop' }] });
      const reply = await ask(scripted({ body: stream ? `data: ${text}\n\n` : text }), { stream });
      const record = await recordOf(`/${reply.headers['request-id']}`);
      expect(record).toMatchObject({ usageEstimated: true, tokens: { output: 1 } });
      expect((record.tokens as { input: number }).input).toBeGreaterThan(0);
    },
  );

  it('case 144: has tokens counted by an estimate that grows with the prompt and its tools', async () => {
    const count = async (more: object) =>
      (
        await http(`${router.url}/v1/messages/count_tokens`, {
          body: messagesBody('Hello', { model: 'chat/small', ...more }),
        })
      ).json().input_tokens as number;
    const small = await count({});
    const tools = [{ name: 'Read', description: 'Reads a file.', input_schema: { type: 'object', properties: {} } }];
    expect(small).toBeGreaterThan(0);
    expect(await count({ system: 'Be brief and kind, and say where you know something from.' })).toBeGreaterThan(small);
    expect(await count({ tools })).toBeGreaterThan(small);
  });
});

describe('calls beside each other', () => {
  it('case 105: a client that goes ends its upstream within a second, and what it cost is noted', async () => {
    const begun = newGate();
    const client = new AbortController();
    const marker = scripted({
      blocks: [{ type: 'text', text: 'one two three four five six' }],
      hold: { after: 2, until: new Promise(() => undefined) },
    });
    const reply = ask(
      marker,
      { model: 'claude-opus-5-5', stream: true },
      { signal: client.signal, onData: begun.open },
    );
    const gone = expect(reply).rejects.toThrow();
    const request = await upstream.arrival(marker);
    await begun.opened;
    const leftAt = Date.now();
    client.abort();
    const { at, whole } = await request.closed;
    expect([whole, at - leftAt < 1000]).toEqual([false, true]);
    await gone;
    const { calls } = await recordOf('?outcome=cancelled', ({ calls }) => (calls as unknown[]).length > 0);
    expect(calls).toMatchObject([{ model: 'claude-opus-5-5', outcome: 'cancelled', tokens: { input: 100 } }]);
  });

  it('case 157: two streams at once share nothing', async () => {
    const gates = [newGate(), newGate()];
    const texts = ['first '.repeat(20), 'second '.repeat(20)];
    const replies = texts.map((text, index) => {
      const blocks: ScriptedReply['blocks'] = [
        { type: 'text', text },
        { type: 'tool', id: 'call_0', name: 'Read', input: { path: text.slice(0, 5) } },
      ];
      return ask(scripted({ blocks, hold: { after: 3, until: gates[index]!.opened } }), { stream: true });
    });
    gates[1]!.open();
    const second = await replies[1]!;
    gates[0]!.open();
    const messages = [folded((await replies[0]!).body), folded(second.body)];
    expect(messages.map(({ content }) => content)).toEqual(
      texts.map((text) => [
        { type: 'text', text },
        { type: 'tool_use', id: 'call_0', name: 'Read', input: { path: text.slice(0, 5) } },
      ]),
    );
  });

  it('case 158: what was said is never said again, and the upstream that broke off is not asked again', async () => {
    const blocks: ScriptedReply['blocks'] = [{ type: 'text', text: 'ONE TWO THREE FOUR FIVE SIX' }];
    const marker = scripted({ blocks, die: { after: 2, how: 'reset' } });
    const reply = await ask(marker, { stream: true });
    expect(judgeStream(reply.body)).toEqual([]);
    expect(reply.text).toContain('event: error');
    expect(reply.text.match(/ONE/g)).toHaveLength(1);
    expect(upstream.calls(marker)).toHaveLength(1);
  });

  it('case 156: keys stand in no log and in no reply, not even where the provider repeats one', async () => {
    const clientKey = 'sk-ant-client-00000001';
    const headers = { 'x-api-key': clientKey, authorization: `Bearer ${clientKey}` };
    for (const model of ['chat/small', 'claude-opus-5-5']) {
      for (const status of [400, 401, 500]) {
        const marker = scripted({ status, message: `Incorrect API key provided: ${upstreamKey}` });
        const reply = await ask(marker, { model }, { headers });
        expect(reply.text).toContain('Incorrect API key provided');
        expect(reply.text).not.toContain(upstreamKey);
      }
    }
    const log = readFileSync(logFile, 'utf8');
    expect(log).toContain('Incorrect API key provided');
    for (const secret of [upstreamKey, clientKey]) expect(log).not.toContain(secret);
  });
});
