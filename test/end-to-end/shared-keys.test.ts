import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { http } from '../support/http.ts';
import { type RedisServer, redisInstalled, startRedis } from '../support/redis.ts';
import { program, type Router, withConfig } from '../support/router.ts';

const hasRedis = redisInstalled();
const folder = mkdtempSync(join(tmpdir(), 'shared-keys-'));
let redis: RedisServer;
const routers: Router[] = [];

beforeAll(async () => {
  if (hasRedis) redis = await startRedis();
});
afterAll(async () => {
  await Promise.all(routers.map((router) => router.stop()));
  await redis?.remove();
  rmSync(folder, { recursive: true, force: true });
});

const config = (server: RedisServer) => ({ models: { demo: { provider: 'demo' } }, state: { url: server.url } });

/** A router with a folder of its own, and its owner's commands. */
async function routerAt(server: RedisServer, args: string[] = []) {
  const home = mkdtempSync(join(folder, 'home-'));
  const start = async () => {
    const router = await withConfig(config(server), { environment: { ROUTER_HOME: home }, args });
    routers.push(router);
    return router;
  };
  return { home, start, router: await start(), command: commandsIn(home) };
}

function commandsIn(home: string) {
  const environment = { PATH: process.env.PATH ?? '', HOME: home, ROUTER_HOME: home };
  return async (...args: string[]) => {
    const ran = await promisify(execFile)(process.execPath, [program, ...args], { env: environment });
    return { stdout: ran.stdout.trim(), stderr: ran.stderr };
  };
}

async function statusWith(key: string, router: Router): Promise<number> {
  return (await http(`${router.url}/v1/models`, { headers: { 'x-api-key': key } })).status;
}

/** Milliseconds until a router answers a key so. */
async function until(status: number, key: string, router: Router): Promise<number> {
  const began = Date.now();
  while ((await statusWith(key, router)) !== status) {
    if (Date.now() - began > 5000) throw new Error(`no ${status} within 5 s`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return Date.now() - began;
}

describe.runIf(hasRedis)('routers with folders of their own on one Redis', () => {
  it('know a key within a second after it was made at one of them, and refuse it as fast when it is revoked at any', async () => {
    const [one, other] = [await routerAt(redis), await routerAt(redis)];
    const { stdout: key } = await one.command('keys', 'create', 'ci');
    // The other one was open until it heard of a key.
    expect(await until(401, 'ccr-none', other.router)).toBeLessThan(1000);
    expect(await statusWith(key, other.router)).toBe(200);
    const { stdout: second } = await other.command('keys', 'create', 'second');
    expect(await until(200, second, one.router)).toBeLessThan(1000);
    await other.command('keys', 'revoke', 'ci');
    expect(await until(401, key, one.router)).toBeLessThan(1000);
    await one.command('keys', 'revoke', 'second');
    expect(await until(401, second, other.router)).toBeLessThan(1000);
    // What revoked keys were known by is free again, also where the first was made elsewhere.
    const { stdout: third } = await one.command('keys', 'create', 'second');
    expect(await until(200, third, other.router)).toBeLessThan(1000);
    expect([await statusWith(second, one.router), await statusWith(key, other.router)]).toEqual([401, 401]);
    const known = async ({ command }: typeof one) =>
      (JSON.parse((await command('keys', 'list', '--json')).stdout) as { keys: { name: string; state: string }[] }).keys
        .map(({ name, state }) => `${name} ${state}`)
        .sort();
    expect(await known(other)).toEqual(['ci revoked', 'second revoked', 'second valid']);
    expect(await known(one)).toEqual(await known(other));
    await expectNoPlainKeys([key, second, third]);
  });

  it('are told by commands themselves where none runs on their folder', async () => {
    const server = await startRedis();
    try {
      const running = await routerAt(server);
      const home = mkdtempSync(join(folder, 'home-'));
      writeFileSync(join(home, 'config.json'), JSON.stringify(config(server)));
      const command = commandsIn(home);
      const { stdout: key } = await command('keys', 'create', 'ops');
      expect(await until(401, 'ccr-none', running.router)).toBeLessThan(1000);
      expect(await statusWith(key, running.router)).toBe(200);
      const { stdout: elsewhere } = await running.command('keys', 'create', 'elsewhere');
      await until(200, elsewhere, running.router);
      await expect.poll(() => statusWith(elsewhere, running.router)).toBe(200);
      await new Promise((resolve) => setTimeout(resolve, 600));
      await command('keys', 'revoke', 'elsewhere');
      expect(await until(401, elsewhere, running.router)).toBeLessThan(1000);
      await server.stop();
      expect((await command('keys', 'revoke', 'ops')).stderr).toContain("The shared state can't be reached");
    } finally {
      await server.remove();
    }
  });

  it('go on with the keys they know while it is away, say so, and hear of the rest when it is back, empty', async () => {
    const server = await startRedis();
    try {
      const [one, other] = [await routerAt(server), await routerAt(server)];
      const { stdout: key } = await one.command('keys', 'create', 'ci');
      await until(401, 'ccr-none', other.router);
      await server.stop();
      await expect.poll(() => other.router.output(), { timeout: 5000 }).toMatch(/shared state is away.*keys/);
      expect((await other.command('status')).stdout).toMatch(/^degraded[\s\S]*The shared state is away/);
      const { stdout: meanwhile } = await one.command('keys', 'create', 'meanwhile');
      await until(200, meanwhile, one.router);
      expect([await statusWith(key, other.router), await statusWith(meanwhile, other.router)]).toEqual([200, 401]);
      await other.router.stop();
      const restarted = await other.start();
      expect(await statusWith(key, restarted)).toBe(200);
      await server.start();
      await until(200, meanwhile, restarted);
      await one.command('keys', 'revoke', 'ci');
      expect(await until(401, key, restarted)).toBeLessThan(1000);
    } finally {
      await server.remove();
    }
  });

  it('make one first key together, where others reach them', async () => {
    const server = await startRedis();
    try {
      const started = await Promise.all([1, 2, 3].map(() => routerAt(server, ['--host', '0.0.0.0'])));
      const keys = started.flatMap(({ router }) => /ccr-[\w-]{20,}/.exec(router.output()) ?? []);
      expect(keys).toHaveLength(1);
      for (const { router } of started) expect(await statusWith(keys[0]!, router)).toBe(200);
      for (const { home } of started) expect(readdirSync(join(home, 'state', 'keys'))).toEqual(['first-key.json']);
    } finally {
      await server.remove();
    }
  });
});

async function expectNoPlainKeys(keys: readonly string[]): Promise<void> {
  const { Redis } = await import('ioredis');
  const client = new Redis(redis.url);
  const kept: unknown[] = [];
  for (const name of await client.keys('*')) {
    const type = await client.type(name);
    if (type === 'hash') kept.push(await client.hgetall(name));
    else if (type === 'zset') kept.push(await client.zrange(name, '0', '-1'));
    else kept.push(await client.get(name));
  }
  await client.quit();
  const text = JSON.stringify(kept);
  expect(text).toContain('"made:');
  for (const key of keys) expect(text).not.toContain(key.slice(4));
}
