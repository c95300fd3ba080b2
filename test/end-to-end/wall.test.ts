import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dialectOf } from '../../src/dialects/registry.ts';
import type { StreamEventData } from '../../src/protocol/messages.ts';
import { SseSplitter } from '../../src/protocol/sse.ts';
import { StreamEvent } from '../../src/protocol/stream-event.ts';
import { exchangeFor, formats, pathOf, toolsOf } from '../corpus/formats.ts';
import { type Recording, recordingsIn } from '../corpus/recording.ts';
import { http } from '../support/http.ts';
import { type InProcessRouter, startInProcess } from '../support/in-process-router.ts';
import { fallbackReply } from '../wall/fallback.ts';
import { errorFrame, type Fault, faults, garbage } from '../wall/faults.ts';
import { judge } from '../wall/judge.ts';

/** How long a silent upstream is waited for here. */
const idleMs = 1000;
const atOnce = 48;

interface HttpCase {
  number: number;
  marker: string;
  format: string;
  recording: Recording;
  at: number;
  fault: Fault;
  fallback: boolean;
  /** Told by the second target. */
  saved: boolean;
  said: string | undefined;
}

const cases = new Map<string, HttpCase>();
const open = new Set<Socket>();
const upstream = createServer((socket) => {
  open.add(socket);
  socket.once('close', () => open.delete(socket));
  socket.on('error', () => undefined);
  let received = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    const head = received.indexOf('\r\n\r\n');
    if (head === -1) return;
    const length = Number(/content-length: (\d+)/i.exec(received.toString('latin1', 0, head))?.[1] ?? 0);
    if (received.length < head + 4 + length) return;
    const path = received.toString('latin1', 0, received.indexOf('\r\n'));
    const body = received.subarray(head + 4, head + 4 + length);
    received = received.subarray(head + 4 + length);
    answer(socket, path, body);
  });
});

function answer(socket: Socket, path: string, body: Buffer): void {
  const chosen = cases.get(/WALL-\d+-END/.exec(body.toString('utf8'))?.[0] ?? '')!;
  socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n');
  if (path.includes('/second')) {
    const { bytes, said } = fallbackReply(body);
    Object.assign(chosen, { saved: true, said });
    return void socket.write(Buffer.concat([chunked(bytes), lastChunk]));
  }
  const dialect = exchangeFor(chosen.format, chosen.recording).dialect.name;
  socket.write(chunked(Buffer.from(chosen.recording.body).subarray(0, chosen.at)), () => {
    if (chosen.fault === 'reset') return void setImmediate(() => socket.resetAndDestroy());
    if (chosen.fault === 'stall') return;
    if (chosen.fault === 'garbage') socket.write(chunked(garbage));
    if (chosen.fault === 'error event') socket.write(chunked(errorFrame(dialect)));
    socket.write(lastChunk);
  });
}

function chunked(bytes: Buffer): Buffer {
  if (bytes.length === 0) return bytes;
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
}

const lastChunk = Buffer.from('0\r\n\r\n');

/** One with nothing on that has to be asked for, and one with all of it. */
let routers: InProcessRouter[] = [];

const everything = {
  rateLimit: { enabled: true, global: { requests: 100_000, window: 60 } },
  costOptimization: { enabled: true, budget: { daily: 1_000_000 } },
  cache: { enabled: true, type: 'memory', ttl: 60 },
  logging: { level: 'error', bodies: 'on' },
  plugins: ['CostTrackingPlugin'],
};

beforeAll(async () => {
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  const providers: Record<string, unknown> = {
    second: { type: 'anthropic', apiKey: 'a key', baseUrl: `${origin}/second`, models: { second: {} } },
  };
  for (const [format, type] of Object.entries(formats)) {
    const path = format === 'ollama' ? '' : pathOf(format);
    const full = format === 'openai-responses' ? { endpoint: `${origin}/${format}${path}` } : {};
    providers[format] = {
      ...{ type, apiKey: 'a key', baseUrl: `${origin}/${format}${path === '/v1/responses' ? '/v1' : path}` },
      models: { [`wall-${format}`]: { ...full, supportsTools: true, contextWindow: 1_000_000 } },
    };
  }
  const config = {
    providers,
    routing: { defaultModel: 'second', fallbackModel: 'second' },
    retry: { attempts: 0 },
    circuitBreaker: { enabled: false },
    timeouts: { idle: idleMs, firstByte: 5000 },
  };
  routers = [
    await startInProcess(config, {}, 'silent'),
    await startInProcess({ ...config, ...everything }, {}, 'silent'),
  ];
});

afterAll(async () => {
  await Promise.all(routers.map((router) => router.stop()));
  for (const socket of open) socket.destroy();
  upstream.close();
});

let made = 0;

function newCase(format: string, recording: Recording, at: number, fault: Fault, fallback: boolean): HttpCase {
  made += 1;
  const marker = `WALL-${made}-END`;
  const chosen: HttpCase = {
    number: made,
    marker,
    format,
    recording,
    at,
    fault,
    fallback,
    saved: false,
    said: undefined,
  };
  cases.set(marker, chosen);
  return chosen;
}

/** The cases take turns at the routers. */
async function play(chosen: HttpCase): Promise<{ events: StreamEventData[]; refused?: string }> {
  const router = routers[chosen.number % routers.length]!;
  const reply = await http(`${router.url}/v1/messages`, {
    body: {
      ...{ model: `${chosen.format}/wall-${chosen.format}`, max_tokens: 4096, stream: true },
      tools: toolsOf(chosen.recording),
      messages: [{ role: 'user', content: `Answer. ${chosen.marker}` }],
    },
    headers: { 'x-router-fallback': chosen.fallback ? 'on' : 'off' },
  });
  cases.delete(chosen.marker);
  if (reply.status !== 200) return { events: [], refused: reply.text };
  const splitter = new SseSplitter();
  const frames = [...splitter.push(reply.body), ...splitter.end()];
  return { events: frames.flatMap((frame) => StreamEvent.fromFrame(frame)?.data ?? []) };
}

/** Behind every frame, and at as many bytes between as the seed says. */
function positionsIn(recording: Recording, lines: boolean): number[] {
  const body = Buffer.from(recording.body);
  const border = lines ? '\n' : '\n\n';
  const borders: number[] = [];
  for (let at = body.indexOf(border); at !== -1; at = body.indexOf(border, at + 1)) borders.push(at + border.length);
  const step = Math.max(1, Math.ceil(borders.length / 40));
  const seeded = Array.from({ length: 16 }, (_, index) => (7919 * (index + 1) * recording.id.length) % body.length);
  return [...borders.filter((_, index) => index % step === 0), ...seeded];
}

describe('an upstream that dies over HTTP', () => {
  it('leaves a legal answer, nothing lost and nothing doubled, and no connection open', async () => {
    const wholes = new Map<Recording, StreamEventData[]>();
    const all: HttpCase[] = [];
    for (const format of Object.keys(formats)) {
      const streams = recordingsIn(format).filter(
        ({ kind, status, expected }) =>
          kind === 'stream' && status === 200 && !expected.error && !expected.truncated && !expected.blocked,
      );
      for (const recording of streams) {
        const whole = newCase(format, recording, recording.body.length * 4, 'close', false);
        wholes.set(recording, (await play(whole)).events);
        const isLines = exchangeFor(format, recording).dialect === dialectOf('ollama');
        for (const [index, at] of positionsIn(recording, isLines).entries()) {
          all.push(newCase(format, recording, at, faults[index % faults.length]!, index % 3 !== 0));
        }
      }
    }
    const wrong: unknown[] = [];
    const queue = all.values();
    const work = async () => {
      for (const chosen of queue) {
        const { events, refused } = await play(chosen);
        const { format, recording, at, fault, fallback, saved, said } = chosen;
        const found = judge({ events, saved, said, refused }, wholes.get(recording)!, fallback);
        if (found.length > 0) wrong.push({ format, id: recording.id, at, fault, fallback, found });
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    process.stdout.write(`fault wall over HTTP: ${all.length} cases run, ${all.length - wrong.length} passed\n`);
    expect(wrong).toEqual([]);
    expect(all.length).toBeGreaterThanOrEqual(3000);
    for (const { url } of routers) {
      const calls = (await http(`${url}/health/detailed`)).json() as { activeCalls: number };
      expect(calls.activeCalls).toBe(0);
    }
  }, 300_000);
});
