import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EventStreamCodec } from '@smithy/eventstream-codec';
import type { Call } from '../../src/call/call.ts';
import type { TargetConfig } from '../../src/config/targets.ts';
import { newMoment } from '../../src/daemon/moment.ts';
import { attempt } from '../../src/gateway/attempt.ts';
import { countPromptTokens } from '../../src/gateway/count-tokens.ts';
import type { GatewayParts } from '../../src/gateway/parts.ts';
import { StreamGrammar } from '../../src/protocol/grammar.ts';
import { MessageBuilder } from '../../src/protocol/message-builder.ts';
import type { JsonObject, Message } from '../../src/protocol/messages.ts';
import { makeTarget } from '../../src/providers/make-target.ts';
import type { Target } from '../../src/providers/target.ts';
import { Transport } from '../../src/providers/transport.ts';
import type { RoutingTable } from '../../src/routing/decide.ts';
import { admitsAll } from '../support/admission.ts';

/** A request as the cloud on loopback got it. */
export interface Received {
  method: string;
  /** Path and query, as they stood on the wire. */
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
  json(): JsonObject;
}

export interface CloudReply {
  status?: number;
  headers?: Record<string, string>;
  /** Written part by part. */
  chunks: (Buffer | string)[];
}

/** A cloud on loopback. */
export interface Cloud {
  url: string;
  received: Received[];
  stop(): Promise<void>;
}

export async function startCloud(answer: (request: Received) => CloudReply): Promise<Cloud> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const json = () => JSON.parse(body.toString('utf8')) as JsonObject;
    const asked = { method: request.method!, path: request.url!, headers: request.headers, body, json };
    received.push(asked);
    const reply = answer(asked);
    response.writeHead(reply.status ?? 200, { 'content-type': 'application/json', ...reply.headers });
    for (const chunk of reply.chunks) {
      response.write(chunk);
      await new Promise((resolve) => setImmediate(resolve));
    }
    response.end();
  });
  return { url: await listen(server), received, stop: () => stop(server) };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

/** A target of this configuration, as the program makes it. */
export function cloudTarget(
  type: string,
  model: string,
  fields: Partial<TargetConfig>,
  variables: Record<string, string> = {},
): Target {
  return makeTarget(
    {
      ...{ name: model, aliases: [], provider: type, providerType: type, model, apiKeys: [] },
      ...{ origin: `providers.${type}`, ...fields },
    },
    {
      ...{ timeouts: { firstByte: 5000, idle: 5000, total: 0 }, slowStartMs: 0, missingVariables: () => [] },
      environment: (name) => variables[name],
    },
  );
}

/** The program's own way to the network. */
export function openTransport(): Transport {
  return new Transport({ maxConnections: 4, connectTimeoutMs: 5000, keepAlive: true });
}

/** Calls the target as the gateway does, with its first key, and reads the answer to its end. Throws Failure. */
export async function ask(
  transport: Transport,
  target: Target,
  fields: JsonObject = {},
  headers: Record<string, string> = {},
  localOnly = true,
): Promise<Message> {
  const [key] = target.keys.inTurn();
  const opened = await attempt({ ...partsWith(transport, target), localOnly }, callWith(fields, headers), target, key);
  if (opened.kind === 'message') return opened.message.message;
  const grammar = new StreamGrammar();
  const builder = new MessageBuilder();
  const read = (events: (typeof opened)['events']) => {
    for (const event of events) {
      grammar.add(event.data);
      builder.add(event.data);
    }
  };
  read(opened.events);
  for await (const events of opened.rest) read(events);
  const violations = grammar.finish();
  if (violations.length > 0) throw new Error(`no legal stream: ${violations.join('; ')}`);
  return builder.message as Message;
}

/** What the gateway says of the prompt's size. */
export function count(transport: Transport, target: Target): Promise<JsonObject> {
  return countPromptTokens(partsWith(transport, target), callWith({ max_tokens: undefined }, {}));
}

function partsWith(upstream: Transport, target: Target): GatewayParts {
  return {
    table: tableOf(target),
    ...newMoment(),
    admission: admitsAll(),
    retry: { attempts: 0, budgetMs: 0 },
    measurePrompt: () => () => 7,
    customRouter: undefined,
    upstream,
    estimateTokens: () => 7,
    isRouterKey: () => false,
    settle: () => undefined,
    now: () => 0,
    holdMs: 0,
  };
}

/** All calls go to the one target. */
function tableOf(target: Target): RoutingTable {
  return {
    ...{ find: () => target, resolve: () => target, defaultTarget: target, fallbacks: [], hasCustomRouter: false },
    ...{ rules: [], intelligentRules: [], costRules: [], scenarios: { longContextThreshold: 60_000 }, pool: undefined },
    priceOf: () => undefined,
  };
}

function callWith(fields: JsonObject, headers: Record<string, string>): Call {
  const messages = [{ role: 'user' as const, content: 'Hello' }];
  const request = { model: 'claude-sonnet-5-5', max_tokens: 10, messages, ...fields };
  return {
    ...{ id: 'req_1', startedAt: 0, caller: { name: 'local', permissions: new Set(['write' as const]) } },
    ...{ query: '?beta=true', headers, request, rawBody: Buffer.from(JSON.stringify(request)) },
    ...{ sessionId: undefined, signal: new AbortController().signal },
  };
}

/** A message that an answer without streaming holds. */
export const helloMessage = {
  ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-x', stop_reason: 'end_turn' },
  ...{ stop_sequence: null, content: [{ type: 'text', text: 'Hello!' }] },
  usage: { input_tokens: 3, output_tokens: 2 },
};

/** The same message as the events of a stream. */
export const helloEvents = [
  { type: 'message_start', message: { ...helloMessage, stop_reason: null, content: [] } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello!' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 2 } },
  { type: 'message_stop' },
];

/** These events in SSE frames. */
export function sse(events: readonly { type: string }[]): string {
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');
}

const codec = new EventStreamCodec(
  (bytes) => (typeof bytes === 'string' ? bytes : Buffer.from(bytes as Uint8Array).toString('utf8')),
  (text) => new Uint8Array(Buffer.from(text)),
);

/** An AWS frame with these headers, written by Amazon's own codec. */
export function awsFrame(headers: Record<string, string>, payload: unknown): Buffer {
  const typed = Object.entries(headers).map(([name, value]) => [name, { type: 'string', value }] as const);
  const body = new Uint8Array(Buffer.from(JSON.stringify(payload)));
  return Buffer.from(codec.encode({ headers: Object.fromEntries(typed), body }));
}

/** A Messages event as Bedrock frames it. */
export function bedrockFrame(event: unknown): Buffer {
  const bytes = Buffer.from(JSON.stringify(event)).toString('base64');
  return awsFrame({ ':message-type': 'event', ':event-type': 'chunk' }, { bytes, p: 'abc' });
}
