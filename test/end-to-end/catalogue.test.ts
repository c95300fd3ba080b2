import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Home, newHome } from '../support/command.ts';
import { type FakeUpstream, startFakeUpstream, upstreamKey } from '../support/fake-upstream.ts';
import { http, messagesBody, newMarker } from '../support/http.ts';
import { say } from './claude-code/bed.ts';

const shipped = JSON.parse(readFileSync(new URL('../../src/models/catalog.json', import.meta.url), 'utf8'));
const today = new Date().toISOString().slice(0, 10);
const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);

let home: Home;
let upstream: FakeUpstream;
beforeAll(async () => {
  upstream = await startFakeUpstream();
});
afterAll(() => upstream.stop());
beforeEach(() => {
  home = newHome();
  const model = { provider: 'anthropic', model: 'claude-haiku-5-5', endpoint: upstream.url, apiKey: upstreamKey };
  writeFileSync(join(home.path, 'config.json'), JSON.stringify({ models: { small: model } }));
});
afterEach(() => home.remove());

const kept = () => join(home.path, 'state/catalog.json');
const models = (entries: Record<string, unknown>) => ({ providers: { anthropic: { models: entries } } });
const haiku = (input: number) => models({ 'claude-haiku-5-5': { price: { input, output: 9 } } });

function file(content: unknown): string {
  const path = join(home.path, 'newer.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

async function priceListed(): Promise<unknown> {
  const [model] = JSON.parse((await home.run('models', 'list', '--json')).stdout) as { price: unknown }[];
  return model!.price;
}

describe('router models update', () => {
  it('takes a newer catalogue, tells what changed, and a running router follows', async () => {
    await home.run('start', '--port', '0');
    const status = async () => JSON.parse((await home.run('status', '--json')).stdout);
    const { url, catalogue, pid } = await status();
    expect(catalogue).toEqual({ asOf: shipped.asOf, from: 'shipped' });
    const old = shipped.providers.anthropic.models['claude-haiku-5-5'].price;
    const newer = models({
      'claude-haiku-5-5': { price: { input: 7, output: 9 } },
      'claude-haiku-9': { name: 'Nine' },
    });
    const ran = await home.run('models', 'update', file({ asOf: today, ...newer }));
    expect(ran.exitCode, ran.stderr).toBe(0);
    const lines = ran.stdout.trim().split('\n');
    expect(lines).toEqual([
      'new      anthropic/claude-haiku-9',
      expect.stringMatching(/^price {4}anthropic\/claude-haiku-5-5: \$.* -> \$7 in, \$9 out$/),
    ]);
    expect(lines[1]).toContain(`: $${old.input} in, $${old.output} out`);
    expect(ran.stderr).toContain(`now of ${today}, before of ${shipped.asOf}`);
    expect(statSync(kept()).mode & 0o777).toBe(0o600);
    await expect.poll(async () => (await status()).catalogue).toEqual({ asOf: today, from: 'kept' });
    expect((await status()).pid).toBe(pid);
    const marker = newMarker('newer prices');
    upstream.script(marker, () => say('dear', { usage: { input: 1000, output: 100 } }));
    await http(`${url}/v1/messages`, { body: messagesBody(marker, { model: 'small' }) });
    const cost = async () => JSON.parse((await home.run('costs', '--json')).stdout).total;
    await expect.poll(cost).toBe('0.007900');
    expect((await home.run('status')).stdout).toContain(`of ${today}, taken by`);
    expect(await priceListed()).toEqual({ input: 7, output: 9, serviceTiers: { batch: 0.5 } });
    // What it does not speak of stays as it was.
    expect((await home.run('models', 'list')).stderr).toContain(`of ${today}`);
    const reset = await home.run('models', 'update', '--reset', '--json');
    expect(JSON.parse(reset.stdout)).toMatchObject({
      asOf: shipped.asOf,
      before: today,
      removed: [expect.any(String)],
    });
    expect(existsSync(kept())).toBe(false);
    await expect.poll(async () => (await status()).catalogue.from).toBe('shipped');
  });

  it('takes one from an address', async () => {
    const served: Server = createServer((request, response) => {
      if (request.url !== '/catalog.json') response.writeHead(404);
      response.end(JSON.stringify({ asOf: today, ...haiku(3) }));
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => served.once('listening', resolve));
    const address = `http://127.0.0.1:${(served.address() as AddressInfo).port}`;
    try {
      expect((await home.run('models', 'update', `${address}/catalog.json`)).exitCode).toBe(0);
      expect(await priceListed()).toMatchObject({ input: 3 });
      const missing = await home.run('models', 'update', `${address}/other.json`);
      expect([missing.exitCode, missing.stderr]).toEqual([1, expect.stringContaining('status 404')]);
      expect(await priceListed()).toMatchObject({ input: 3 });
    } finally {
      served.close();
    }
  });

  it.each([
    ['no JSON', 'prices', /not taken, and nothing was changed/],
    ['no catalogue', { prices: [] }, /asOf/],
    ['a price below zero', { asOf: today, ...haiku(-1) }, /anthropic\.models\.claude-haiku-5-5\.price\.input/],
    ['a price of parts that are not known', { asOf: today, ...surcharge() }, /perImage/],
    ['an older one', { asOf: '2024-01-01', ...haiku(1) }, /older than the one in force/],
    ['one of the future', { asOf: day(10), ...haiku(1) }, /yet to come/],
  ])('does not take %s', async (_what, content, reason) => {
    const ran = await home.run('models', 'update', file(content));
    expect([ran.exitCode, ran.stdout]).toEqual([1, '']);
    expect(ran.stderr).toMatch(reason);
    expect(existsSync(kept())).toBe(false);
  });

  it('takes nothing over a connection that others can change', async () => {
    const ran = await home.run('models', 'update', 'http://prices.example/catalog.json');
    expect([ran.exitCode, ran.stderr]).toEqual([1, expect.stringContaining('is not https')]);
  });

  it('wants to know from where', async () => {
    expect((await home.run('models', 'update')).exitCode).toBe(2);
    expect((await home.run('models', 'update', 'a.json', '--reset')).exitCode).toBe(2);
  });

  it.each([
    ['broken', '{', /can't be used/],
    ['older than the shipped one', { asOf: '2024-01-01', ...haiku(1) }, /of 2024-01-01, the shipped one of/],
  ])('one that is %s is passed over, and that is said', async (_what, content, warning) => {
    const before = await priceListed();
    expect((await home.run('models', 'update', file({ asOf: today, ...haiku(1) }))).exitCode).toBe(0);
    writeFileSync(kept(), typeof content === 'string' ? content : JSON.stringify(content));
    const listed = await home.run('models', 'list');
    expect(listed.stderr).toMatch(warning);
    expect(await priceListed()).toEqual(before);
    expect((await home.run('start', '--port', '0')).stderr).toMatch(warning);
  });
});

function surcharge() {
  return models({ 'claude-haiku-5-5': { price: { input: 1, output: 2, perImage: 3 } } });
}
