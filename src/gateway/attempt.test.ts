import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Call } from '../call/call.ts';
import { Failure } from '../call/failure.ts';
import type { TargetConfig } from '../config/targets.ts';
import { anthropic } from '../dialects/anthropic/index.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { signedCallId } from '../dialects/gemini/signatures.ts';
import { packReasoning } from '../dialects/shared/reasoning-state.ts';
import { makeTarget } from '../providers/make-target.ts';
import type { Target } from '../providers/target.ts';
import { Transport } from '../providers/transport.ts';
import { attempt } from './attempt.ts';
import type { AttemptParts } from './parts.ts';

const message = {
  ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'm', stop_reason: 'end_turn', stop_sequence: null },
  ...{ content: [{ type: 'text', text: 'hello' }], usage: { input_tokens: 1, output_tokens: 1 } },
};

const ok: Answer = [200, message];
const refused: Answer = [400, { type: 'error', error: { type: 'invalid_request_error', message: 'no temperature' } }];

type Answer = [status: number, body: unknown];

/** Takes the temperature out where it is refused. */
const cautious: Dialect = {
  ...anthropic,
  reviseRequest({ message }, input) {
    const { temperature, ...request } = input.request;
    if (!/no temperature/.test(message) || temperature === undefined) return undefined;
    return { input: { ...input, request, rawBody: undefined }, warning: 'temperature left out: refused' };
  },
};

let closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(closing.map((close) => close()));
  closing = [];
});

describe('an attempt', () => {
  it('is made once more where the dialect knows what the provider stumbled over', async () => {
    const { ask, bodies } = await startUpstream([refused, ok]);
    const opened = await ask(cautious, { temperature: 0.5 });
    expect(opened).toMatchObject({ kind: 'message', warnings: ['temperature left out: refused'] });
    expect(bodies).toEqual([
      expect.objectContaining({ temperature: 0.5 }),
      expect.not.objectContaining({ temperature: 0.5 }),
    ]);
  });

  it('fails with the second failure, and is not made a third time', async () => {
    const { ask, bodies } = await startUpstream([refused, refused, ok]);
    await expect(ask(cautious, { temperature: 0.5 })).rejects.toMatchObject({
      kind: 'upstream-refused-request',
      message: expect.stringContaining('no temperature'),
    });
    expect(bodies).toHaveLength(2);
  });

  it.each([
    ['the dialect knows nothing better', cautious, {}],
    ['the dialect never does', anthropic, { temperature: 0.5 }],
  ])('stands as it failed where %s', async (_, dialect, fields) => {
    const { ask, bodies } = await startUpstream([refused, ok]);
    await expect(ask(dialect, fields)).rejects.toBeInstanceOf(Failure);
    expect(bodies).toHaveLength(1);
  });

  it('is not made once more for a client that has gone', async () => {
    const client = new AbortController();
    const { ask, bodies } = await startUpstream([refused, ok], () => client.abort());
    await expect(ask(cautious, { temperature: 0.5 }, { signal: client.signal })).rejects.toMatchObject({
      kind: 'client-gone',
    });
    expect(bodies).toHaveLength(1);
  });
});

const gemini = { providerType: 'google', model: 'gemini-3.8-flash' };
const hello = { candidates: [{ content: { role: 'model', parts: [{ text: 'hello' }] }, finishReason: 'STOP' }] };
const malformed = { candidates: [{ content: {}, finishReason: 'MALFORMED_FUNCTION_CALL' }] };
const corrupted: Answer = [
  400,
  { error: { code: 400, message: 'Corrupted thought signature.', status: 'INVALID_ARGUMENT' } },
];
/** Signed by the model that is asked: in a thinking block, and in an id. */
const thinking = packReasoning({ provider: 'p', model: gemini.model, state: { call: 'CpYB' } });
const signedId = signedCallId('1', 'CpYC', { provider: 'p', model: gemini.model });
const afterCalls = {
  messages: [
    { role: 'user', content: 'hi' },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: '', signature: thinking },
        { type: 'tool_use', id: 'call_7', name: 'Read', input: {} },
      ],
    },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_7', content: 'text of a' }] },
    { role: 'assistant', content: [{ type: 'tool_use', id: signedId, name: 'Read', input: {} }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: signedId, content: 'text of b' }] },
  ],
};

describe('an attempt at Gemini', () => {
  it('case 123: leaves out thought signatures that are refused, and asks once more', async () => {
    const { ask, bodies } = await startUpstream([corrupted, [200, hello]]);
    const opened = await ask(undefined, afterCalls, { target: gemini });
    expect(opened).toMatchObject({
      kind: 'message',
      warnings: ['thought signatures left out: refused upstream'],
    });
    const standIn = 'skip_thought_signature_validator';
    expect(bodies.map(signaturesIn)).toEqual([
      ['CpYB', 'CpYC'],
      [standIn, standIn],
    ]);
  });

  it('case 123: does not ask once more where no signature was sent', async () => {
    const { ask, bodies } = await startUpstream([corrupted, [200, hello]]);
    await expect(ask(undefined, {}, { target: gemini })).rejects.toMatchObject({ kind: 'upstream-refused-request' });
    expect(bodies).toHaveLength(1);
  });

  it.each([[false], [true]])('case 125: asks once more behind a malformed call (stream: %s)', async (stream) => {
    const answer = (reply: unknown): Answer => [200, stream ? `data: ${JSON.stringify(reply)}\n\n` : reply];
    const { ask, bodies } = await startUpstream([answer(malformed), answer(hello)]);
    const opened = await ask(undefined, { stream }, { target: gemini });
    expect(opened.warnings).toEqual(['asked twice: p: the answer ended with MALFORMED_FUNCTION_CALL']);
    expect(bodies).toHaveLength(2);
    expect(bodies[1]).toEqual(bodies[0]);
  });

  it('case 125: fails where the second call is malformed too', async () => {
    const { ask, bodies } = await startUpstream([
      [200, malformed],
      [200, malformed],
    ]);
    await expect(ask(undefined, {}, { target: gemini })).rejects.toMatchObject({ status: 500, type: 'api_error' });
    expect(bodies).toHaveLength(2);
  });

  it('case 31: leaves addresses to it that it reads itself', async () => {
    const { ask, bodies } = await startUpstream([[200, hello]]);
    const image = { type: 'image', source: { type: 'url', url: 'gs://bucket/a.png' } };
    await ask(undefined, { messages: [{ role: 'user', content: [image] }] }, { target: gemini });
    const fileData = { fileUri: 'gs://bucket/a.png', mimeType: 'image/png' };
    expect(bodies).toEqual([expect.objectContaining({ contents: [{ role: 'user', parts: [{ fileData }] }] })]);
  });

  it('leaves out thinking that the model does not have', async () => {
    const message = 'Thinking level is not supported for this model.';
    const { ask, bodies } = await startUpstream([
      [400, { error: { code: 400, message, status: 'INVALID_ARGUMENT' } }],
      [200, hello],
    ]);
    const opened = await ask(undefined, { thinking: { type: 'adaptive' } }, { target: gemini });
    expect(opened.warnings).toEqual(['thinking settings left out: refused upstream']);
    expect(bodies).toEqual([
      expect.objectContaining({ generationConfig: expect.objectContaining({ thinkingConfig: expect.anything() }) }),
      expect.objectContaining({ generationConfig: { maxOutputTokens: 10 } }),
    ]);
  });
});

function signaturesIn(body: unknown): string[] {
  return [...JSON.stringify(body).matchAll(/"thoughtSignature":"([^"]*)"/g)].map(([, signature]) => signature!);
}

/** A provider that gives these answers in turn, `before` each of which something may happen. */
async function startUpstream(answers: Answer[], before: () => void = () => undefined) {
  const bodies: unknown[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    bodies.push(JSON.parse(Buffer.concat(chunks).toString('utf8')));
    before();
    const [status, body] = answers[bodies.length - 1]!;
    const isStream = typeof body === 'string';
    response.writeHead(status, { 'content-type': isStream ? 'text/event-stream' : 'application/json' });
    response.end(isStream ? body : JSON.stringify(body));
  });
  const baseUrl = await listen(server);
  const transport = new Transport({ maxConnections: 2, connectTimeoutMs: 5000, keepAlive: true });
  closing.push(async () => {
    await transport.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const ask = (dialect: Dialect | undefined, fields: Record<string, unknown>, options: AskOptions = {}) => {
    const target = targetAt(baseUrl, options.target);
    const call = callWith(fields, options.signal ?? new AbortController().signal);
    return attempt(partsWith(transport), call, dialect ? { ...target, dialect } : target, 'a key');
  };
  return { ask, bodies };
}

interface AskOptions {
  signal?: AbortSignal;
  target?: Partial<TargetConfig>;
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function targetAt(baseUrl: string, config: Partial<TargetConfig> = {}): Target {
  return makeTarget(
    {
      ...{ name: 'm', aliases: [], provider: 'p', providerType: 'anthropic', model: 'm', apiKeys: ['a key'] },
      ...{ origin: 'providers.p', baseUrl },
      ...config,
    },
    {
      ...{ timeouts: { firstByte: 5000, idle: 5000, total: 0 }, slowStartMs: 0 },
      environment: () => undefined,
      missingVariables: () => [],
    },
  );
}

function partsWith(upstream: Transport): AttemptParts {
  return { upstream, estimateTokens: () => 10, isRouterKey: () => false };
}

function callWith(fields: Record<string, unknown>, signal: AbortSignal): Call {
  const request = { model: 'm', max_tokens: 10, messages: [{ role: 'user' as const, content: 'hi' }], ...fields };
  return {
    ...{ id: 'req_1', startedAt: 0, caller: { name: 'local', permissions: new Set() }, query: '', headers: {} },
    ...{ request, rawBody: Buffer.from(JSON.stringify(request)), sessionId: undefined, signal },
  };
}
