import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventsOfMessage } from '../../src/protocol/events-of-message.ts';
import type { Message } from '../../src/protocol/messages.ts';

/** A request to the provider: with which key, for how many bytes. */
export interface Asked {
  key: string;
  stream: boolean;
  body: Record<string, unknown>;
  /** False where the other side left before the end. */
  whole: Promise<boolean>;
}

/** A provider that speaks the Messages form and does what the test says. */
export interface ScriptedProvider {
  url: string;
  asked: Asked[];
  /** Answers every request from now on. */
  act(action: Action): void;
  /** Connections that are open now. */
  connections(): Promise<number>;
  stop(): Promise<void>;
}

export type Action = (asked: Asked, response: ServerResponse) => void | Promise<void>;

export async function startScriptedProvider(name: string): Promise<ScriptedProvider> {
  let action: Action = (asked, response) => sayText(asked, response, name);
  const provider: ScriptedProvider = {
    url: '',
    asked: [],
    act: (next) => {
      action = next;
    },
    connections: () => new Promise((resolve) => server.getConnections((_, count) => resolve(count))),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  const server = createServer(async (request, response) => {
    const body = JSON.parse(await textOf(request)) as Record<string, unknown>;
    const whole = new Promise<boolean>((resolve) => response.once('close', () => resolve(response.writableFinished)));
    const asked: Asked = { key: String(request.headers['x-api-key']), stream: body.stream === true, body, whole };
    provider.asked.push(asked);
    await action(asked, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  provider.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return provider;
}

/** A whole answer, in the form that was asked for. */
export function sayText(asked: Asked, response: ServerResponse, text: string): void {
  const message = answerOf(text);
  response.writeHead(200, { 'content-type': asked.stream ? 'text/event-stream' : 'application/json' });
  if (!asked.stream) response.end(JSON.stringify(message));
  else response.end(Buffer.concat(eventsOfMessage(message).map((event) => event.bytes)));
}

/** An error in Anthropic's form. */
export function refuse(
  response: ServerResponse,
  status: number,
  type: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify({ type: 'error', error: { type, message: `scripted ${status}` } }));
}

/** The beginning of a stream: its frames up to the first text. */
export function beginText(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const events = eventsOfMessage(answerOf(text)).slice(0, 3);
  response.write(Buffer.concat(events.map((event) => event.bytes)));
}

export function answerOf(text: string): Message {
  return {
    ...{ id: 'msg_scripted', type: 'message', role: 'assistant', model: 'scripted', stop_sequence: null },
    ...{ content: [{ type: 'text', text }], stop_reason: 'end_turn' },
    usage: { input_tokens: 10, output_tokens: 5 },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
