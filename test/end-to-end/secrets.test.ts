import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Home, newHome } from '../support/command.ts';
import { listen } from '../support/fake-upstream.ts';
import { http, messagesBody } from '../support/http.ts';
import { redisInstalled, startRedis } from '../support/redis.ts';

const hasRedis = redisInstalled();

let home: Home;
let upstream: Server;
let upstreamUrl: string;
/** The credentials that came to the upstream. */
const received: string[] = [];

beforeEach(async () => {
  home = newHome();
  received.length = 0;
  // Refuses everything, and repeats whatever it was sent: as an error, or as one in a stream.
  upstream = createServer((request, response) => {
    request.resume().once('end', () => {
      received.push(...Object.values(request.headers).map(String));
      const error = { type: 'error', error: { type: 'api_error', message: `no: ${JSON.stringify(request.headers)}` } };
      if (request.url?.includes('/stream/')) {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.end(`event: error\ndata: ${JSON.stringify(error)}\n\n`);
      } else response.writeHead(401, { 'content-type': 'application/json' }).end(JSON.stringify(error));
    });
  });
  upstreamUrl = await listen(upstream);
});
afterEach(async () => {
  await home.remove();
  upstream.closeAllConnections();
  await new Promise((resolve) => upstream.close(resolve));
});

const url = () => (JSON.parse(readFileSync(join(home.path, 'state/router.pid'), 'utf8')) as { url: string }).url;
const configFile = () => join(home.path, 'config.json');
const configure = (config: unknown) => writeFileSync(configFile(), JSON.stringify(config, undefined, 2));
const secret = (name: string) => `MARKED-${name}-${randomBytes(12).toString('hex')}`;

/** Every file below the home, but those that are meant to hold secrets. */
function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile() && path !== configFile() && !path.endsWith('/master-key'));
}

describe('secrets', () => {
  it('are in no output, reply, log or file that is not theirs, even where a provider repeats them', async () => {
    const secrets = {
      inConfig: secret('config'),
      inVariable: secret('variable'),
      encrypted: secret('encrypted'),
      header: secret('header'),
      routerKey: secret('router'),
      prompt: secret('prompt'),
      database: secret('database'),
    };
    const environment = { UPSTREAM_KEY: secrets.inVariable, ROUTER_API_KEY: secrets.routerKey };
    const sealed = await home.run('secrets', 'encrypt', secrets.encrypted);
    const provider = (apiKey: string, path = '') => ({
      provider: 'anthropic',
      apiKey,
      endpoint: `${upstreamUrl}${path}`,
    });
    configure({
      providers: {
        plain: {
          type: 'openai-compatible',
          baseUrl: `${upstreamUrl}/v1`,
          apiKey: secrets.inConfig,
          headers: { 'x-extra-token': secrets.header },
          models: { plain: {} },
        },
      },
      models: {
        variable: provider('${UPSTREAM_KEY}'),
        encrypted: provider(sealed.stdout.trim()),
        streamed: provider(secrets.inConfig, '/stream/v1/messages'),
      },
      routing: { fallbacks: ['variable', 'encrypted', 'streamed'] },
      security: {
        encryption: { enabled: true },
        authentication: { keys: [{ name: 'me', key: secrets.routerKey, permissions: ['admin'] }] },
      },
      cache: { enabled: false, type: 'redis', connection: { host: 'localhost', password: secrets.database } },
      logging: { level: 'debug', bodies: 'on' },
    });
    const ran = [sealed, await home.runWith(environment, 'start', '--port', '0', '--log-level', 'trace')];
    expect(ran[1]!.exitCode, ran[1]!.stderr).toBe(0);
    const made = await home.run('keys', 'create', 'ci');
    const key = made.stdout.trim();
    const headers = { 'x-api-key': secrets.routerKey };
    const replies: string[] = [];
    for (const model of ['plain', 'variable', 'encrypted', 'streamed']) {
      for (const stream of [false, true]) {
        const body = messagesBody(secrets.prompt, { model, stream });
        const reply = await http(`${url()}/v1/messages`, { body, headers: { ...headers, 'x-router-fallback': 'off' } });
        expect(reply.status, reply.text).toBeGreaterThanOrEqual(model === 'streamed' ? 200 : 400);
        replies.push(reply.text, JSON.stringify(reply.headers));
      }
    }
    for (const value of [secrets.inConfig, secrets.inVariable, secrets.encrypted, secrets.header]) {
      expect(
        received.some((header) => header.includes(value)),
        value,
      ).toBe(true);
    }
    for (const path of ['/api/calls', '/api/stats', '/health/detailed', '/health/models', '/v1/models', '/health']) {
      replies.push((await http(`${url()}${path}`, { headers })).text);
    }
    for (const command of ['config', 'config get models', 'status --json', 'models list --json', 'keys list', 'logs']) {
      ran.push(await home.runWith(environment, ...command.split(' ')));
    }
    ran.push(await home.runWith(environment, 'config', 'set', 'providers.plain.apiKey', '{"a": 1}'));
    const { pid } = JSON.parse(readFileSync(join(home.path, 'state/router.pid'), 'utf8')) as { pid: number };
    replies.push(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
    await home.run('stop');
    const places: [string, string][] = [
      ...ran.map(({ stdout, stderr }, index): [string, string] => [`command ${index}`, `${stdout}${stderr}`]),
      ...replies.map((text, index): [string, string] => [`reply ${index}`, text]),
      ...filesOf(home.path).map((path): [string, string] => [path, readFileSync(path, 'latin1')]),
    ];
    expect(places.map(([place]) => place).join()).toMatch(/ledger\.db.*router\.log|router\.log.*ledger\.db/s);
    for (const [name, value] of Object.entries({ ...secrets, key })) {
      expect(places.filter(([, text]) => text.includes(value)).map(([place]) => `${name} in ${place}`)).toEqual([]);
    }
  });
});

describe('router secrets', () => {
  it('keeps what is encrypted readable through a rotation, and refuses what was changed', async () => {
    const value = secret('rotated');
    const { stdout } = await home.run('secrets', 'encrypt', value);
    const model = { provider: 'anthropic', endpoint: upstreamUrl };
    writeFileSync(
      configFile(),
      `{\n  // kept\n  "models": { "m": ${JSON.stringify({ ...model, apiKey: stdout.trim() })} }\n}\n`,
    );
    const before = readFileSync(configFile(), 'utf8');
    await home.run('start', '--port', '0');
    const rotated = await home.run('secrets', 'rotate', '--json');
    expect(JSON.parse(rotated.stdout), rotated.stderr).toEqual({
      masterKey: 'new',
      values: 1,
      bodies: 0,
      replies: 0,
      refused: [],
    });
    const after = readFileSync(configFile(), 'utf8');
    expect(after).toContain('// kept');
    expect(after).not.toBe(before);
    await http(`${url()}/v1/messages`, { body: messagesBody('hello', { model: 'm' }) });
    expect(received).toContain(value);
    await home.run('stop');
    writeFileSync(
      configFile(),
      after.replace(/(enc:v1:.{40})(.)/, (_, start, one) => start + (one === 'A' ? 'B' : 'A')),
    );
    const refused = await home.run('start', '--port', '0');
    expect([refused.exitCode, refused.stdout]).toEqual([78, '']);
    expect(refused.stderr).toMatch(/models\.m\.apiKey \(line 3.*encrypted value can't be used: it was changed/);
  });

  it.runIf(hasRedis)('are sealed anew in Redis too, and found there as before', async () => {
    const redis = await startRedis();
    try {
      configure({
        models: { demo: { provider: 'demo' } },
        cache: { type: 'redis', connection: { url: redis.url }, ttl: 600, scope: 'shared' },
        security: { encryption: { enabled: true } },
      });
      await home.run('start', '--port', '0');
      const ask = async (text: string) =>
        (await http(`${url()}/v1/messages`, { body: messagesBody(text) })).headers['x-router-cache'];
      expect([await ask('one'), await ask('two'), await ask('one')]).toEqual(['miss', 'miss', 'hit']);
      const before = await sealedBy(redis.url);
      const rotated = await home.run('secrets', 'rotate', '--json');
      expect(JSON.parse(rotated.stdout), rotated.stderr).toMatchObject({ masterKey: 'new', replies: 2, refused: [] });
      const after = await sealedBy(redis.url);
      expect(after).toHaveLength(2);
      expect(new Set([...before, ...after]).size).toBe(2);
      expect([await ask('one'), await ask('two')]).toEqual(['hit', 'hit']);
      await redis.stop();
      const refused = await home.run('secrets', 'rotate');
      expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining('until they run out')]);
    } finally {
      await redis.remove();
    }
  });

  it('serves the other models where a master key is not here, and says of which it is', async () => {
    const environment = { ROUTER_MASTER_KEY: randomBytes(32).toString('hex') };
    const { stdout } = await home.runWith(environment, 'secrets', 'encrypt', 'sk-elsewhere');
    configure({ models: { sealed: { provider: 'openai', apiKey: stdout.trim() }, demo: { provider: 'demo' } } });
    const started = await home.run('start', '--port', '0');
    expect(started.exitCode, started.stderr).toBe(0);
    expect(started.stderr).toMatch(/sealed can't be called: .*there is no master key/);
    const reply = await http(`${url()}/v1/messages`, { body: messagesBody('hello', { model: 'demo' }) });
    expect(reply.status).toBe(200);
  });
});

describe('router keys', () => {
  const statusWith = async (key: string) =>
    (await http(`${url()}/v1/models`, { headers: { 'x-api-key': key } })).status;
  const within = { timeout: 1000, interval: 20 };

  it('are taken and refused by a running router within a second, and the last one does not open it again', async () => {
    await home.run('start', '--port', '0');
    expect((await http(`${url()}/v1/models`)).status).toBe(200);
    const made = await home.run('keys', 'create', 'ci', '--permissions', 'read', '--json');
    const { key, ...grant } = JSON.parse(made.stdout) as { key: string };
    expect(grant).toEqual({ name: 'ci', permissions: ['read'] });
    await expect.poll(async () => (await http(`${url()}/v1/models`)).status, within).toBe(401);
    expect(await statusWith(key)).toBe(200);
    expect((await home.run('keys', 'list')).stdout).toMatch(/^ci +valid +read/m);
    expect((await home.run('keys', 'revoke', 'ci')).exitCode).toBe(0);
    await expect.poll(() => statusWith(key), within).toBe(401);
    expect((await http(`${url()}/v1/models`)).status).toBe(401);
    expect((await home.run('keys', 'list', '--json')).stdout).not.toContain(key);
  });

  it('are not made senselessly', async () => {
    await home.run('keys', 'create', 'ci');
    for (const [args, code] of [
      ['create ci', 1],
      ['create ../x', 2],
      ['create a --permissions own', 2],
      ['create a --models none-such', 2],
      ['create a --rate-limit often', 2],
      ['create a --budget much', 2],
      ['create a --expires-at never', 2],
      ['revoke cii', 1],
    ] as const) {
      const ran = await home.run('keys', ...args.split(' '));
      expect([ran.exitCode, ran.stdout], args).toEqual([code, '']);
    }
  });
});

/** The ids of the master keys that what is kept in Redis was sealed with. */
async function sealedBy(url: string): Promise<string[]> {
  const { Redis } = await import('ioredis');
  const client = new Redis(url);
  const names = await client.keys('claude-router:cache:*');
  const pieces = await Promise.all(names.map((name) => client.getBuffer(name)));
  await client.quit();
  return pieces.map((bytes) => bytes!.subarray(4, 12).toString('hex'));
}
