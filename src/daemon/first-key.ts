import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { hashKey, type RouterKey } from '../admission/authenticate.ts';

/**
 * The key of a router that others reach and that has no configured keys: made at the first start, kept as its hash.
 * `made` is the key itself, the only time it is known.
 */
export function firstKey(file: string): { key: RouterKey; made: string | undefined } {
  if (existsSync(file)) {
    const { hash } = JSON.parse(readFileSync(file, 'utf8')) as { hash: string };
    return { key: routerKey(Buffer.from(hash, 'hex')), made: undefined };
  }
  const made = `ccr-${randomBytes(24).toString('base64url')}`;
  const hash = hashKey(made);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, JSON.stringify({ hash: hash.toString('hex') }), { mode: 0o600 });
  return { key: routerKey(hash), made };
}

function routerKey(hash: Buffer): RouterKey {
  return { name: 'first-key', hash, permissions: ['admin'] };
}
