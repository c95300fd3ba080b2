import { createHash, createHmac } from 'node:crypto';

/** A request as it stands on the wire. */
export interface SignedRequest {
  method: string;
  /** Path and query as sent. */
  path: string;
  /** The headers that are signed, lower-case. */
  headers: Record<string, string>;
  body: Buffer;
}

export interface SigningScope {
  secret: string;
  region: string;
  service: string;
}

/** The signature that AWS computes for a request (Signature Version 4), written from its documentation. */
export function awsSignature({ method, path, headers, body }: SignedRequest, scope: SigningScope): string {
  const names = Object.keys(headers).sort();
  const [plainPath = '', query = ''] = path.split('?');
  const canonical = [
    method,
    plainPath.split('/').map(encoded).join('/'),
    query.split('&').sort().join('&'),
    ...names.map((name) => `${name}:${headers[name]}`),
    '',
    names.join(';'),
    sha256(body),
  ].join('\n');
  const date = headers['x-amz-date']!;
  const steps = [date.slice(0, 8), scope.region, scope.service, 'aws4_request'];
  const text = ['AWS4-HMAC-SHA256', date, steps.join('/'), sha256(Buffer.from(canonical))].join('\n');
  let key: Buffer = Buffer.from(`AWS4${scope.secret}`);
  for (const step of steps) key = createHmac('sha256', key).update(step).digest();
  return createHmac('sha256', key).update(text).digest('hex');
}

/** What an `Authorization` header of Signature Version 4 says. */
export function readAuthorization(header: string): { credential: string; signed: string[]; signature: string } {
  const [, credential, signed, signature] =
    /^AWS4-HMAC-SHA256 Credential=([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(header) ?? [];
  if (!credential || !signed || !signature) throw new Error(`no signature: ${header}`);
  return { credential, signed: signed.split(';'), signature };
}

function encoded(segment: string): string {
  return encodeURIComponent(segment).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
