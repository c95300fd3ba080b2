import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Home, newHome } from '../support/command.ts';

let home: Home;
let servers: Server[] = [];
beforeEach(() => {
  home = newHome();
});
afterEach(async () => {
  for (const server of servers) server.closeAllConnections();
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  servers = [];
  await home.remove();
});

async function serve(answer: RequestListener): Promise<number> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  return (server.address() as AddressInfo).port;
}

interface Finding {
  area: string;
  status: string;
  text: string;
  remedy?: string;
}

const writeConfig = (config: unknown) =>
  writeFileSync(join(home.path, 'config.json'), JSON.stringify(config), { mode: 0o600 });

function service(port: number, fields: object = {}) {
  const provider = { type: 'openai-compatible', baseUrl: `http://127.0.0.1:${port}/v1`, apiKey: 'sk-made-up-key' };
  return { router: { port: 0 }, providers: { mine: { ...provider, ...fields, models: { one: {}, two: {} } } } };
}

async function examine(environment: Record<string, string> = {}) {
  const ran = await home.runWith(environment, 'doctor', '--json');
  const { ok, findings } = JSON.parse(ran.stdout) as { ok: boolean; findings: Finding[] };
  expect(ran.exitCode, ran.stderr).toBe(ok ? 0 : 1);
  for (const { status, remedy, text } of findings) expect(remedy !== undefined, text).toBe(status !== 'ok');
  return (area: string) => findings.filter((finding) => finding.area === area);
}

describe('router doctor', () => {
  it('finds no problem in an empty home, and says what it looked at', async () => {
    writeConfig({ router: { port: 0 } });
    const ran = await home.run('doctor');
    expect(ran.exitCode, ran.stdout).toBe(0);
    for (const area of ['node', 'state', 'config', 'key', 'router', 'port', 'claude-code', 'settings']) {
      expect(ran.stdout).toMatch(new RegExp(`^(ok|warning) +${area}: `, 'm'));
    }
    expect(ran.stderr).toMatch(/^0 problems, \d warnings?\.\n$/);
  });

  it('asks a provider for its list of models alone, once, with the key', async () => {
    const asked: string[] = [];
    const port = await serve((request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers.authorization}`);
      response.end('{"data":[]}');
    });
    writeConfig(service(port));
    const found = await examine();
    expect(asked).toEqual(['GET /v1/models Bearer sk-made-up-key']);
    expect(found('provider')).toEqual([expect.objectContaining({ status: 'ok' })]);
    expect(found('clock')).toEqual([expect.objectContaining({ status: 'ok' })]);
  });

  it.each([
    [401, 'problem', 'refuses the key'],
    [403, 'problem', 'refuses the key'],
    [429, 'warning', 'patience'],
    [500, 'warning', '500'],
    [404, 'ok', 'answers'],
  ])('tells of a provider that answers with %i', async (code, status, text) => {
    const port = await serve((_request, response) => response.writeHead(code).end('no'));
    writeConfig(service(port));
    const [finding] = (await examine())('provider');
    expect(finding).toMatchObject({ status, text: expect.stringContaining(text) });
    expect(JSON.stringify(finding)).not.toContain('sk-made-up-key');
  });

  it('tells of a provider that is not there, and of one that never answers', async () => {
    const silent = await serve(() => undefined);
    const gone = await serve(() => undefined);
    servers.pop()!.close();
    const { providers } = service(silent);
    writeConfig({ router: { port: 0 }, providers: { silent: providers.mine, gone: service(gone).providers.mine } });
    const texts = (await examine())('provider').map(({ status, text }) => `${status} ${text}`);
    expect(texts).toEqual([
      expect.stringMatching(/^problem silent .*no answer in time/),
      expect.stringMatching(/^problem gone .*ECONNREFUSED/),
    ]);
  });

  it.each([
    [60_000, 'warning', 'ahead of'],
    [-600_000, 'problem', 'behind'],
  ])('tells of a clock that is %i ms off', async (offset, status, text) => {
    const port = await serve((_request, response) => {
      response.writeHead(200, { date: new Date(Date.now() - offset).toUTCString() }).end('{}');
    });
    writeConfig(service(port));
    expect((await examine())('clock')).toEqual([
      expect.objectContaining({ status, text: expect.stringContaining(text) }),
    ]);
  });

  it('tells of a configuration that makes no sense, where, and goes on', async () => {
    writeConfig({ modells: {} });
    const found = await examine();
    expect(found('config')[0]).toMatchObject({
      status: 'problem',
      text: expect.stringContaining('did you mean "models"'),
    });
    expect(found('claude-code')).toHaveLength(1);
  });

  it('tells of a key that is not set, and of one that others can read', async () => {
    writeConfig(service(1, { apiKey: '${NOT_SET_KEY}' }));
    expect((await examine())('key')[0]).toMatchObject({
      status: 'problem',
      remedy: expect.stringContaining('NOT_SET_KEY'),
    });
    const port = await serve((_request, response) => response.end('{}'));
    writeConfig(service(port));
    chmodSync(join(home.path, 'config.json'), 0o644);
    expect((await examine())('config')).toContainEqual(
      expect.objectContaining({ status: 'warning', remedy: expect.stringContaining('chmod 600') }),
    );
  });

  it('names the process that has its port', async () => {
    const port = await serve(() => undefined);
    writeConfig({ router: { port } });
    expect((await examine())('port')[0]).toMatchObject({
      status: 'problem',
      text: `${port} is taken by process ${process.pid}`,
    });
  });

  it('tells of the router that runs, of one that died, and of one that does not answer', async () => {
    await home.run('start', '--port', '0');
    const { pid } = JSON.parse((await home.run('status', '--json')).stdout) as { pid: number };
    expect((await examine())('router')).toEqual([
      expect.objectContaining({ status: 'ok', text: expect.stringContaining(`pid ${pid}`) }),
    ]);
    process.kill(pid, 'SIGKILL');
    await expect.poll(async () => (await home.run('status')).exitCode).toBe(3);
    expect((await examine())('router')[0]).toMatchObject({ status: 'warning', text: expect.stringContaining('gone') });
    const file = join(home.path, 'state/router.pid');
    const state = JSON.parse(readFileSync(file, 'utf8')) as object;
    const { processStart: _start, ...rest } = { processStart: '', ...state };
    writeFileSync(file, JSON.stringify({ ...rest, pid: process.pid, url: 'http://127.0.0.1:1' }));
    expect((await examine())('router')[0]).toMatchObject({ status: 'problem', remedy: '`router restart`' });
    writeFileSync(file, '{}');
  });

  it('tells which Claude Code is there', async () => {
    const file = join(home.path, 'fake-claude');
    writeFileSync(file, '#!/bin/sh\necho "2.1.330 (Claude Code)"\n', { mode: 0o755 });
    expect((await examine({ CLAUDE_BIN: file }))('claude-code')[0]).toMatchObject({
      status: 'ok',
      text: expect.stringContaining('2.1.330'),
    });
    expect((await examine({ CLAUDE_BIN: join(home.path, 'none') }))('claude-code')[0]).toMatchObject({
      status: 'warning',
    });
  });

  it('reads Claude Code’s settings, tells what leads elsewhere, and changes nothing', async () => {
    mkdirSync(join(home.path, '.claude'));
    const file = join(home.path, '.claude/settings.json');
    const env = {
      ANTHROPIC_BASE_URL: 'https://elsewhere.example',
      ANTHROPIC_API_KEY: 'sk-ant-made-up',
      ANTHROPIC_AUTH_TOKEN: 'made-up-token',
      CLAUDE_CODE_USE_BEDROCK: '1',
    };
    const text = JSON.stringify({ env }, undefined, 3);
    writeFileSync(file, text);
    const texts = (await examine())('settings').map(({ text: told }) => told);
    expect(texts).toEqual([
      expect.stringContaining('elsewhere.example'),
      expect.stringContaining('both'),
      expect.stringContaining('CLAUDE_CODE_USE_BEDROCK'),
    ]);
    expect(texts.join()).not.toMatch(/made-up/);
    expect(readFileSync(file, 'utf8')).toBe(text);
    writeFileSync(file, '{ "env": ');
    expect((await examine())('settings')[0]).toMatchObject({ status: 'problem' });
  });

  it('reads the environment as it reads the settings', async () => {
    const environment = { ANTHROPIC_BASE_URL: 'http://127.0.0.1:1', HTTP_PROXY: 'http://proxy.example:3128' };
    await home.run('start', '--port', '0');
    const found = (await examine(environment))('settings');
    expect(found.map(({ status }) => status)).toEqual(['warning', 'warning']);
    expect(found[1]!.remedy).toContain('NO_PROXY');
    const { url } = JSON.parse((await home.run('status', '--json')).stdout) as { url: string };
    expect((await examine({ ANTHROPIC_BASE_URL: url }))('settings')[0]).toMatchObject({ status: 'ok' });
  });
});
