import { createHash, timingSafeEqual } from 'node:crypto';
import type { CallBudget, Caller, CallLimit, Permission } from '../call/call.ts';
import { Failure } from '../call/failure.ts';

/** A key of the router's, by its hash alone. */
export interface RouterKey {
  name: string;
  /** SHA-256, 32 bytes. */
  hash: Buffer;
  permissions: readonly Permission[];
  models?: readonly string[];
  /** Milliseconds since the epoch. */
  expiresAt?: number;
  /** True for a key that was revoked: known, and refused. */
  revoked?: boolean;
  rateLimit?: CallLimit;
  budget?: CallBudget;
}

/** Knows the router's keys and says who a caller is. */
export class Authenticator {
  /** True where nobody is asked for a key. */
  readonly isOpen: boolean;
  readonly #keys: readonly RouterKey[];

  /** `everybody` is admitted with every permission: only for loopback, or where the user switched keys off. Without any key nobody is. */
  constructor(keys: readonly RouterKey[] | 'everybody') {
    this.isOpen = keys === 'everybody';
    this.#keys = keys === 'everybody' ? [] : keys;
  }

  /**
   * Who calls, where the key has one of the permissions. Throws Failure `unauthenticated` for no key, a wrong one, one that expired
   * or was revoked, `forbidden` for one without the permission.
   */
  admit(headers: Readonly<Record<string, string>>, needed: readonly Permission[], now: number): Caller {
    if (this.isOpen) return { name: 'local', permissions: everything };
    const presented = presentedKeys(headers);
    if (presented.length === 0) {
      throw new Failure('unauthenticated', 'a key of the router is needed: send it as x-api-key or as a bearer token');
    }
    const key = presented.map((value) => this.#find(value)).find((found) => found !== undefined);
    if (!key) throw new Failure('unauthenticated', 'the router does not know this key');
    if (key.revoked) throw new Failure('unauthenticated', `the key ${key.name} was revoked`);
    if (key.expiresAt !== undefined && key.expiresAt <= now) {
      throw new Failure('unauthenticated', `the key ${key.name} has expired`);
    }
    const permissions = effective(key.permissions);
    if (!needed.some((permission) => permissions.has(permission))) {
      throw new Failure('forbidden', `the key ${key.name} lacks the permission "${needed.join('" or "')}"`);
    }
    const { name, models, rateLimit, budget } = key;
    return { name, permissions, ...(models && { models }), ...(rateLimit && { rateLimit }), ...(budget && { budget }) };
  }

  /** True where the value is one of the router's keys. */
  knows(value: string): boolean {
    return this.#find(value) !== undefined;
  }

  #find(value: string): RouterKey | undefined {
    const hash = hashKey(value);
    let found: RouterKey | undefined;
    // Every key is compared, so the time taken says nothing about which one matched.
    for (const key of this.#keys) if (timingSafeEqual(key.hash, hash)) found ??= key;
    return found;
  }
}

/** How a key is kept. Keys are long and random, so a fast hash is right. */
export function hashKey(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

const everything: ReadonlySet<Permission> = new Set<Permission>(['read', 'write', 'admin']);

function effective(permissions: readonly Permission[]): ReadonlySet<Permission> {
  return permissions.includes('admin') ? everything : new Set(permissions);
}

function presentedKeys(headers: Readonly<Record<string, string>>): string[] {
  const bearer = /^Bearer\s+(.+)$/i.exec(headers.authorization ?? '')?.[1];
  return [headers['x-api-key'], bearer].filter((key) => key !== undefined && key !== '') as string[];
}
