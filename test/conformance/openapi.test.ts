import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callsQuery, statisticsQuery } from '../../src/server/openapi.ts';
import { routesWith } from '../../src/server/route-table.ts';
import { http } from '../support/http.ts';
import { type InProcessRouter, startInProcess } from '../support/in-process-router.ts';

interface Operation {
  summary: string;
  security: object[];
  parameters?: { name: string; in: string }[];
  requestBody?: { content: { 'application/json': { schema: { $ref: string } } } };
}

interface Document {
  openapi: string;
  info: { version: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, { required?: string[] }> };
}

let router: InProcessRouter;
let document: Document;
const key = 'a-key-of-the-router';

beforeAll(async () => {
  router = await startInProcess({
    models: { demo: { provider: 'demo' } },
    security: { authentication: { keys: [{ key, permissions: ['admin'] }] } },
  });
  document = (await http(`${router.url}/openapi.json`, { method: 'GET' })).json() as unknown as Document;
});
afterAll(() => router?.stop());

const ask = (method: string, path: string, body?: unknown) =>
  http(`${router.url}${path}`, { method, headers: { 'x-api-key': key }, ...(body === undefined ? {} : { body }) });

describe('the OpenAPI document', () => {
  it('names every route, with a summary, and nothing else', () => {
    const told = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(document.openapi).toBe('3.1.0');
    const routes = routesWith('/metrics');
    expect(told.sort()).toEqual(routes.map(({ method, path }) => `${method} ${path.replace('*', '{id}')}`).sort());
    expect(routes.filter(({ summary }) => !/^[A-Z].*[^.]$/.test(summary))).toEqual([]);
  });

  it('refers to nothing that it does not hold', () => {
    const references = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(
      ([, name]) => name!,
    );
    expect(references.filter((name) => !(name in document.components.schemas))).toEqual([]);
  });

  it('tells which paths ask for a key', async () => {
    const open = Object.entries(document.paths).filter(([path]) => !path.startsWith('/api/control/'));
    for (const [path, operations] of open) {
      for (const [method, { security }] of Object.entries(operations)) {
        const options = { method: method.toUpperCase(), ...(method === 'post' ? { body: {} } : {}) };
        const { status } = await http(`${router.url}${path}`, options);
        expect([method, path, status === 401]).toEqual([method, path, security.length > 0]);
      }
    }
  });

  it('names what a query may say: other names are refused', async () => {
    const values: Record<string, string> = {
      seconds: '1',
      type: 'heap',
      limit: '5',
      since: '1h',
      until: '1m',
      groupBy: 'day',
    };
    for (const [path, { get }] of Object.entries(document.paths)) {
      const names = (get?.parameters ?? []).filter((parameter) => parameter.in === 'query').map(({ name }) => name);
      if (names.length === 0) continue;
      const query = new URLSearchParams(names.map((name): [string, string] => [name, values[name] ?? 'x']));
      expect([path, (await ask('GET', `${path}?${query}`)).status]).toEqual([path, 200]);
      expect([path, (await ask('GET', `${path}?strange=1`)).status]).toEqual([path, 400]);
    }
    expect([Object.keys(statisticsQuery).length, Object.keys(callsQuery).length]).toEqual([3, 9]);
  });

  it('names what a body must hold: without it the request is refused', async () => {
    for (const [path, { post }] of Object.entries(document.paths)) {
      const name = post?.requestBody?.content['application/json'].schema.$ref.split('/').at(-1);
      for (const field of name === undefined ? [] : (document.components.schemas[name]?.required ?? [])) {
        const body = { model: 'demo', max_tokens: 10, messages: [{ role: 'user', content: 'hello' }], input: 'hello' };
        const whole = await ask('POST', path, body);
        const lacking = await ask('POST', path, { ...body, [field]: undefined });
        expect([path, field, whole.status, lacking.status]).toEqual([path, field, 200, 400]);
      }
    }
  });
});
