import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { http } from '../support/http.ts';
import { type InProcessRouter, startInProcess } from '../support/in-process-router.ts';

interface Asked {
  line: string;
  key: string | undefined;
  beta: string | undefined;
  body: string;
}

const asked: Asked[] = [];
let anthropic: Server;
let router: InProcessRouter;
let without: InProcessRouter;

beforeAll(async () => {
  anthropic = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { 'x-api-key': key, 'anthropic-beta': beta } = request.headers;
    asked.push({
      ...{ line: `${request.method} ${request.url}`, key: String(key), beta: beta === undefined ? beta : String(beta) },
      body: Buffer.concat(chunks).toString('utf8'),
    });
    response.writeHead(200, { 'content-type': 'application/x-jsonl' });
    response.end('{"custom_id":"a"}\n{"custom_id":"b"}\n');
  });
  await new Promise<void>((resolve) => anthropic.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(anthropic.address() as AddressInfo).port}`;
  router = await startInProcess({
    providers: { anthropic: { apiKey: 'the-key-of-anthropic', baseUrl, models: { 'claude-sonnet-5-5': {} } } },
  });
  without = await startInProcess({ models: { demo: { provider: 'demo' } } });
});

afterAll(async () => {
  await router?.stop();
  await without?.stop();
  anthropic.close();
});

describe('batches and files', () => {
  it.each([
    ['POST', '/v1/messages/batches?beta=true', '{"requests":[]}'],
    ['GET', '/v1/messages/batches?limit=2', undefined],
    ['GET', '/v1/messages/batches/msgbatch_1/results', undefined],
    ['POST', '/v1/messages/batches/msgbatch_1/cancel', '{}'],
    ['DELETE', '/v1/files/file_1', undefined],
  ])('go to Anthropic as they are: %s %s', async (method, path, body) => {
    const headers = { 'x-api-key': 'of the client', 'anthropic-beta': 'files-api-2025-04-14' };
    const reply = await http(`${router.url}${path}`, { method, headers, ...(body === undefined ? {} : { body }) });
    expect([reply.status, reply.text]).toEqual([200, '{"custom_id":"a"}\n{"custom_id":"b"}\n']);
    expect(reply.headers['content-type']).toBe('application/x-jsonl');
    expect(asked.at(-1)).toEqual({
      ...{ line: `${method} ${path}`, key: 'the-key-of-anthropic', beta: 'files-api-2025-04-14', body: body ?? '' },
    });
  });

  it('are nowhere without an Anthropic', async () => {
    const reply = await http(`${without.url}/v1/messages/batches`, { body: { requests: [] } });
    expect([reply.status, reply.json()]).toMatchObject([404, { type: 'error', error: { type: 'not_found_error' } }]);
  });

  it.each(['/v1/files/..%2f..%2fadmin', '/v1/files/a%5cb'])('lead nowhere else: %s', async (path) => {
    const before = asked.length;
    expect((await http(`${router.url}${path}`)).status).toBe(404);
    expect(asked).toHaveLength(before);
  });
});
