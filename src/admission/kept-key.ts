import type { KeptKey } from '../config/schema/security.ts';

export type { KeptKey } from '../config/schema/security.ts';

/**
 * What two folders know of the key of a name, together: of two keys the one that was made later, and revoked where one of them says
 * so. Whoever asks, and in whatever order, comes to the same; only of two moments of revoking each keeps the one it heard first.
 */
export function joined(one: KeptKey, other: KeptKey): KeptKey {
  if (one.keyHash !== other.keyHash) return isLater(other, one) ? other : one;
  return one.revokedAt !== undefined || other.revokedAt === undefined ? one : { ...one, revokedAt: other.revokedAt };
}

function isLater(one: KeptKey, other: KeptKey): boolean {
  const [at, otherAt] = [Date.parse(one.createdAt), Date.parse(other.createdAt)];
  return at === otherAt ? one.keyHash > other.keyHash : at > otherAt;
}
