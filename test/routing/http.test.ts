import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ClientRequest, clientRequest, titleRequest } from '../support/claude-code-request.ts';
import { type FakeUpstream, startFakeUpstream, upstreamKey } from '../support/fake-upstream.ts';
import { http } from '../support/http.ts';
import { type InProcessRouter, startInProcess } from '../support/in-process-router.ts';

let upstream: FakeUpstream;
const routers: InProcessRouter[] = [];

beforeAll(async () => {
  upstream = await startFakeUpstream();
});

afterAll(async () => {
  for (const router of routers) await router.stop();
  await upstream?.stop();
});

function model(more: Record<string, unknown> = {}): Record<string, unknown> {
  const endpoint = `${upstream.url}/v1/messages`;
  return { provider: 'anthropic', apiKey: upstreamKey, endpoint, contextWindow: 1_000_000, ...more };
}

async function start(config: Record<string, unknown>, files: Record<string, string> = {}): Promise<InProcessRouter> {
  const models = { first: model(), second: model(), third: model() };
  const router = await startInProcess({ models, routing: { defaultModel: 'first' }, ...config }, files);
  routers.push(router);
  return router;
}

const send = (router: InProcessRouter, { headers, body }: ClientRequest) =>
  http(`${router.url}/v1/messages`, { headers, body });
const explain = (router: InProcessRouter, body: unknown, headers: Record<string, string> = {}) =>
  http(`${router.url}/api/explain`, { headers, body });

describe('POST /api/explain', () => {
  const rules = {
    routingRules: [{ name: 'codé', condition: { messageContains: 'implement' }, targetModel: 'second' }],
  };

  it('tells where a body would go, the same bytes each time, and sends nothing', async () => {
    const router = await start(rules);
    const sent = upstream.requests.length;
    const { body, headers } = clientRequest('implement it');
    const [one, other] = [await explain(router, body, headers), await explain(router, body, headers)];
    expect(one.status).toBe(200);
    expect(one.text).toBe(other.text);
    expect(one.json()).toMatchObject({
      winner: { model: 'second', provider: 'anthropic' },
      rule: 'codé',
      candidates: [{ model: 'second' }, { model: 'first' }],
      facts: { text: 'implement it', hasTools: true },
    });
    expect(upstream.requests.length).toBe(sent);
  });

  it('takes a request with its headers', async () => {
    const router = await start(rules);
    const { body } = clientRequest('implement it');
    const reply = await explain(router, { request: body, headers: { 'X-Router-Model': 'third' } });
    expect(reply.json()).toMatchObject({ winner: { model: 'third' }, rule: 'hard-choice' });
  });

  it('says what a call then does', async () => {
    const router = await start(rules);
    const request = clientRequest('implement it');
    const told = (await explain(router, request.body, request.headers)).json();
    const { headers } = await send(router, { ...request, headers: { ...request.headers, 'x-debug': 'true' } });
    expect(told).toMatchObject({ winner: { model: headers['x-router-model'] } });
    expect(headers['x-router-rule']).toBe('cod?');
    expect(headers['x-router-decision']).toContain('second > first by cod?');
  });

  it.each([
    [{ model: 'x' }, 'messages'],
    [{ request: 5 }, 'request'],
    [{ request: { model: 'x', messages: [] }, headers: { a: 5 } }, 'headers'],
    ['{', 'JSON'],
  ])('refuses %j with 400', async (body, word) => {
    const router = routers[0]!;
    const reply = await explain(router, body);
    expect([reply.status, reply.text]).toEqual([400, expect.stringContaining(word)]);
  });
});

describe('calls', () => {
  it('get the fields that their rule sets, and go on otherwise as they are', async () => {
    const set = { stop_sequences: ['STOP'], max_tokens: 77 };
    const router = await start({ routingRules: [{ name: 'r', condition: {}, targetModel: 'second', set }] });
    expect((await send(router, clientRequest('set'))).status).toBe(200);
    expect(upstream.requests.at(-1)!.body).toMatchObject({ ...set, model: 'second' });
  });

  it('that no window holds are told so in words that clients know', async () => {
    const models = { first: model({ contextWindow: 3000 }), second: model({ contextWindow: 4000 }) };
    const router = await start({ models, routing: { defaultModel: 'first', fallbackModel: 'second' } });
    const reply = await send(router, clientRequest('word '.repeat(20_000)));
    expect(reply.status).toBe(400);
    expect(reply.json()).toMatchObject({
      error: {
        type: 'invalid_request_error',
        message: expect.stringMatching(/^prompt is too long: \d+ tokens > 2976 maximum$/),
      },
    });
  });

  it('go to the scenario’s model', async () => {
    const router = await start({
      routing: { defaultModel: 'first', scenarios: { background: 'second', subagent: 'third' } },
    });
    const ruleOf = async (request: ClientRequest) => (await send(router, request)).headers['x-router-rule'];
    expect(await ruleOf(titleRequest('hello'))).toBe('scenario:background');
    expect(await ruleOf(clientRequest('hello', { subagent: true }))).toBe('scenario:subagent');
    expect(await ruleOf(clientRequest('hello'))).toBe('default');
  });

  it('keep their session’s target when another goes at a reload', async () => {
    const pool = (models: string[]) => ({ loadBalancing: { models, strategy: 'round_robin' } });
    const models = { first: model(), second: model(), third: model() };
    const router = await start({ models, ...pool(['first', 'second', 'third']) });
    const ask = async (session: string) =>
      (await send(router, clientRequest('hello', { session }))).headers['x-router-model'];
    const before = [await ask('s1'), await ask('s2'), await ask('s3')];
    expect(before).toEqual(['first', 'second', 'third']);
    await router.reconfigure({ models, routing: { defaultModel: 'first' }, ...pool(['first', 'second']) });
    expect([await ask('s2'), await ask('s1')]).toEqual(['second', 'first']);
  });
});

describe('an own routing function', () => {
  const config = { routing: { defaultModel: 'first', router: './choose.mjs' } };
  const choose = `export default async (request, facts) => {
    if (facts.text === 'throw') throw new Error('no idea');
    if (facts.text.includes('hard')) return 'anthropic/second';
    return request.body.messages.length > 5 ? 'third' : undefined;
  };`;

  it('is asked before the rules, and its failures stop no call', async () => {
    const router = await start(
      { ...config, routingRules: [{ name: 'r', condition: {}, targetModel: 'third' }] },
      { 'choose.mjs': choose },
    );
    const ruleOf = async (text: string) => (await send(router, clientRequest(text))).headers['x-router-rule'];
    expect([await ruleOf('a hard one'), await ruleOf('x'), await ruleOf('throw')]).toEqual(['custom-router', 'r', 'r']);
    const { headers, body } = clientRequest('throw');
    expect((await explain(router, body, headers)).text).toContain('it failed: no idea');
  });

  it('is given a copy: what it changes reaches neither this call nor the next', async () => {
    const router = await start(config, {
      'choose.mjs': `export default ({ body }) => {
        const { messages } = body;
        const told = messages.at(-1).content.length;
        for (const message of messages) message.content = [];
        return told === 0 ? undefined : 'third';
      };`,
    });
    const request = clientRequest(`${'long '.repeat(5000)} question`);
    for (let time = 0; time < 3; time += 1) {
      expect((await send(router, request)).headers['x-router-rule']).toBe('custom-router');
    }
  });

  it('may be CommonJS', async () => {
    const router = await start(
      { routing: { defaultModel: 'first', router: 'choose.cjs' } },
      { 'choose.cjs': `module.exports = () => 'second'` },
    );
    expect((await send(router, clientRequest('x'))).headers['x-router-model']).toBe('second');
  });

  it('must be there', async () => {
    await expect(start(config)).rejects.toThrow('routing.router');
    await expect(start(config, { 'choose.mjs': 'export const nothing = 5;' })).rejects.toThrow('exports no function');
  });
});

describe('conditions that can’t be read', () => {
  it('keep the router from starting, and say where, what, and what was meant', async () => {
    const costOptimization = { rules: [{ condition: 'tokenCount < 5 && tokenCuont > 2', model: 'first' }] };
    await expect(start({ costOptimization })).rejects.toThrow(
      /costOptimization\.rules\.0\.condition.*unknown variable tokenCuont, at character 19.*did you mean "tokenCount"/,
    );
  });
});
