import { createServer, type Server } from 'node:http';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { environmentFrom } from '../../src/config/env.ts';
import { type RunningRouter, runRouter } from '../../src/daemon/run-router.ts';
import { http } from '../support/http.ts';
import { formats, pathOf } from './formats.ts';
import { type ExpectedUsage, type Recording, recordingsIn } from './recording.ts';

/** Every recorded answer with usage, asked for through a whole router, and what its ledger then says. */
const cases = Object.keys(formats).flatMap((format) =>
  recordingsIn(format)
    .filter(({ status, expected }) => status < 300 && expected.usage && !expected.error && !expected.truncated)
    .map((recording) => ({ format, type: formats[format]!, recording, usage: recording.expected.usage! })),
);

/** US dollars per million tokens: prices that leave no digit at zero. */
const rates = { input: 1.234567, output: 7.654321, cacheRead: 0.111111, cacheWrite: 2.718281, cacheWrite1h: 3.141592 };

let upstream: Server;
let router: RunningRouter;
let home: string;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'accounting-'));
  upstream = createServer((request, response) => {
    const { recording } = cases[Number(/case-(\d+)/.exec(request.url ?? '')?.[1])]!;
    request.resume();
    const type = recording.kind === 'stream' ? 'text/event-stream' : 'application/json';
    request.once('end', () => response.writeHead(200, { 'content-type': type }).end(recording.body));
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  const modelOf = (index: number) => ({
    provider: cases[index]!.type,
    model: cases[index]!.recording.model || 'unnamed',
    endpoint: `${address}/case-${index}${pathOf(cases[index]!.format)}`,
    apiKey: 'key',
  });
  const indexes = cases.map((_, index) => index);
  const models = Object.fromEntries([
    ...indexes.map((index) => [`case-${index}`, modelOf(index)]),
    ...indexes.map((index) => [`priced-${index}`, { ...modelOf(index), pricing: rates }]),
  ]);
  const configFile = join(home, 'config.json');
  writeFileSync(configFile, JSON.stringify({ models, routing: { defaultModel: 'case-0' }, logging: { level: 'silent' } }));
  router = await runRouter({
    ...{ configFile, port: 0, background: true, environment: environmentFrom({ ROUTER_HOME: home }) },
    control: { token: 'token', stop: () => undefined, reload: () => undefined },
  });
});

afterAll(async () => {
  await router?.close(0);
  upstream?.close();
  rmSync(home, { recursive: true, force: true });
});

interface Accounted {
  tokens: { input: number; output: number; cacheRead: number; cacheWrite: number };
  cost: string | null;
  upstreamModel: string;
  timeline: { priceSource?: string }[];
}

/** What the ledger holds of the call, once it has been answered. */
async function accounted(model: string, { kind }: Recording): Promise<Accounted> {
  const body = { model, max_tokens: 4096, stream: kind === 'stream', messages: [{ role: 'user', content: 'Answer.' }] };
  const reply = await http(`${router.url}/v1/messages`, { body });
  expect(reply.status, reply.text.slice(0, 300)).toBe(200);
  const call = await http(`${router.url}/api/calls/${reply.headers['request-id']}`);
  expect(call.status, call.text).toBe(200);
  return call.json() as unknown as Accounted;
}

describe('every recorded answer', () => {
  it('is there, whole and as a stream, of every format that is recorded', () => {
    const folders = readdirSync(new URL('.', import.meta.url), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const recorded = folders.flatMap(({ name }) => ['json', 'stream'].map((kind) => `${name} ${kind}`)).sort();
    const accountedFor = new Set(cases.map(({ format, recording }) => `${format} ${recording.kind}`));
    expect([...accountedFor].sort()).toEqual(recorded);
    expect(cases.length).toBeGreaterThan(50);
  });

  const named = cases.map((entry, index) => ({ ...entry, index, name: `${entry.format}: ${entry.recording.id}` }));

  it.each(named)('is accounted for: $name', async ({ index, type, recording, usage }) => {
    const call = await accounted(`case-${index}`, recording);
    expectUsage(call, usage);
    const { cost, source } = expectedCost(type, recording, call);
    expect([call.cost, call.timeline[0]!.priceSource]).toEqual([cost, source]);
  });

  it.each(named)('costs what the configuration says: $name', async ({ index, recording, usage }) => {
    const call = await accounted(`priced-${index}`, recording);
    expectUsage(call, usage);
    const cost = priceOf(withIterations(call.tokens, recording), rates);
    expect([call.cost, call.timeline[0]!.priceSource]).toEqual([cost, 'config']);
  });

  it('is in the totals, to the micro-dollar', async () => {
    const calls = (await http(`${router.url}/api/calls?limit=1000`)).json().calls as { cost: string | null }[];
    const micro = calls.reduce((sum, { cost }) => sum + BigInt((cost ?? '0').replace('.', '')), 0n);
    const { cost } = (await http(`${router.url}/api/stats`)).json() as { cost: { total: string; unknownPriceCalls: number } };
    expect(BigInt(cost.total.replace('.', ''))).toBe(micro);
    expect(cost.unknownPriceCalls).toBe(calls.filter((call) => call.cost === null).length);
  });
});

function expectUsage({ tokens }: Accounted, usage: ExpectedUsage): void {
  const input = tokens.input + tokens.cacheRead + tokens.cacheWrite;
  expect(usage.input_any ?? [usage.input], 'input').toContain(input);
  expect(usage.output_any ?? [usage.output], 'output').toContain(tokens.output);
  expect(usage.cached_any ?? [usage.cached], 'cached').toContain(tokens.cacheRead);
}

type Rates = { input: number; output: number; cacheRead?: number; cacheWrite?: number };

/** Anthropic's searches of the web: ten dollars a thousand by its own list. */
function searchesIn({ body }: Recording): number {
  return Number([...body.matchAll(/"web_search_requests": ?(\d+)/g)].at(-1)?.[1] ?? 0);
}

/** Anthropic counts the compaction of a conversation apart from its answer. */
function withIterations(tokens: Accounted['tokens'], { body }: Recording): Accounted['tokens'] {
  const list = [...body.matchAll(/"iterations": ?(\[.*?\])/g)].at(-1)?.[1];
  const iterations = (list === undefined ? [] : JSON.parse(list)) as Record<string, number | string>[];
  return iterations
    .filter(({ type }) => type === 'compaction')
    .reduce<Accounted['tokens']>(
      (sum, iteration) => ({
        input: sum.input + Number(iteration.input_tokens ?? 0),
        output: sum.output + Number(iteration.output_tokens ?? 0),
        cacheRead: sum.cacheRead + Number(iteration.cache_read_input_tokens ?? 0),
        cacheWrite: sum.cacheWrite + Number(iteration.cache_creation_input_tokens ?? 0),
      }),
      tokens,
    );
}

/** The sum in decimal digits, rounded half up once at the sixth place. */
function priceOf({ input, output, cacheRead, cacheWrite }: Accounted['tokens'], list: Rates, searches = 0): string {
  const exact = (rate: number) => BigInt(rate.toFixed(6).replace('.', ''));
  const sum =
    BigInt(input) * exact(list.input) +
    BigInt(output) * exact(list.output) +
    BigInt(cacheRead) * exact(list.cacheRead ?? list.input) +
    BigInt(cacheWrite) * exact(list.cacheWrite ?? list.input) +
    BigInt(searches) * exact(10_000);
  return dollars((sum + 500_000n) / 1_000_000n);
}

function dollars(micro: bigint): string {
  const digits = micro.toString().padStart(7, '0');
  return `${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

type ListedPrice = Rates & { tiers?: (Rates & { above: number })[] };

interface CatalogueFile {
  providers: Record<string, { models: Record<string, { aliases?: string[]; price?: ListedPrice }> }>;
}

const catalogue = JSON.parse(
  readFileSync(new URL('../../src/models/catalog.json', import.meta.url), 'utf8'),
) as CatalogueFile;

/** What OpenRouter says itself; nothing on the own machine; else the catalogue's list for the model that answered, else unknown. */
function expectedCost(type: string, recording: Recording, call: Accounted): { cost: string | null; source?: string } {
  const said = [...recording.body.matchAll(/"cost": ?([\d.e-]+)[,}]/g)].at(-1)?.[1];
  if (type === 'openrouter' && said !== undefined) {
    return { cost: dollars(BigInt(Math.round(Number(said) * 1e6))), source: 'provider' };
  }
  const isOwnMachine = type === 'ollama' && !/[:-]cloud$/.test(call.upstreamModel);
  const price = isOwnMachine ? { input: 0, output: 0 } : listedPrice(type, call.upstreamModel, call.tokens);
  const searches = type === 'anthropic' ? searchesIn(recording) : 0;
  const tokens = withIterations(call.tokens, recording);
  return price ? { cost: priceOf(tokens, price, searches), source: 'catalogue' } : { cost: null, source: undefined };
}

function listedPrice(type: string, model: string, { input, cacheRead, cacheWrite }: Accounted['tokens']): Rates | undefined {
  const entries = Object.entries(catalogue.providers[type]?.models ?? {});
  const plain = (id: string) => id.toLowerCase().replace(/-latest$|-\d{8}$|-\d{4}-\d\d-\d\d$/, '');
  const exact = entries.find(([id, { aliases = [] }]) => id === model || aliases.includes(model));
  const dated = entries.findLast(([id, { aliases = [] }]) => [id, ...aliases].some((name) => plain(name) === plain(model)));
  const price = (exact ?? dated)?.[1].price;
  const prompt = input + cacheRead + cacheWrite;
  return price?.tiers?.findLast(({ above }) => prompt > above) ?? price;
}
