import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventsOfMessage } from '../../src/protocol/events-of-message.ts';
import { judgeStream } from '../../src/protocol/grammar.ts';
import { type Router, withConfig } from '../support/router.ts';
import { answerOf, type ScriptedProvider, startScriptedProvider } from '../support/scripted-provider.ts';

const streams = 1000;
const words = Array.from({ length: 30 }, (_, index) => `word${index} `);
const whole = words.join('');
const paceMs = 100;

let first: ScriptedProvider;
let second: ScriptedProvider;
let router: Router;

beforeAll(async () => {
  [first, second] = [await startScriptedProvider('first'), await startScriptedProvider('second')];
  const provider = ({ url }: ScriptedProvider, name: string) => ({
    ...{ type: 'anthropic', apiKey: 'a key', baseUrl: url, models: { [name]: {} } },
  });
  router = await withConfig({
    providers: { one: provider(first, 'first'), two: provider(second, 'second') },
    routing: { defaultModel: 'first', fallbackModel: 'second' },
    retry: { attempts: 0 },
    circuitBreaker: { enabled: false },
    performance: { connectionPool: { maxConnections: 2000, keepAlive: false } },
    logging: { level: 'error' },
  });
  first.act(async ({ body }, response) => {
    const text = JSON.stringify(body.messages);
    const number = Number(/number (\d+)/.exec(text)?.[1]);
    // A third of them die, each somewhere else.
    const dies = number % 3 === 0 ? 1 + (number % (words.length - 1)) : Number.POSITIVE_INFINITY;
    await say(response, words, dies);
  });
  second.act(async ({ body }, response) => {
    const messages = body.messages as { role: string; content: string | { text: string }[] }[];
    const last = messages.findLast(({ role }) => role === 'assistant');
    const said = typeof last?.content === 'object' ? last.content.map(({ text }) => text).join('') : '';
    await say(response, words.slice(said === '' ? 0 : said.split(' ').length), Number.POSITIVE_INFINITY);
  });
});

afterAll(async () => {
  await router?.stop();
  await first?.stop();
  await second?.stop();
});

async function say(response: import('node:http').ServerResponse, said: readonly string[], dies: number): Promise<void> {
  const events = eventsOfMessage(answerOf('x'));
  // The moment stands in the event, which the router sends on as it came.
  const delta = (text: string) =>
    `event: content_block_delta\ndata: ${JSON.stringify({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text }, at: performance.now() })}\n\n`;
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(Buffer.concat(events.slice(0, 2).map((event) => event.bytes)));
  for (const [index, word] of said.entries()) {
    if (index >= dies) return void response.socket?.resetAndDestroy();
    response.write(delta(word));
    await delay(paceMs);
  }
  response.end(Buffer.concat(events.slice(3).map((event) => event.bytes)));
}

/** Between an event leaving its provider and reaching its client, in milliseconds. */
const delays: number[] = [];

const agent = new Agent({ keepAlive: false, maxSockets: streams });

function ask(number: number): Promise<Buffer> {
  const body = JSON.stringify({
    ...{ model: 'any', max_tokens: 100, stream: true },
    messages: [{ role: 'user', content: `number ${number}` }],
  });
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      `${router.url}/v1/messages`,
      { method: 'POST', agent, headers: { 'content-type': 'application/json' } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          const moment = performance.now();
          for (const [, at] of chunk.toString('latin1').matchAll(/"at":([\d.]+)/g)) delays.push(moment - Number(at));
        });
        response.once('error', reject);
        response.once('end', () => resolve(Buffer.concat(chunks)));
      },
    );
    request.once('error', reject);
    request.end(body);
  });
}

function textIn(stream: Buffer): string {
  return [...stream.toString('utf8').matchAll(/"type":"text_delta","text":"([^"]*)"/g)]
    .map(([, text]) => text)
    .join('');
}

function memoryMb(): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${router.pid}/status`, 'utf8'))?.[1]) / 1024;
}

function openSockets(): number {
  const folder = `/proc/${router.pid}/fd`;
  return readdirSync(folder).filter((name) => isSocket(`${folder}/${name}`)).length;
}

function isSocket(path: string): boolean {
  try {
    return readlinkSync(path).startsWith('socket:');
  } catch {
    return false;
  }
}

describe.skipIf(process.platform !== 'linux')('a thousand streams at once, a third of them dying', () => {
  it('all arrive whole, and leave nothing behind', async () => {
    await ask(1);
    const before = openSockets();
    // Providers and clients are in this process: how late it is itself is not the router's doing.
    const own = monitorEventLoopDelay({ resolution: 10 });
    own.enable();
    const replies = await Promise.all(Array.from({ length: streams }, (_, number) => ask(number)));
    const wrong = replies.flatMap((reply, number) => {
      const violations = judgeStream(reply);
      return violations.length === 0 && textIn(reply) === whole ? [] : [{ number, violations, text: textIn(reply) }];
    });
    own.disable();
    expect(wrong).toEqual([]);
    const p99 = delays.sort((one, other) => one - other)[Math.floor(delays.length * 0.99)]!;
    const ownMs = own.percentile(99) / 1e6;
    process.stdout.write(`an event took ${p99.toFixed(1)} ms at p99, this process itself ${ownMs.toFixed(1)} ms\n`);
    expect(delays.length).toBeGreaterThan(streams * (words.length / 2));
    // On a busy machine of two cores far more than on a quiet one, for which bench/paced.mjs is; what is held back takes seconds.
    expect(p99 - ownMs).toBeLessThan(2000);
    expect(first.asked).toHaveLength(streams + 1);
    expect(second.asked).toHaveLength(Math.ceil(streams / 3));
    await expect.poll(openSockets, { timeout: 60_000, interval: 500 }).toBeLessThanOrEqual(before + 2);
    process.stdout.write(`${streams} streams: ${Math.round(memoryMb())} MB resident after them\n`);
    expect(memoryMb()).toBeLessThan(400);
  }, 120_000);
});
