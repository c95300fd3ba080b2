import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { http, messagesBody } from '../support/http.ts';
import { type InProcessRouter, startInProcess } from '../support/in-process-router.ts';

/** What was asked for, and what is to be answered. */
let asked: { url: string; headers: NodeJS.Dict<string | string[]>; body: Record<string, unknown> }[] = [];
let reply: { status: number; body: object };

let provider: Server;
let router: InProcessRouter;

beforeAll(async () => {
  provider = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    asked.push({ url: request.url!, headers: request.headers, body: JSON.parse(Buffer.concat(chunks).toString()) });
    response.writeHead(reply.status, { 'content-type': 'application/json' }).end(JSON.stringify(reply.body));
  });
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
  router = await startInProcess({
    models: {
      gemini: { provider: 'google', apiKey: 'of-google', model: 'gemini-2.5-pro', endpoint: `${base}/v1beta/models` },
      responses: { provider: 'openai', apiKey: 'of-openai', model: 'gpt-5.1', endpoint: `${base}/v1/responses` },
      without: { provider: 'google', apiKey: 'of-google', model: 'gemma', endpoint: `${base}/v1beta/models` },
    },
  });
});
afterAll(async () => {
  await router?.stop();
  provider?.close();
});

const tools = [{ name: 'Read', description: 'Reads a file.', input_schema: { type: 'object', properties: {} } }];

async function count(model: string): Promise<{ input_tokens: number }> {
  asked = [];
  const body = messagesBody('Hello', { model, system: 'Be brief.', tools, max_tokens: 100, temperature: 0.5 });
  const counted = await http(`${router.url}/v1/messages/count_tokens`, { body });
  expect(counted.status, counted.text).toBe(200);
  return counted.json() as { input_tokens: number };
}

describe('the tokens of a prompt', () => {
  it('are counted by Gemini, with the system prompt and the tools', async () => {
    reply = { status: 200, body: { totalTokens: 4321 } };
    expect(await count('gemini')).toEqual({ input_tokens: 4321 });
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({
      url: '/v1beta/models/gemini-2.5-pro:countTokens',
      headers: { 'x-goog-api-key': 'of-google' },
      body: {
        generateContentRequest: {
          model: 'models/gemini-2.5-pro',
          contents: [{ role: 'user', parts: [{ text: 'Hello' }] }],
          systemInstruction: { parts: [{ text: 'Be brief.' }] },
          tools: [{ functionDeclarations: [{ name: 'Read' }] }],
        },
      },
    });
  });

  it('are counted by OpenAI, which is asked for nothing that is not in the prompt', async () => {
    reply = { status: 200, body: { object: 'response.input_tokens', input_tokens: 1234 } };
    expect(await count('responses')).toEqual({ input_tokens: 1234 });
    expect(asked).toHaveLength(1);
    const { url, headers, body } = asked[0]!;
    expect([url, headers.authorization]).toEqual(['/v1/responses/input_tokens', 'Bearer of-openai']);
    expect(body).toMatchObject({ model: 'gpt-5.1', input: expect.any(Array), tools: [{ name: 'Read' }] });
    for (const field of ['max_output_tokens', 'temperature', 'stream', 'store', 'include']) {
      expect(body).not.toHaveProperty(field);
    }
  });

  it.each([
    ['gemini', 429, { error: { code: 429, message: 'too many' } }],
    ['responses', 500, { error: { message: 'no idea' } }],
    ['gemini', 200, { tokens: 'many' }],
    ['responses', 200, {}],
  ])('are estimated where %s answers %i without a count', async (model, status, body) => {
    reply = { status, body };
    const { input_tokens: tokens } = await count(model);
    expect(tokens).toBeGreaterThan(10);
    expect(tokens).toBeLessThan(500);
  });

  it('are not asked for again where the server has no such method', async () => {
    reply = { status: 404, body: { error: { code: 404, message: 'no such method' } } };
    const { input_tokens: tokens } = await count('without');
    expect(asked).toHaveLength(1);
    expect(await count('without')).toEqual({ input_tokens: tokens });
    expect(asked).toEqual([]);
  });
});
