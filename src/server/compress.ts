import type { ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

/** How replies that are not streams are compressed. */
export interface CompressionSettings {
  /** 0 to 11; gzip takes 9 for what is more. */
  level: number;
  /** Bytes from which it is worth it. */
  threshold: number;
}

const allowed = new WeakMap<ServerResponse, CompressionSettings>();

/** The bodies that `sendBody` sends on this response may be compressed. */
export function allowCompression(response: ServerResponse, settings: CompressionSettings): void {
  allowed.set(response, settings);
}

/** Sends a whole body: compressed where that is allowed, worth it, and what the client accepts. */
export function sendBody(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  bytes: Buffer,
): void {
  const settings = allowed.get(response);
  const send = (body: Buffer, more: Record<string, string> = {}) => {
    response.writeHead(status, { ...headers, ...more, 'content-length': body.length });
    response.end(body);
  };
  if (!settings || bytes.length < settings.threshold) return send(bytes);
  response.appendHeader('vary', 'accept-encoding');
  const encoding = acceptedEncoding(response.req.headers['accept-encoding'] as string | undefined);
  if (!encoding) return send(bytes);
  compressed(encoding, bytes, settings.level).then(
    (body) => response.destroyed || send(body, { 'content-encoding': encoding }),
    () => response.destroyed || send(bytes),
  );
}

type Encoding = 'br' | 'gzip';

/** What the client likes best of what there is; undefined where it wants none of it. */
export function acceptedEncoding(header = ''): Encoding | undefined {
  const wanted = new Map<string, number>();
  for (const part of header.toLowerCase().split(',')) {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim());
    const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    if (name !== '') wanted.set(name, quality === undefined ? 1 : Number(quality) || 0);
  }
  const qualityOf = (name: Encoding) => wanted.get(name) ?? wanted.get('*') ?? 0;
  const best = qualityOf('br') >= qualityOf('gzip') ? 'br' : 'gzip';
  const worth = qualityOf(best);
  return worth > 0 && worth >= (wanted.get('identity') ?? 0) ? best : undefined;
}

function compressed(encoding: Encoding, bytes: Buffer, level: number): Promise<Buffer> {
  if (encoding === 'gzip') return promisify(gzip)(bytes, { level: Math.min(level, 9) });
  const params = { [constants.BROTLI_PARAM_QUALITY]: level, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  return promisify(brotliCompress)(bytes, { params });
}
