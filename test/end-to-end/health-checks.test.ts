import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { http, messagesBody } from '../support/http.ts';
import { type InProcessRouter, startInProcess } from '../support/in-process-router.ts';

interface Provider {
  url: string;
  server: Server;
  paths: string[];
  status: number;
}

async function startProvider(): Promise<Provider> {
  const provider: Provider = { url: '', server: createServer(), paths: [], status: 200 };
  provider.server.on('request', (request, response) => {
    provider.paths.push(`${request.method} ${request.url}`);
    request.resume();
    request.once('end', () => {
      const answer = { choices: [{ message: { content: 'ok' }, finish_reason: 'stop' }] };
      response.writeHead(provider.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(provider.status === 200 ? answer : { error: 'out of order' }));
    });
  });
  await new Promise<void>((resolve) => provider.server.listen(0, '127.0.0.1', resolve));
  provider.url = `http://127.0.0.1:${(provider.server.address() as AddressInfo).port}`;
  return provider;
}

let first: Provider;
let second: Provider;
let router: InProcessRouter;

beforeAll(async () => {
  [first, second] = [await startProvider(), await startProvider()];
  const provider = ({ url }: Provider, name: string) => ({
    ...{ type: 'openai-compatible', baseUrl: `${url}/v1`, models: { [name]: {} } },
  });
  router = await startInProcess({
    providers: { one: provider(first, 'first'), two: provider(second, 'second') },
    loadBalancing: {
      ...{ enabled: true, strategy: 'in_order', models: ['first', 'second'], affinity: 'call' },
      healthCheck: { enabled: true, interval: '100ms', timeout: 2 },
    },
  });
});

afterAll(async () => {
  await router?.stop();
  for (const { server } of [first, second]) {
    server.closeAllConnections();
    server.close();
  }
});

async function answeredBy(): Promise<unknown> {
  return (await http(`${router.url}/v1/messages`, { body: messagesBody('hello') })).headers['x-router-model'];
}

interface ModelState {
  name: string;
  status: string;
  resting?: string;
}

async function stateOf(name: string): Promise<ModelState | undefined> {
  const { models } = (await http(`${router.url}/health/models`)).json() as { models: ModelState[] };
  return models.find((model) => model.name === name);
}

describe('the models of a pool', () => {
  it('are looked after without spending a token, and left alone while they are out of order', async () => {
    await expect.poll(async () => (await stateOf('first'))?.status).toBe('ok');
    expect(await answeredBy()).toBe('first');
    first.status = 500;
    await expect.poll(async () => (await stateOf('first'))?.resting).toBe('its health check failed: it answered 500');
    const asked = first.paths.filter((path) => path.startsWith('POST')).length;
    expect(await answeredBy()).toBe('second');
    expect(first.paths.filter((path) => path.startsWith('POST'))).toHaveLength(asked);
    first.status = 200;
    await expect.poll(async () => (await stateOf('first'))?.status).toBe('ok');
    expect(await answeredBy()).toBe('first');
    expect(new Set(first.paths)).toEqual(new Set(['GET /v1/models', 'POST /v1/chat/completions']));
  });

  it('that are all out of order are asked all the same', async () => {
    first.status = 500;
    second.status = 500;
    await expect.poll(async () => (await stateOf('second'))?.status).toBe('resting');
    const reply = await http(`${router.url}/v1/messages`, { body: messagesBody('hello') });
    expect(reply.status).toBeGreaterThanOrEqual(500);
    expect(first.paths.at(-1)).toBe('POST /v1/chat/completions');
    first.status = 200;
    await expect.poll(async () => (await stateOf('first'))?.status).toBe('ok');
  });
});
