import { describe, expect, it } from 'vitest';
import type { Failure } from '../../call/failure.ts';
import { judgeStream } from '../../protocol/grammar.ts';
import type { MessagesRequest } from '../../protocol/messages.ts';
import type { EncodeInput, Exchange } from '../dialect.ts';
import { plainQuirks } from '../quirks.ts';
import { packReasoning } from '../shared/reasoning-state.ts';
import { anthropic } from './index.ts';

const exchange: Exchange = {
  callId: 'req_1',
  provider: 'anthropic',
  model: 'claude-x',
  quirks: plainQuirks,
  usedToolIds: new Set(),
  toolNames: new Map(),
  toolSchemas: new Map(),
  stopSequences: [],
  promptTokens: undefined,
  passThrough: true,
};

function encode(text: string, changes: Partial<EncodeInput> = {}) {
  return anthropic.encodeRequest({
    request: JSON.parse(text) as MessagesRequest,
    rawBody: Buffer.from(text),
    callId: 'req_1',
    provider: 'anthropic',
    model: 'claude-x',
    stream: false,
    quirks: plainQuirks,
    abilities: {},
    sessionId: undefined,
    anthropicHeaders: {},
    ...changes,
  });
}

function decode(text: string, size = 1_000_000): { out: string; failure: Failure | undefined } {
  const decoder = anthropic.openStream(exchange);
  const events = [];
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) events.push(...decoder.push(bytes.subarray(at, at + size)));
  events.push(...decoder.end());
  return { out: Buffer.concat(events.map((event) => event.bytes)).toString(), failure: decoder.failure };
}

const frame = (data: { type: string }) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
const start = frame({
  type: 'message_start',
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-x',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 3, output_tokens: 1 },
  },
} as never);
const block = (index: number, content_block: object) =>
  frame({ type: 'content_block_start', index, content_block } as never);
const delta = (index: number, value: object) => frame({ type: 'content_block_delta', index, delta: value } as never);
const stop = (index: number) => frame({ type: 'content_block_stop', index } as never);
const end = (stop_reason: string) =>
  frame({ type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 5 } } as never) +
  frame({ type: 'message_stop' });
const text = block(0, { type: 'text', text: '' }) + delta(0, { type: 'text_delta', text: 'hé' }) + stop(0);

describe('a request to an Anthropic-speaking upstream', () => {
  it('goes on byte for byte where the model is the one asked for', () => {
    const body = '{ "model":"claude-x" ,"messages":[],"unknown":{"a": 1} }';
    expect(encode(body).body.toString()).toBe(body);
  });

  it('changes the model in place and nothing else', () => {
    const body = '{"messages":[{"role":"user","content":"{\\"model\\":\\"x\\"}"}],  "model" : "other","z":1}';
    expect(encode(body).body.toString()).toBe(body.replace('"other"', '"claude-x"'));
  });

  it('lowers max_tokens to the limit of the model, and says so', () => {
    const encoded = encode('{"model":"claude-x","max_tokens":32000,"messages":[]}', { abilities: { maxOutput: 4096 } });
    expect(encoded.body.toString()).toBe('{"model":"claude-x","max_tokens":4096,"messages":[]}');
    expect(encoded.warnings).toHaveLength(1);
  });

  it('keeps every anthropic header and sends a version where the client sent none', () => {
    expect(encode('{"model":"m","messages":[]}').headers['anthropic-version']).toBe('2023-06-01');
    const headers = { 'anthropic-version': '2026-10-21', 'anthropic-beta': 'a,b', 'anthropic-new-thing': '1' };
    expect(encode('{"model":"m","messages":[]}', { anthropicHeaders: headers }).headers).toMatchObject(headers);
  });

  it('case 117: drops the reasoning that another provider minted, and a message left empty by that', () => {
    const signature = packReasoning({ provider: 'openai', model: 'gpt', state: {} });
    const messages = [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: [{ type: 'thinking', thinking: 't', signature }] },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 't', signature },
          { type: 'text', text: 'b' },
        ],
      },
      { role: 'assistant', content: [{ type: 'thinking', thinking: 'own', signature: 'EqQB' }] },
    ];
    const body = JSON.parse(encode(JSON.stringify({ model: 'claude-x', messages })).body.toString());
    expect(body.messages).toEqual([
      messages[0],
      { role: 'assistant', content: [{ type: 'text', text: 'b' }] },
      messages[3],
    ]);
  });

  it('withholds from a third party what is meant for Anthropic alone', () => {
    const request = {
      model: 'claude-x',
      system: [
        { type: 'text', text: 'x-anthropic-billing-header: cc_version=1' },
        { type: 'text', text: 's' },
      ],
      safeguards: [{ type: 'dangerous_tool_use' }],
      metadata: { user_id: '{"device_id":"secret","session_id":"s-1"}' },
      messages: [],
    };
    const quirks = { ...plainQuirks, clientIdentity: 'withhold' as const };
    const sent = encode(JSON.stringify(request), { quirks, sessionId: 's-1' }).body.toString();
    expect(sent).not.toMatch(/billing-header|safeguards|secret|s-1/);
    expect(JSON.parse(sent).system).toEqual([{ type: 'text', text: 's' }]);
  });
});

describe('a stream from an Anthropic-speaking upstream', () => {
  const whole = start + frame({ type: 'ping' }) + text + frame({ type: 'brand_new_event' }) + end('end_turn');

  it.each([1, 2, 7, 1000])('case 154: goes on byte for byte in chunks of %i', (size) => {
    expect(decode(whole, size)).toEqual({ out: whole, failure: undefined });
  });

  it.each([
    ['frames without event lines', whole.replaceAll(/event: .*\n/g, '')],
    ['a trailing [DONE]', `${whole}data: [DONE]\n\n`],
    ['a second message_start', start + whole],
    ['gaps in the indexes', (start + text + end('end_turn')).replaceAll('"index":0', '"index":4')],
    ['a block left open', start + text.replace(stop(0), '') + end('end_turn')],
    [
      'no message_stop behind the stop reason',
      start + text + end('end_turn').replace(frame({ type: 'message_stop' }), ''),
    ],
    ['a message_delta without usage', (start + text + end('end_turn')).replace(',"usage":{"output_tokens":5}', '')],
    [
      'tool input in the start of its block',
      start + block(0, { type: 'tool_use', id: 'a', name: 'n', input: { x: 1 } }) + stop(0) + end('tool_use'),
    ],
    [
      'a tool id twice',
      start +
        [0, 1]
          .map((index) => block(index, { type: 'tool_use', id: 'a.b', name: 'n', input: {} }) + stop(index))
          .join('') +
        end('tool_use'),
    ],
  ])('puts right %s', (_, upstream) => {
    const { out, failure } = decode(upstream);
    expect(failure).toBeUndefined();
    expect(judgeStream(Buffer.from(out))).toEqual([]);
  });

  it('shows tool input that came in the start of its block as a delta', () => {
    const upstream =
      start + block(0, { type: 'tool_use', id: 'a', name: 'n', input: { x: 1 } }) + stop(0) + end('tool_use');
    expect(decode(upstream).out).toContain('"partial_json":"{\\"x\\":1}"');
  });

  it.each([
    ['ends early', start + text, 'upstream-cut'],
    ['ends without anything', '', 'upstream-cut'],
    ['holds data that is no JSON', `${start}event: x\ndata: {oops\n\n`, 'upstream-garbled'],
    ['is a page', '<html><body>Bad gateway</body></html>\n\n', 'upstream-cut'],
    ['sends a delta for no block', start + delta(0, { type: 'text_delta', text: 'x' }), 'upstream-garbled'],
    [
      'calls a tool with broken input',
      start +
        block(0, { type: 'tool_use', id: 'a', name: 'n', input: {} }) +
        delta(0, { type: 'input_json_delta', partial_json: '{"a' }) +
        stop(0) +
        end('tool_use'),
      'upstream-garbled',
    ],
    [
      'says overloaded',
      start + frame({ type: 'error', error: { type: 'overloaded_error', message: 'busy' } } as never),
      'upstream-overloaded',
    ],
  ])('fails where it %s', (_, upstream, kind) => {
    const { out, failure } = decode(upstream);
    expect(failure?.kind).toBe(kind);
    expect(out).not.toContain('message_stop');
  });

  it('lets the token limit cut a tool input, as Anthropic does', () => {
    const upstream =
      start +
      block(0, { type: 'tool_use', id: 'a', name: 'n', input: {} }) +
      delta(0, { type: 'input_json_delta', partial_json: '{"a' }) +
      stop(0) +
      end('max_tokens');
    expect(decode(upstream)).toEqual({ out: upstream, failure: undefined });
  });
});

describe('an error of an Anthropic-speaking upstream', () => {
  const reply = (status: number, type: string, headers = {}) => ({
    status,
    headers,
    body: Buffer.from(`{"type":"error","error":{"type":"${type}","message":"why"},"request_id":"req_up"}`),
  });

  it('case 8: keeps status, type and body', () => {
    const failure = anthropic.decodeFailure(reply(400, 'invalid_request_error'), exchange);
    expect(failure).toMatchObject({ status: 400, type: 'invalid_request_error' });
    expect(failure.details.body?.toString()).toContain('req_up');
  });

  it.each([401, 403])('tells a %i as a 403 that names the provider', (status) => {
    const failure = anthropic.decodeFailure(reply(status, 'authentication_error'), exchange);
    expect(failure).toMatchObject({ status: 403, type: 'permission_error' });
    expect(failure.message).toMatch(/anthropic.*why/);
  });

  it('passes on when to come back', () => {
    const failure = anthropic.decodeFailure(reply(429, 'rate_limit_error', { 'retry-after': '3' }), exchange);
    expect(failure.details.retryAfterSeconds).toBe(3);
  });
});
