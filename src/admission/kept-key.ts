import type { KeptKey } from '../config/schema/security.ts';

export type { KeptKey } from '../config/schema/security.ts';

/**
 * What is known of keys in several places, together: each key once, by its hash, and revoked where one of them says so. Whoever puts
 * the same together, in whatever order, comes to the same keys; only of two moments of revoking one the first that was heard stays.
 */
export function together(...lists: readonly (readonly KeptKey[])[]): KeptKey[] {
  const all = new Map<string, KeptKey>();
  for (const key of lists.flat()) {
    const known = all.get(key.keyHash);
    if (!known || (known.revokedAt === undefined && key.revokedAt !== undefined)) {
      all.set(key.keyHash, known ? { ...known, revokedAt: key.revokedAt } : key);
    }
  }
  return [...all.values()];
}
