import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { setImmediate as immediate } from 'node:timers/promises';
import type { HttpCase } from './stream-cases.ts';

/** An upstream below HTTP: it writes the bytes it is told to and ends as it is told to. */
export interface RawUpstream {
  url: string;
  /** Answers requests that hold this text with the case. */
  serve(marker: string, reply: HttpCase): void;
  stop(): Promise<void>;
}

export async function startRawUpstream(): Promise<RawUpstream> {
  const replies = new Map<string, HttpCase>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    answerRequests(socket, replies);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    serve: (marker, reply) => void replies.set(marker, reply),
    stop: () => stop(server, sockets),
  };
}

function stop(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  for (const socket of sockets) socket.destroy();
  return new Promise((resolve) => server.close(() => resolve()));
}

function answerRequests(socket: Socket, replies: ReadonlyMap<string, HttpCase>): void {
  socket.setNoDelay(true);
  let received = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    const head = received.indexOf('\r\n\r\n');
    if (head === -1) return;
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(received.toString('latin1', 0, head))?.[1] ?? 0);
    if (received.length < head + 4 + length) return;
    const request = received.toString('utf8', 0, head + 4 + length);
    received = received.subarray(head + 4 + length);
    const marker = /MARK-[\w-]+-END/.exec(request)?.[0];
    const reply = marker === undefined ? undefined : replies.get(marker);
    if (reply) void write(socket, reply);
    else socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n');
  });
}

async function write(socket: Socket, reply: HttpCase): Promise<void> {
  if (reply.framing !== 'no-http') socket.write(headOf(reply));
  for (const chunk of reply.chunks) {
    if (socket.destroyed) return;
    await immediate();
    if (reply.framing !== 'chunked') socket.write(chunk);
    else if (chunk.length > 0) socket.write(Buffer.concat([sizeLine(chunk), chunk, lineEnd]));
  }
  await immediate();
  if (reply.end === 'reset') socket.resetAndDestroy();
  else if (reply.end === 'close') socket.destroy();
  else if (reply.framing === 'chunked') socket.write('0\r\n\r\n');
  else if (reply.framing !== 'length') socket.end();
}

function headOf({ status, contentType, framing, chunks }: HttpCase): string {
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const lines = [`HTTP/1.1 ${status} Whatever`];
  if (contentType !== undefined) lines.push(`content-type: ${contentType}`);
  if (framing === 'chunked') lines.push('transfer-encoding: chunked');
  if (framing === 'length') lines.push(`content-length: ${length}`);
  if (framing === 'too-long-length') lines.push(`content-length: ${length + 10}`);
  if (framing === 'until-close') lines.push('connection: close');
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function sizeLine(chunk: Buffer): Buffer {
  return Buffer.from(`${chunk.length.toString(16)}\r\n`);
}

const lineEnd = Buffer.from('\r\n');
