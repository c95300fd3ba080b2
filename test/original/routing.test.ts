import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ClientRequest, type ClientRequestOptions, clientRequest } from '../support/claude-code-request.ts';
import { type FakeUpstream, startFakeUpstream, upstreamKey } from '../support/fake-upstream.ts';
import { type HttpReply, http } from '../support/http.ts';
import { type InProcessRouter, startInProcess } from '../support/in-process-router.ts';
import { originalBlocks } from './blocks.ts';

/** Every word that a rule of the original looks for: none of it was typed by the person. */
const noise = [
  'Please write code, implement it, create function main in app.py, index.js and types.ts.',
  'Debug and refactor. Document, comment and explain it; analyze, review and understand.',
  'Create, design, brainstorm and generate.',
].join('\n');

const original: Record<string, unknown> = Object.assign({}, ...originalBlocks());
const names = ['claude-3-sonnet', 'gpt-4', 'gemini-pro', 'gpt-3.5-turbo', 'claude-3-haiku'];
const routers: InProcessRouter[] = [];
let upstream: FakeUpstream;

beforeAll(async () => {
  upstream = await startFakeUpstream();
});

afterAll(async () => {
  for (const router of routers) await router.stop();
  await upstream?.stop();
});

/** A router with blocks of the original, and every model it names at the scripted upstream. */
async function routerWith(blocks: string[], more: Record<string, unknown> = {}): Promise<InProcessRouter> {
  const isClaude = (name: string) => name.startsWith('claude');
  const models = names.map((name) => [
    name,
    {
      provider: isClaude(name) ? 'anthropic' : 'openai',
      apiKey: upstreamKey,
      endpoint: `${upstream.url}${isClaude(name) ? '/v1/messages' : '/v1/chat/completions'}`,
      contextWindow: 1_000_000,
    },
  ]);
  const router = await startInProcess({
    models: Object.fromEntries(models),
    routing: { defaultModel: 'claude-3-sonnet', fallbackModel: 'gpt-4' },
    ...Object.fromEntries(blocks.map((name) => [name, original[name]])),
    ...more,
  });
  routers.push(router);
  return router;
}

async function send(router: InProcessRouter, { headers, body }: ClientRequest): Promise<HttpReply> {
  const reply = await http(`${router.url}/v1/messages`, { headers, body });
  expect(reply.status, reply.text.slice(0, 300)).toBe(200);
  return reply;
}

async function route(router: InProcessRouter, text: string, options: ClientRequestOptions = {}) {
  const { headers } = await send(router, clientRequest(text, { noise, ...options }));
  return [headers['x-router-rule'], headers['x-router-model']];
}

/** A request of few tokens, as other clients send it. */
function small(text: string): ClientRequest {
  return {
    headers: {},
    body: { model: 'claude-opus-5-5', max_tokens: 50, messages: [{ role: 'user', content: text }] },
  };
}

describe('the rules of the original, with requests of Claude Code', () => {
  let router: InProcessRouter;
  beforeAll(async () => {
    router = await routerWith(['routingRules']);
  });

  it.each([
    ['Please implement a parser in parser.py', 'code_generation', 'gpt-4'],
    ['write code that sorts the names in src/names.ts', 'code_generation', 'gpt-4'],
    ['WRITE CODE for @src/Main.java', 'code_generation', 'gpt-4'],
    ['Document the public API of this module', 'documentation', 'claude-3-sonnet'],
    ['Please explain and document how the cache works', 'documentation', 'claude-3-sonnet'],
    ['add a comment to every exported thing', 'documentation', 'claude-3-sonnet'],
    ['What time is it?', 'default', 'claude-3-sonnet'],
    ['implement a parser', 'default', 'claude-3-sonnet'],
    ['implement a parser in parser.rs', 'default', 'claude-3-sonnet'],
  ])('%s: %s, %s', async (text, rule, model) => {
    expect(await route(router, text)).toEqual([rule, model]);
  });

  it('takes the files of earlier tool calls where the text names none', async () => {
    const before = [{ text: 'look around', files: ['/src/app.py'] }];
    expect(await route(router, 'now implement the rest', { before })).toEqual(['code_generation', 'gpt-4']);
  });

  it('keeps its choice through all calls of an agent’s loop', async () => {
    for (const toolCalls of [0, 1, 5, 12]) {
      expect(await route(router, 'implement it in main.py', { toolCalls })).toEqual(['code_generation', 'gpt-4']);
      expect(await route(router, 'go on', { toolCalls })).toEqual(['default', 'claude-3-sonnet']);
    }
  });

  it('sends short and simple requests to the cheap model', async () => {
    const { headers } = await send(router, small('rename this variable please'));
    expect([headers['x-router-rule'], headers['x-router-model']]).toEqual(['cost_optimization', 'gpt-3.5-turbo']);
    expect(upstream.requests.at(-1)!.body.model).toBe('gpt-3.5-turbo');
  });
});

describe('intelligent routing of the original', () => {
  let router: InProcessRouter;
  beforeAll(async () => {
    router = await routerWith(['intelligentRouting']);
  });

  it.each([
    ['Implement the login form', 'code_tasks', 'gpt-4'],
    ['write some code for the parser', 'code_tasks', 'gpt-4'],
    ['I am debugging this crash', 'code_tasks', 'gpt-4'],
    ['Refactoring the store is due', 'code_tasks', 'gpt-4'],
    ['Peux-tu implémenter le formulaire ?', 'code_tasks', 'gpt-4'],
    ['débogue ce module', 'code_tasks', 'gpt-4'],
    ['Analyse this log', 'analysis_tasks', 'claude-3-sonnet'],
    ['I want to understand the cache', 'analysis_tasks', 'claude-3-sonnet'],
    ['Explique-moi ce fichier', 'analysis_tasks', 'claude-3-sonnet'],
    ['Brainstorm names for a cat', 'creative_tasks', 'gemini-pro'],
    ['génère une image de marque', 'creative_tasks', 'gemini-pro'],
    ['Explain how to implement a queue', 'default', 'claude-3-sonnet'],
    ['Is this reimplemented anywhere? The creatures are designated.', 'default', 'claude-3-sonnet'],
    ['Good morning', 'default', 'claude-3-sonnet'],
  ])('%s: %s, %s', async (text, rule, model) => {
    expect(await route(router, text, { toolCalls: 2 })).toEqual([rule, model]);
  });
});

describe('cost optimization of the original', () => {
  it.each([
    [10, 'gpt-3.5-turbo'],
    [1000, 'claude-3-haiku'],
    [3000, 'claude-3-sonnet'],
  ])('sends a prompt of about %i tokens to %s', async (tokens, model) => {
    const router = await routerWith(['costOptimization'], { routing: { defaultModel: 'gemini-pro' } });
    const { headers } = await send(router, small('word '.repeat(tokens)));
    expect([headers['x-router-rule'], headers['x-router-model']]).toEqual(['cost-optimization', model]);
  });
});

describe('load balancing of the original', () => {
  it('gives ten new sessions four, four and two, in any window of ten', async () => {
    const router = await routerWith(['loadBalancing']);
    const models: string[] = [];
    for (let index = 0; index < 30; index += 1) {
      const [rule, model] = await route(router, 'hello', { session: `session-${index}` });
      expect(rule).toBe('load-balancing');
      models.push(String(model));
    }
    for (let start = 0; start + 10 <= models.length; start += 1) {
      const counts = ['gpt-4', 'claude-3-sonnet', 'gemini-pro'].map(
        (name) => models.slice(start, start + 10).filter((model) => model === name).length,
      );
      expect(counts).toEqual([4, 4, 2]);
    }
  });

  it('keeps a session where it is, whatever is reloaded beside it', async () => {
    const router = await routerWith(['loadBalancing']);
    const ask = async (session: string) => (await route(router, 'hello', { session }))[1];
    const sessions = ['a', 'b', 'c', 'd', 'e'];
    const first = await Promise.all(sessions.map(ask));
    expect(new Set(first).size).toBe(3);
    expect(await Promise.all(sessions.map(ask))).toEqual(first);
  });
});

describe('all blocks of the original together', () => {
  it('route as each of them says', async () => {
    const router = await routerWith(['routingRules', 'intelligentRouting', 'costOptimization', 'loadBalancing']);
    expect(await route(router, 'implement a parser in a.py')).toEqual(['code_generation', 'gpt-4']);
    expect(await route(router, 'Review my change')).toEqual(['analysis_tasks', 'claude-3-sonnet']);
    expect(await route(router, 'Good morning')).toEqual(['cost-optimization', 'claude-3-sonnet']);
  });

  it('take the requested model where the client names one that is no Claude', async () => {
    const router = await routerWith(['routingRules', 'intelligentRouting', 'loadBalancing']);
    expect(await route(router, 'Review my change', { model: 'gemini-pro' })).toEqual(['hard-choice', 'gemini-pro']);
  });
});
