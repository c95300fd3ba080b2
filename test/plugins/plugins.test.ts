import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeUpstream, startFakeUpstream, upstreamKey } from '../support/fake-upstream.ts';
import { http, messagesBody } from '../support/http.ts';
import { type InProcessRouter, startInProcess } from '../support/in-process-router.ts';
import { answering, ask, configWith, eventsOf, messageOf, say, textOf } from './bed.ts';

let upstream: FakeUpstream;
beforeAll(async () => {
  upstream = await startFakeUpstream();
});
afterAll(() => upstream?.stop());

const routers: InProcessRouter[] = [];
afterAll(() => Promise.all(routers.map((router) => router.stop())));

async function start(more: Record<string, unknown>, files: Record<string, string> = {}): Promise<InProcessRouter> {
  const router = await startInProcess(configWith(upstream, more), files, 'silent');
  routers.push(router);
  return router;
}

const withPlugin = (source: string, more: Record<string, unknown> = {}) =>
  start({ plugins: [{ path: './plugin.mjs', timeout: 300, ...more }] }, { 'plugin.mjs': source });

describe('onRequest', () => {
  it.each([
    ['returns a request', 'return { ...request, temperature: 0.25 }'],
    ['changes it in place and returns it', 'request.temperature = 0.25; return request'],
    ['changes it in place and returns nothing', 'request.temperature = 0.25'],
    ['answers later', 'return new Promise((done) => setTimeout(() => done({ ...request, temperature: 0.25 }), 5))'],
  ])('%s', async (_, body) => {
    const router = await withPlugin(`export default class { onRequest(request) { ${body} } }`);
    const marker = answering(upstream, () => say('hello'));
    expect(textOf(await ask(router.url, marker))).toBe('hello');
    expect(upstream.calls(marker)[0]!.body.temperature).toBe(0.25);
  });

  it.each([
    ['throws', 'request.temperature = 0.25; throw new Error("no")'],
    ['throws nothing sensible', 'throw { toString() { throw 1 } }'],
    ['rejects', 'return Promise.reject(new Error("no"))'],
    ['never answers', 'return new Promise(() => {})'],
    ['never gives the process back', 'for (;;);'],
    [
      'answers too late',
      'return new Promise((done) => setTimeout(() => done({ ...request, temperature: 0.25 }), 400))',
    ],
    ['rejects too late', 'return new Promise((_, no) => setTimeout(() => no(new Error("late")), 400))'],
    ['returns rubbish', 'return 42'],
    ['returns a list', 'return [request]'],
    ['returns what can’t be sent', 'request.self = request; return request'],
    ['returns no messages', 'return { model: "gpt-4" }'],
    ['returns nothing', ''],
    ['changes it later', 'setTimeout(() => { request.temperature = 0.25 }, 0); return request'],
  ])('that %s changes nothing', async (_, body) => {
    const router = await withPlugin(`export default { onRequest(request) { ${body} } }`);
    const marker = answering(upstream, () => say('hello'));
    const sent = messagesBody(marker, { model: 'one-1', temperature: 1 });
    const reply = await http(`${router.url}/v1/messages`, { body: JSON.stringify(sent) });
    expect(textOf(reply)).toBe('hello');
    const [call] = upstream.calls(marker);
    expect([call!.body, call!.bytes]).toEqual([sent, JSON.stringify(sent).length]);
  });

  it('decides where the call goes, and may refuse it', async () => {
    const router = await withPlugin(`export default class {
      onRequest(request, context) {
        if (request.system === 'no') context.refuse('not today', { status: 429, retryAfterSeconds: 7 });
        return { ...request, model: 'claude-3-sonnet' };
      }
    }`);
    const marker = answering(upstream, () => say('hello'));
    expect((await ask(router.url, marker)).headers['x-router-model']).toBe('claude-3-sonnet');
    const refused = await ask(router.url, marker, { more: { system: 'no' } });
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '7']);
    expect(refused.json()).toMatchObject({ type: 'error', error: { type: 'rate_limit_error', message: 'not today' } });
  });

  it('changes each call of a long conversation, and nothing that the next one is given', async () => {
    const provider = {
      type: 'openai-compatible',
      baseUrl: `${upstream.url}/v1`,
      apiKey: upstreamKey,
      models: { m: {} },
    };
    const router = await start(
      { providers: { other: provider }, models: {}, routing: { defaultModel: 'other/m' }, plugins: ['./plugin.mjs'] },
      {
        'plugin.mjs': `export default { onRequest(request) {
          if (request.max_tokens === 7) return;
          for (const message of request.messages) message.content += ' (changed)';
        } }`,
      },
    );
    const marker = answering(upstream, () => say('hello'));
    const texts = [`${'long '.repeat(5000)} ${marker}`, 'one', 'two', 'three', 'four'];
    const messages = texts.map((content, index) => ({ role: index % 2 === 0 ? 'user' : 'assistant', content }));
    for (const [length, limit] of [
      [1, 8],
      [3, 7],
      [3, 8],
      [5, 7],
      [5, 8],
    ] as const) {
      const body = { model: 'other/m', messages: messages.slice(0, length), max_tokens: limit };
      await http(`${router.url}/v1/messages`, { body: JSON.stringify(body) });
      const sent = upstream.calls(marker).at(-1)!.body.messages as { content: string }[];
      const expected = texts.slice(0, length).map((text) => (limit === 8 ? `${text} (changed)` : text));
      expect(sent.map(({ content }) => content)).toEqual(expected);
    }
  });

  it('fails the call where it is required and fails', async () => {
    const router = await withPlugin('export default { onRequest() { throw new Error("secret") } }', { required: true });
    const marker = answering(upstream, () => say('hello'));
    for (let time = 0; time < 7; time += 1) {
      const reply = await ask(router.url, marker, { stream: true });
      expect([reply.status, reply.text.includes('secret')]).toEqual([500, false]);
    }
    expect(upstream.calls(marker)).toEqual([]);
  });

  it('is not asked any more after failing again and again', async () => {
    const router =
      await withPlugin(`export default { onRequest() { globalThis.askedInVain = (globalThis.askedInVain ?? 0) + 1; throw new Error('no'); },
      onResponse(message) { return message; } }`);
    const marker = answering(upstream, () => say('hello'));
    const replies = [];
    for (let time = 0; time < 8; time += 1) replies.push(await ask(router.url, marker));
    expect(replies.every(({ status }) => status === 200)).toBe(true);
    expect((globalThis as { askedInVain?: number }).askedInVain).toBe(5);
  });
});

describe('what a plugin knows', () => {
  it('is the call, its route, its model, its cost and its notes, and no credential', async () => {
    const router = await withPlugin(`export default class {
      onRequest(request, context) { context.notes.set('seen', Object.keys(context.headers).sort()); context.log('hello'); }
      onRoute(route, context) { context.notes.set('route', [route, context.route]); }
      onResponse(response, context) {
        const { requestId, requestedModel, caller, stream, model, provider, cache } = context;
        return { requestId, requestedModel, caller, stream, model, provider, cache, cost: context.costUsd(response.usage), notes: [...context.notes] };
      }
    }`);
    const marker = answering(upstream, () => say('hello'));
    const reply = await ask(router.url, marker, { headers: { 'x-api-key': 'secret', authorization: 'Bearer secret' } });
    const route = { models: ['gpt-4'], rule: 'hard-choice', reason: expect.any(String) };
    expect(reply.json()).toEqual({
      ...{ requestId: reply.headers['request-id'], requestedModel: 'gpt-4', caller: 'local', stream: false },
      ...{ model: 'gpt-4', provider: 'fake', cache: 'off', cost: 0.0105 },
      notes: [
        ['seen', expect.not.arrayContaining(['x-api-key', 'authorization'])],
        ['route', [route, route]],
      ],
    });
  });

  it('are errors, too, and nothing that it does about them matters', async () => {
    const router = await withPlugin(`const seen = [];
      export default { onError(error, context) { seen.push([error.kind, error.status, error.message]); throw new Error('no'); },
      onRequest(request) { return { ...request, system: JSON.stringify(seen) } } }`);
    const marker = answering(upstream, (_asked, _turn, time) =>
      time === 0 ? { status: 400, message: 'bad' } : say('hello'),
    );
    expect((await ask(router.url, marker)).status).toBe(400);
    await ask(router.url, marker);
    expect(upstream.calls(marker)[1]!.asked.system).toContain('upstream-refused-request');
  });
});

describe('a stream', () => {
  const shouting = `export default { event(event) {
    if (event.delta?.type === 'text_delta') event.delta.text = event.delta.text.toUpperCase();
  } }`;
  const startWith = (source: string, more: Record<string, unknown> = {}) =>
    start({ transformers: { response: [{ path: './t.mjs', timeout: 300, ...more }] } }, { 't.mjs': source });
  const answered = () =>
    answering(upstream, () => ({
      blocks: [
        { type: 'text', text: 'good morning' },
        { type: 'tool', name: 'go', input: { a: 1 }, id: 't1' },
      ],
      stop: 'tool',
      usage: { input: 10, output: 5 },
    }));
  const more = { tools: [{ name: 'go', input_schema: { type: 'object' } }] };

  it('is changed event by event', async () => {
    const router = await startWith(shouting);
    expect(textOf(await ask(router.url, answered(), { stream: true, more }))).toBe('GOOD MORNING');
  });

  it.each([
    ['throws', 'throw new Error("no")'],
    ['never answers', 'return new Promise(() => {})'],
    ['never gives the process back', 'for (;;);'],
    ['returns rubbish', 'return 7'],
    ['drops its type', 'delete event.type'],
    ['moves blocks', 'event.index = 9'],
    ['breaks a tool’s input', 'if (event.delta?.partial_json) event.delta.partial_json = "{"'],
    ['ends it early', 'return { type: "message_stop" }'],
    ['takes the text away', 'if (event.delta) event.delta.text = undefined'],
    ['returns nothing', ''],
  ])('stays the same where a transformer %s', async (_, body) => {
    const plain = await start({});
    const router = await startWith(`export default { event(event) { ${body} } }`);
    const marker = answered();
    const expected = messageOf(await ask(plain.url, marker, { stream: true, more }));
    const got = messageOf(await ask(router.url, marker, { stream: true, more }));
    expect({ ...got, id: '' }).toEqual({ ...expected, id: '' });
  });

  it('is transformed whole only for who wants it', async () => {
    const source = (stream: string) => `export default { ${stream} transform(response, sourceModel) {
      return { content: response.content.map((b) => b.type === 'text' ? { ...b, text: sourceModel + ': ' + b.text } : b), model: sourceModel };
    } }`;
    const [without, within] = [await startWith(source('')), await startWith(source("stream: 'message',"))];
    expect(textOf(await ask(without.url, answered(), { stream: true, more }))).toBe('good morning');
    const message = messageOf(await ask(within.url, answered(), { stream: true, more }));
    expect(message).toMatchObject({
      model: 'gpt-4',
      stop_reason: 'tool_use',
      content: [{ text: 'gpt-4: good morning' }, { input: { a: 1 } }],
    });
  });

  it.each([
    ['throws', 'throw new Error("no")'],
    ['returns no message', 'return { content: 5 }'],
    ['never answers', 'return new Promise(() => {})'],
  ])('that is held back is told as it was where a transformer %s', async (_, body) => {
    const router = await startWith(`export default { stream: 'message', transform(response) { ${body} } }`);
    expect(textOf(await ask(router.url, answered(), { stream: true, more }))).toBe('good morning');
  });

  it('ends in an error where a required transformer fails', async () => {
    const router = await startWith('export default { event() { throw new Error("no") } }', { required: true });
    const reply = await ask(router.url, answered(), { stream: true, more });
    expect(eventsOf(reply).at(-1)!.data).toMatchObject({
      type: 'error',
      error: { message: expect.stringContaining('t.mjs') },
    });
  });

  it('that breaks off goes on to the client as it came', async () => {
    const router = await startWith(
      `export default { stream: 'message', transform: (response) => ({ ...response, content: [] }) }`,
    );
    const marker = answering(upstream, () => ({ ...say('good morning, all of you'), die: { after: 2, how: 'reset' } }));
    expect(eventsOf(await ask(router.url, marker, { stream: true })).at(-1)!.type).toBe('error');
  });
});

describe('a request transformer', () => {
  it('is asked anew for each model that is tried, with the client’s request', async () => {
    const router = await start(
      { transformers: { request: ['./t.cjs'] }, routing: { defaultModel: 'gpt-4', fallbackModel: 'claude-3-sonnet' } },
      {
        't.cjs':
          'module.exports = { transform(request, model) { request.temperature ??= model === "gpt-4" ? 0.3 : 0.9; request.system = (request.system ?? "") + model } }',
      },
    );
    const marker = answering(upstream, ({ model }) =>
      model === 'one-1' ? { status: 529, message: 'busy' } : say('hello'),
    );
    await ask(router.url, marker);
    expect(upstream.calls(marker).map(({ body }) => [body.model, body.temperature, body.system])).toEqual([
      ['one-1', 0.3, 'gpt-4'],
      ['two-1', 0.9, 'claude-3-sonnet'],
    ]);
  });

  it.each([
    ['max-tokens', { maxTokens: 100 }, { max_tokens: 100 }],
    ['maxtoken', { max_tokens: 5000 }, { max_tokens: 1000 }],
    ['sampling', { temperature: 0.1, topK: 3 }, { temperature: 0.1, top_k: 3 }],
    ['clean-cache', {}, { system: [{ type: 'text', text: 'be kind' }] }],
    ['tool-use', {}, { system: [{ text: 'be kind' }, { text: expect.stringContaining('tool') }] }],
  ])('comes with the router: %s', async (name, config, expected) => {
    for (const block of [{ plugins: [{ name, config }] }, { transformers: { request: [{ name, config }] } }]) {
      const router = await start(block);
      const marker = answering(upstream, () => say('hello'));
      const system = [{ type: 'text', text: 'be kind', cache_control: { type: 'ephemeral' } }];
      await ask(router.url, marker, { more: { system, tools: [{ name: 'go', input_schema: { type: 'object' } }] } });
      expect(upstream.calls(marker)[0]!.body).toMatchObject(expected);
    }
  });
});

describe('everything together', () => {
  const source = `export default class {
    onRequest(request) { return request; }
    onResponse(response) { return response; }
    onStreamEvent(event) { return event; }
  }`;
  const on = [false, true];
  const all = on.flatMap((cache) =>
    on.flatMap((plugin) =>
      on.flatMap((request) =>
        ['none', 'whole', 'event', 'message'].map((response) => [cache, plugin, request, response] as const),
      ),
    ),
  );
  it.each(all)(
    'gives legal replies: cache %s, plugin %s, request transformer %s, response transformer %s',
    async (cache, plugin, request, response) => {
      const responses: Record<string, string> = {
        whole: 'export default (response) => ({ ...response, seen: true })',
        event: 'export default { event(event) { if (event.delta?.text) event.delta.text += "!"; return event } }',
        message:
          'export default { stream: "message", transform(response) { response.content[0].text += "?"; return response } }',
      };
      const router = await start(
        {
          ...(cache ? { cache: {} } : {}),
          ...(plugin ? { plugins: ['./p.mjs'] } : {}),
          transformers: { request: request ? ['./q.mjs'] : [], response: response === 'none' ? [] : ['./r.mjs'] },
        },
        {
          'p.mjs': source,
          'q.mjs': 'export default { transform: (request) => ({ ...request, temperature: 0.5 }) }',
          'r.mjs': responses[response] ?? '',
        },
      );
      const marker = answering(upstream, () => ({
        ...say('hi'),
        blocks: [{ type: 'text', text: 'hi', pieces: ['hi'] }],
      }));
      const texts = [];
      for (const stream of [true, false, true, false]) texts.push(textOf(await ask(router.url, marker, { stream })));
      const [streamed, whole] = [
        { event: 'hi!', message: 'hi?' }[response as string] ?? 'hi',
        response === 'message' ? 'hi?' : 'hi',
      ];
      expect(texts).toEqual([streamed, whole, streamed, whole]);
      expect(upstream.calls(marker)).toHaveLength(cache ? 1 : 4);
      expect(upstream.calls(marker)[0]!.body.temperature).toBe(request ? 0.5 : undefined);
    },
  );
});

describe('a configuration', () => {
  it.each([
    [{ plugins: ['CostTrakingPlugin'] }, {}, /plugins\.0.*did you mean "CostTrackingPlugin"/],
    [{ plugins: ['./none.mjs'] }, {}, /plugins\.0.*can’t be loaded/],
    [{ plugins: ['./p.mjs'] }, { 'p.mjs': 'export const a = 1, b = 2' }, /plugins\.0.*exports no plugin/],
    [{ plugins: [{ name: 'CachePlugin', config: { ttl: 'soon' } }] }, {}, /plugins\.0\.config\.ttl/],
    [
      { plugins: [{ path: './p.mjs', required: true }] },
      { 'p.mjs': 'export default class { constructor() { throw new Error("no key") } onRequest() {} }' },
      /no key/,
    ],
  ])('with %j is told what is wrong', async (more, files, expected) => {
    await expect(startInProcess(configWith(upstream, more), files, 'silent')).rejects.toThrow(expected);
  });

  it('goes without a plugin that can’t be made and is not required', async () => {
    const router = await start(
      { plugins: ['./p.mjs'] },
      { 'p.mjs': 'export default class { constructor() { throw new Error("no key") } onRequest() {} }' },
    );
    expect(router.warnings.join()).toContain('no key');
  });

  it('may name the cache and limits as plugins', async () => {
    const limit = { global: { requests: 2, window: 3600 } };
    const router = await start({
      plugins: ['CostTrackingPlugin', 'CachePlugin', { name: 'RateLimitPlugin', config: limit }],
    });
    const marker = answering(upstream, () => say('hello'));
    const replies = [await ask(router.url, marker), await ask(router.url, marker), await ask(router.url, marker)];
    expect(replies.map(({ status, headers }) => [status, headers['x-router-cache']])).toEqual([
      [200, 'miss'],
      [200, 'hit'],
      [429, 'off'],
    ]);
  });

  it('is loaded anew with its plugins, and those before are closed', async () => {
    const source = (text: string) =>
      `export default class { onRequest(request) { return { ...request, system: '${text}' } } close() { globalThis.closedPlugins = (globalThis.closedPlugins ?? []).concat('${text}') } }`;
    const config = { plugins: ['./one.mjs'] };
    const router = await start(config, { 'one.mjs': source('one'), 'two.mjs': source('two') });
    const marker = answering(upstream, () => say('hello'));
    await ask(router.url, marker);
    await router.reconfigure(configWith(upstream, { plugins: ['./two.mjs'] }));
    await ask(router.url, marker);
    expect(upstream.calls(marker).map(({ asked }) => asked.system)).toEqual(['one', 'two']);
    await expect.poll(() => (globalThis as { closedPlugins?: string[] }).closedPlugins).toEqual(['one']);
  });
});
