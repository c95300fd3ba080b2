import type { ServerResponse } from 'node:http';
import type { Failure } from '../call/failure.ts';
import type { Reply } from '../call/reply.ts';
import type { ClientFormat, ReplyWriter } from '../inbound/client-format.ts';
import type { StreamEvent } from '../protocol/stream-event.ts';
import { sendBody } from './compress.ts';

/** How long a client waits at most without a byte. */
const pingIntervalMs = 10_000;

/** What a reply or a failure is told with: the client's form, and the `request-id`. */
export interface Address {
  id: string;
  format: ClientFormat;
}

/** Sends a reply. A stream is read to its end, or left as soon as the client has gone. */
export async function sendReply(
  response: ServerResponse,
  { id, format }: Address,
  reply: Reply,
  writer: ReplyWriter,
): Promise<void> {
  if (reply.kind === 'message') {
    const bytes = writer.writeMessage(reply.message);
    const headers = { ...reply.headers, 'content-type': 'application/json', ...format.idHeaders(id) };
    return sendBody(response, 200, headers, bytes);
  }
  response.writeHead(200, {
    ...reply.headers,
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    'x-accel-buffering': 'no',
    ...format.idHeaders(id),
  });
  await sendStream(response, reply.batches, writer);
}

async function sendStream(
  response: ServerResponse,
  batches: AsyncIterable<StreamEvent[]>,
  writer: ReplyWriter,
): Promise<void> {
  const stream = writer.openStream();
  const timer = setInterval(() => {
    if (!response.writableNeedDrain && !response.destroyed) response.write(stream.ping);
  }, pingIntervalMs);
  try {
    for await (const batch of batches) {
      if (response.destroyed) break;
      timer.refresh();
      const bytes = stream.write(batch);
      if (bytes.length > 0 && !response.write(bytes)) await writable(response);
    }
  } finally {
    clearInterval(timer);
    response.end();
  }
}

/** Resolves when more may be written, or when nobody reads any more. */
function writable(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.once('drain', done);
    response.once('close', done);
  });
}

/** Tells a failure in the client's form. */
export function sendFailure(
  response: ServerResponse,
  { id, format }: Address,
  failure: Failure,
  headers: Record<string, string> = {},
): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const { retryAfterSeconds, shouldRetry } = failure.details;
  const written = format.writeFailure(failure, id);
  const told = {
    ...headers,
    ...written.headers,
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
    ...(shouldRetry === undefined ? {} : { 'x-should-retry': String(shouldRetry) }),
    'content-type': 'application/json',
    ...format.idHeaders(id),
  };
  sendBody(response, written.status, told, written.body);
}

/** Sends a JSON document. */
export function sendJson(response: ServerResponse, id: string, status: number, value: unknown): void {
  const bytes = Buffer.from(JSON.stringify(value));
  sendBody(response, status, { 'content-type': 'application/json', 'request-id': id }, bytes);
}
