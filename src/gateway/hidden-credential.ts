import type { Failure } from '../call/failure.ts';
import { isSecretKey } from '../config/problems.ts';

/** Takes credentials out of what a provider says: some repeat the key that they refuse, and nobody behind the router is to see it. */
export interface CredentialHider {
  bytes(body: Buffer): Buffer;
  failure(failure: Failure): Failure;
}

/** Hides the key, what its headers carry, and configured headers whose name says that they are secret. */
export function hiderOf(
  key: string | undefined,
  credentials: Readonly<Record<string, string>>,
  configured: Readonly<Record<string, string>>,
): CredentialHider {
  const secretHeaders = Object.entries(configured).filter(([name]) => isSecretKey(name));
  const carried = [...Object.values(credentials), ...secretHeaders.map(([, value]) => value)];
  const secrets = [key ?? '', ...carried.map((value) => value.replace(/^(Bearer|Basic)\s+/i, ''))]
    .filter((secret) => secret.length >= shortestSecret)
    .sort((one, other) => other.length - one.length);
  const text = (said: string) => secrets.reduce((clean, secret) => clean.replaceAll(secret, '[key]'), said);
  const bytes = (body: Buffer) =>
    secrets.some((secret) => body.includes(secret)) ? Buffer.from(text(body.toString('utf8'))) : body;
  return {
    bytes,
    failure(failure) {
      const { body } = failure.details;
      const clean = body && bytes(body);
      const message = text(failure.message);
      if (message === failure.message && clean === body) return failure;
      return failure.with(clean ? { body: clean } : {}, message);
    },
  };
}

/** A shorter one is none that a service gave out, and stands in other words. */
const shortestSecret = 8;
