import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';

/** A reply, whole. */
export interface HttpReply {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  text: string;
  /** The body as JSON; throws where it is none. */
  json(): Record<string, unknown>;
}

export interface HttpOptions {
  method?: string;
  /** `host` may be any. */
  headers?: Record<string, string>;
  /** Sent as it is; anything but a string or Buffer as JSON. */
  body?: unknown;
  signal?: AbortSignal;
  /** Told of each part of the body as it comes. */
  onData?: (chunk: Buffer) => void;
}

/** One HTTP request. Rejects where the connection breaks before the reply is whole. */
export function http(url: string, options: HttpOptions = {}): Promise<HttpReply> {
  const { body, signal, onData } = options;
  const bytes = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const method = options.method ?? (bytes === undefined ? 'GET' : 'POST');
  const headers = {
    ...(bytes === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(bytes) }),
    ...options.headers,
  };
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers, ...(signal ? { signal } : {}) }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        onData?.(chunk);
      });
      response.once('error', reject);
      response.once('end', () => {
        const whole = Buffer.concat(chunks);
        const text = whole.toString('utf8');
        const json = () => JSON.parse(text) as Record<string, unknown>;
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: whole, text, json });
      });
    });
    request.once('error', reject);
    request.end(bytes);
  });
}

/** A minimal Messages body. */
export function messagesBody(text: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { model: 'claude-opus-5-5', max_tokens: 1000, messages: [{ role: 'user', content: text }], ...more };
}

let made = 0;

/** A text that stands in one conversation only. */
export function newMarker(name: string): string {
  made += 1;
  return `MARK-${name}-${process.pid}-${made}-END`;
}
