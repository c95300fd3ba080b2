import type { ServerResponse } from 'node:http';
import type { Failure } from '../call/failure.ts';
import type { Reply } from '../call/reply.ts';
import { StreamEvent } from '../protocol/stream-event.ts';

/** How long a client waits at most without a byte. */
const pingIntervalMs = 10_000;

/** Sends a reply. A stream is read to its end, or left as soon as the client has gone. */
export async function sendReply(response: ServerResponse, id: string, reply: Reply): Promise<void> {
  if (reply.kind === 'message') {
    const { bytes } = reply.message;
    response.writeHead(200, {
      ...reply.headers,
      'content-type': 'application/json',
      'content-length': bytes.length,
      'request-id': id,
    });
    response.end(bytes);
    return;
  }
  response.writeHead(200, {
    ...reply.headers,
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    'x-accel-buffering': 'no',
    'request-id': id,
  });
  await sendStream(response, reply.batches);
}

async function sendStream(response: ServerResponse, batches: AsyncIterable<StreamEvent[]>): Promise<void> {
  const ping = StreamEvent.of({ type: 'ping' }).bytes;
  const timer = setInterval(() => {
    if (!response.writableNeedDrain && !response.destroyed) response.write(ping);
  }, pingIntervalMs);
  try {
    for await (const batch of batches) {
      if (response.destroyed) break;
      timer.refresh();
      if (!response.write(bytesOf(batch))) await writable(response);
    }
  } finally {
    clearInterval(timer);
    response.end();
  }
}

function bytesOf(batch: readonly StreamEvent[]): Buffer {
  return batch.length === 1 ? batch[0]!.bytes : Buffer.concat(batch.map((event) => event.bytes));
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

/** Tells a failure in Anthropic's form; an Anthropic upstream's own body goes on unchanged. */
export function sendFailure(
  response: ServerResponse,
  id: string,
  failure: Failure,
  headers: Record<string, string> = {},
): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const { retryAfterSeconds, shouldRetry, body } = failure.details;
  const bytes = body ?? Buffer.from(JSON.stringify(envelope(failure, id)));
  response.writeHead(failure.status, {
    ...headers,
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
    ...(shouldRetry === undefined ? {} : { 'x-should-retry': String(shouldRetry) }),
    'content-type': 'application/json',
    'content-length': bytes.length,
    'request-id': id,
  });
  response.end(bytes);
}

function envelope(failure: Failure, id: string): object {
  return { type: 'error', error: { type: failure.type, message: failure.message }, request_id: id };
}

/** Sends a JSON document. */
export function sendJson(response: ServerResponse, id: string, status: number, value: unknown): void {
  const bytes = Buffer.from(JSON.stringify(value));
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length, 'request-id': id });
  response.end(bytes);
}
