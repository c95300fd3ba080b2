import type { IncomingMessage } from 'node:http';
import { Failure } from '../call/failure.ts';

/** What the clients themselves call the limit. */
export const maxBodyBytes = 32 * 1024 * 1024;

/** The whole body. Throws Failure `request-too-large`, `malformed-request`, `client-gone`. */
export function readBody(request: IncomingMessage): Promise<Buffer> {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    return Promise.reject(
      new Failure('malformed-request', `content-encoding ${encoding} is not supported: send the body as it is`),
    );
  }
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > maxBodyBytes) return Promise.reject(tooLarge());
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBodyBytes) {
        request.removeAllListeners('data');
        reject(tooLarge());
      } else chunks.push(chunk);
    });
    request.once('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size)));
    request.once('error', (error) =>
      reject(new Failure('client-gone', 'the client closed the connection', { cause: error })),
    );
    request.once('close', () => {
      if (!request.complete) reject(new Failure('client-gone', 'the client closed the connection'));
    });
  });
}

function tooLarge(): Failure {
  return new Failure('request-too-large', `the request is larger than ${maxBodyBytes / 1024 / 1024} MB`);
}
