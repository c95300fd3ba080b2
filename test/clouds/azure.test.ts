import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ask, type Cloud, cloudTarget, helloMessage, openTransport, startCloud } from './bed.ts';

const transport = openTransport();
const completion = {
  ...{ id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'gpt-4.1' },
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hello!' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
};
const chunk = (choices: object[]) => `data: ${JSON.stringify({ ...completion, usage: null, choices })}\n\n`;
const streamed = [
  `data: ${JSON.stringify({ id: '', object: '', created: 0, model: '', choices: [], prompt_filter_results: [] })}\n\n`,
  chunk([{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }]),
  chunk([{ index: 0, delta: { content: 'Hello!' }, finish_reason: null }]),
  chunk([{ index: 0, delta: {}, finish_reason: 'stop' }]),
  `data: ${JSON.stringify({ ...completion, choices: [] })}\n\n`,
  'data: [DONE]\n\n',
];

let cloud: Cloud;

beforeAll(async () => {
  cloud = await startCloud(({ path, json }) => {
    if (path.includes('/anthropic/')) return { chunks: [JSON.stringify(helloMessage)] };
    if (json().stream !== true) return { chunks: [JSON.stringify(completion)] };
    return { headers: { 'content-type': 'text/event-stream' }, chunks: streamed };
  });
});

afterEach(() => {
  cloud.received.length = 0;
});

afterAll(async () => {
  await transport.destroy();
  await cloud.stop();
});

describe('a call to Azure', () => {
  it.each([
    ['v1', undefined, '/openai/v1/chat/completions'],
    ['classic', '2024-10-21', '/openai/deployments/gpt-4.1/chat/completions?api-version=2024-10-21'],
  ])('case 141: at the %s paths carries the key as api-key', async (_, apiVersion, path) => {
    const target = cloudTarget('azure', 'gpt-4.1', { apiKeys: ['k'], baseUrl: cloud.url, apiVersion });
    await expect(ask(transport, target)).resolves.toMatchObject({ content: [{ type: 'text', text: 'Hello!' }] });
    const [received] = cloud.received;
    expect(received!.path).toBe(path);
    expect(received!.headers['api-key']).toBe('k');
    expect(received!.headers).not.toHaveProperty('authorization');
  });

  it('case 142: streams behind a first chunk without choices', async () => {
    const target = cloudTarget('azure', 'gpt-4.1', { apiKeys: ['k'], baseUrl: cloud.url });
    await expect(ask(transport, target, { stream: true })).resolves.toMatchObject({
      content: [{ type: 'text', text: 'Hello!' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 3, output_tokens: 2 },
    });
  });

  it('carries a token of Entra ID as Bearer', async () => {
    const token = 'eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJhIn0.c2ln';
    await ask(transport, cloudTarget('azure', 'gpt-4.1', { apiKeys: [token], baseUrl: cloud.url }));
    const [received] = cloud.received;
    expect(received!.headers.authorization).toBe(`Bearer ${token}`);
    expect(received!.headers).not.toHaveProperty('api-key');
  });
});

describe('a call to Foundry', () => {
  it('is Anthropic’s own form for Claude, the deployment as model', async () => {
    const target = cloudTarget('foundry', 'my-claude-opus', { apiKeys: ['k'], baseUrl: cloud.url });
    const headers = { 'anthropic-version': '2026-10-21', 'anthropic-beta': 'anything-2030-01-01' };
    await expect(ask(transport, target, {}, headers)).resolves.toMatchObject({ content: helloMessage.content });
    const [received] = cloud.received;
    expect(received!.path).toBe('/anthropic/v1/messages?beta=true');
    expect(received!.headers).toMatchObject({ 'api-key': 'k', ...headers });
    expect(received!.json()).toMatchObject({ model: 'my-claude-opus', max_tokens: 10 });
  });

  it('is OpenAI’s form for others', async () => {
    await ask(transport, cloudTarget('foundry', 'gpt-4.1', { apiKeys: ['k'], baseUrl: cloud.url }));
    expect(cloud.received[0]!.path).toBe('/openai/v1/chat/completions');
  });
});
