import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { deliver } from './deliver.ts';
import { anthropic } from './formats/anthropic.ts';
import { type Asked, type Format, type FormatName, isObject, type ScriptedReply, textOf } from './formats/format.ts';
import { gemini } from './formats/gemini.ts';
import { ollama } from './formats/ollama.ts';
import { openai } from './formats/openai.ts';
import { responses } from './formats/responses.ts';

/** The only credential that the scripted upstream accepts. */
export const upstreamKey = 'sk-upstream-1f6e0c';

/**
 * Says what to do with a request. `turn` counts the answers that the conversation already holds behind the marker;
 * `time` counts the requests that came with this marker before.
 */
export type Script = (asked: Asked, turn: number, time: number) => ScriptedReply | Promise<ScriptedReply>;

/** A request as it came. */
export interface UpstreamRequest {
  format: FormatName;
  kind: 'call' | 'count';
  path: string;
  headers: IncomingHttpHeaders;
  body: Record<string, unknown>;
  bytes: number;
  asked: Asked;
  marker: string | undefined;
  turn: number;
  receivedAt: number;
  /** Settled when the exchange is over; `whole` is false where the other side left before its end. */
  closed: Promise<{ at: number; whole: boolean }>;
}

/** A provider on loopback, as strict as a real one, whose answers the test writes. */
export interface FakeUpstream {
  /** Without a path. */
  url: string;
  requests: UpstreamRequest[];
  /** Requests for paths that no provider has. */
  strays: string[];
  /** Answers every request whose latest marker is this one. */
  script(marker: string, script: Script): void;
  /** The calls that came with the marker. */
  calls(marker: string): UpstreamRequest[];
  /** The next call with the marker, or the first that came already. */
  arrival(marker: string): Promise<UpstreamRequest>;
  /** What is said to `count_tokens`. */
  countedTokens: number;
  stop(): Promise<void>;
}

const formats: readonly Format[] = [anthropic, openai, ollama, responses, gemini];

export async function startFakeUpstream(): Promise<FakeUpstream> {
  const scripts = new Map<string, { script: Script; times: number }>();
  const waiting = new Map<string, ((request: UpstreamRequest) => void)[]>();
  const server = createServer((request, response) => {
    handle(upstream, scripts, waiting, request, response).catch((error) => {
      upstream.strays.push(`fault of the script: ${error}`);
      response.destroy();
    });
  });
  server.on('connection', (socket) => socket.setNoDelay(true));
  const upstream: FakeUpstream = {
    url: '',
    requests: [],
    strays: [],
    script: (marker, script) => void scripts.set(marker, { script, times: 0 }),
    calls: (marker) => upstream.requests.filter((request) => request.marker === marker && request.kind === 'call'),
    arrival(marker) {
      const [first] = upstream.calls(marker);
      if (first) return Promise.resolve(first);
      return new Promise((resolve) => waiting.set(marker, [...(waiting.get(marker) ?? []), resolve]));
    },
    countedTokens: 4242,
    stop: () => stop(server),
  };
  upstream.url = await listen(server);
  return upstream;
}

/** The loopback address that the server now listens on. */
export async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

async function handle(
  upstream: FakeUpstream,
  scripts: ReadonlyMap<string, { script: Script; times: number }>,
  waiting: Map<string, ((request: UpstreamRequest) => void)[]>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = (request.url ?? '/').split('?')[0]!;
  const closed = new Promise<{ at: number; whole: boolean }>((resolve) => {
    response.once('close', () => resolve({ at: Date.now(), whole: response.writableFinished }));
  });
  const format = formats.find((candidate) => candidate.matches(path) !== undefined);
  const raw = await bodyOf(request);
  if (!format || request.method !== 'POST') {
    upstream.strays.push(`${request.method} ${path}`);
    return send(response, 404, { error: { message: `no such path: ${path}` } });
  }
  const refuse = (status: number, message: string) =>
    send(response, status, format.errorBody(status, undefined, message));
  if (format.credential(request.headers) !== upstreamKey) return refuse(401, 'invalid credential');
  const body = parsed(raw);
  if (!isObject(body)) return refuse(400, 'the body is not a JSON object');

  const asked = format.read(body, path);
  const marker = latestMarker(textOf(asked), scripts.keys());
  const kind = format.matches(path)!;
  const record: UpstreamRequest = {
    ...{ format: format.name, kind, path, headers: request.headers, body, bytes: raw.length, asked, marker, closed },
    turn: turnBehind(asked, marker),
    receivedAt: Date.now(),
  };
  upstream.requests.push(record);
  if (kind === 'count') return send(response, 200, format.countBody(upstream.countedTokens));
  if (marker !== undefined) {
    for (const resolve of waiting.get(marker) ?? []) resolve(record);
    waiting.delete(marker);
  }
  if (format.name === 'anthropic' && request.headers['anthropic-version'] === undefined) {
    asked.violations.push('anthropic-version: header is required');
  }
  if (asked.violations.length > 0) return refuse(400, asked.violations.slice(0, 3).join(' | '));
  const scripted = marker === undefined ? undefined : scripts.get(marker);
  const reply = scripted ? await scripted.script(asked, record.turn, scripted.times++) : background;
  await deliver(format, reply, asked, response);
}

/** What the client asks beside the test's own conversation. */
const background: ScriptedReply = { blocks: [{ type: 'text', text: 'background' }] };

function latestMarker(text: string, markers: Iterable<string>): string | undefined {
  let latest: string | undefined;
  let place = -1;
  for (const marker of markers) {
    const found = text.lastIndexOf(marker);
    if (found > place) {
      place = found;
      latest = marker;
    }
  }
  return latest;
}

function turnBehind(asked: Asked, marker: string | undefined): number {
  if (marker === undefined) return 0;
  const start = asked.messages.findLastIndex((message) => message.role === 'user' && message.text.includes(marker));
  return asked.messages.slice(start + 1).filter(({ role, text, calls }) => {
    return role === 'assistant' && (calls.length > 0 || text !== '');
  }).length;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function parsed(raw: Buffer): unknown {
  try {
    return JSON.parse(raw.toString('utf8'));
  } catch {
    return undefined;
  }
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}
