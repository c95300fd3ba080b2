import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createKey, revokeKey } from '../../src/admission/key-folder.ts';
import { routes } from '../../src/server/route-table.ts';
import { listen } from '../support/fake-upstream.ts';
import { http, messagesBody } from '../support/http.ts';
import { type InProcessRouter, startInProcess } from '../support/in-process-router.ts';

const credentials = ['no key', 'wrong key', 'read', 'write', 'admin', 'expired', 'revoked'] as const;
type Credential = (typeof credentials)[number];

/** What is asked of a route, where a plain request would not do. */
const requests: Readonly<Record<string, { path?: string; body?: unknown }>> = {
  'POST /v1/messages': { body: messagesBody('hello', { model: 'm' }) },
  'POST /v1/messages/count_tokens': { body: messagesBody('hello', { model: 'm' }) },
  'POST /v1/chat/completions': { body: { model: 'm', messages: [{ role: 'user', content: 'hello' }] } },
  'POST /v1/responses': { body: { model: 'm', input: 'hello' } },
  'GET /v1/models/*': { path: '/v1/models/m' },
  'GET /debug/profile': { path: '/debug/profile?seconds=1' },
  'POST /api/explain': { body: messagesBody('hello', { model: 'm' }) },
};

let router: InProcessRouter;
let anthropic: Server;
/** What stands for `*` in a path, where that is not the id of a call. */
const parameters: Record<string, string> = {};
let callId = '';
const keys: Partial<Record<Credential, string>> = { 'wrong key': 'ccr-wrong' };

beforeAll(async () => {
  const configured = (['read', 'write', 'admin', 'expired'] as const).map((name) => {
    keys[name] = `ccr-key-that-is-${name}`;
    const expired = name === 'expired';
    return {
      name,
      key: keys[name],
      permissions: [expired ? 'admin' : name],
      ...(expired ? { expiresAt: '2020-01-01' } : {}),
    };
  });
  anthropic = createServer((request, response) => {
    request.resume().once('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
  });
  router = await startInProcess({
    models: {
      m: { provider: 'demo' },
      other: { provider: 'demo' },
      claude: { provider: 'anthropic', apiKey: 'of-a-provider', endpoint: await listen(anthropic) },
    },
    routing: { fallbacks: ['other'] },
    security: {
      authentication: {
        keys: [...configured, { name: 'one', key: 'ccr-key-for-one-model', models: ['m'], permissions: ['admin'] }],
      },
    },
  });
  const directory = join(router.folder, 'state', 'keys');
  keys.revoked = createKey(directory, { name: 'revoked', permissions: ['admin'] }, Date.now());
  await statusBecomes(200);
  revokeKey(directory, 'revoked', Date.now());
  await statusBecomes(401);
  const call = await http(`${router.url}/v1/messages`, {
    body: messagesBody('hello', { model: 'm' }),
    headers: { 'x-api-key': keys.admin!, 'x-debug': 'true' },
  });
  callId = String(call.headers['request-id']);
  parameters['/debug/traces/*'] = String(call.headers['x-router-trace']);
});
afterAll(async () => {
  await router.stop();
  anthropic.closeAllConnections();
  anthropic.close();
});

/** A running router follows its keys within a second. */
async function statusBecomes(status: number): Promise<void> {
  const seen = async () => expect((await ask('GET', '/v1/models', 'revoked')).status).toBe(status);
  await vi.waitFor(seen, { timeout: 1000, interval: 20 });
}

function ask(method: string, path: string, credential: Credential, body?: unknown) {
  const key = keys[credential];
  return http(`${router.url}${path}`, { method, body, headers: key === undefined ? {} : { 'x-api-key': key } });
}

describe('every route of the router', () => {
  it('answers each kind of key as the table in docs/security-keys.md says', async () => {
    const rows: string[] = [];
    for (const { method, path } of [...routes, { method: 'GET', path: '/metrics' }]) {
      const { path: asked = path.replace('*', parameters[path] ?? callId), body } = requests[`${method} ${path}`] ?? {};
      const statuses: string[] = [];
      for (const credential of credentials) {
        statuses.push(String((await ask(method, asked, credential, body)).status));
      }
      rows.push(`| \`${method} ${path}\` | ${statuses.join(' | ')} |`);
    }
    expect(tableIn('docs/security-keys.md')).toEqual(rows);
  });

  it('refuses a method that it does not have before it asks for a key', async () => {
    for (const path of new Set(routes.map((route) => route.path.replace('*', 'x')))) {
      for (const credential of ['no key', 'wrong key', 'read', 'admin'] as const) {
        expect((await ask('PATCH', path, credential)).status, `${path}, ${credential}`).toBe(405);
      }
    }
  });

  it('tells a path that is not there from one that is forbidden', async () => {
    expect((await ask('GET', '/nothing/here', 'no key')).status).toBe(404);
  });
});

describe('a key for some models', () => {
  const own = { 'x-api-key': 'ccr-key-for-one-model' };
  const call = (model: string) =>
    http(`${router.url}/v1/messages`, { body: messagesBody('hello', { model }), headers: own });

  it('sees them alone', async () => {
    const { data } = (await http(`${router.url}/v1/models`, { headers: own })).json() as { data: { id: string }[] };
    expect(data.map(({ id }) => id).filter((id) => id.includes('other'))).toEqual([]);
    expect((await http(`${router.url}/v1/models/m`, { headers: own })).status).toBe(200);
    expect((await http(`${router.url}/v1/models/other`, { headers: own })).status).toBe(404);
  });

  it.each(['m', 'claude-opus-5-5'])('is answered by one of them when it asks for %s', async (model) => {
    const reply = await call(model);
    expect([reply.status, reply.headers['x-router-model']]).toEqual([200, 'm']);
  });

  it.each(['other', 'demo/other', 'demo,other', 'demo/any'])('is not answered by %s', async (model) => {
    expect((await call(model)).headers['x-router-model']).not.toBe('other');
  });
});

/** The rows of the first table of a document, whatever the widths of its columns. */
function tableIn(path: string): string[] {
  const text = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
  const lines = text.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) => line.replaceAll(/ {2,}/g, ' '));
}
