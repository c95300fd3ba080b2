import type { AuthScheme } from './presets.ts';
import type { RequestToAuthorize, Target } from './target.ts';
import type { Upstream } from './transport.ts';

/** In a target's configuration: use the credential that the client sent. */
export const passThroughKey = 'passthrough';

/**
 * The headers that carry a provider's credential for one request; a promise only where they must be made for it. The only
 * place where a provider's key is revealed. Throws Failure.
 */
export function credentialHeaders(
  target: Pick<Target, 'auth' | 'credential'>,
  key: string | undefined,
  request: RequestToAuthorize,
  upstream: Upstream,
): Record<string, string> | Promise<Record<string, string>> {
  if (target.credential) return target.credential.headers(key, request, upstream);
  return key === undefined || key === '' ? {} : keyHeaders(target.auth, key);
}

function keyHeaders(scheme: AuthScheme, key: string): Record<string, string> {
  switch (scheme) {
    case 'bearer':
      return { authorization: `Bearer ${key}` };
    case 'x-api-key':
      // Tokens of a claude.ai login are refused anywhere but in a Bearer header.
      return key.startsWith('sk-ant-oat') ? { authorization: `Bearer ${key}` } : { 'x-api-key': key };
    case 'x-goog-api-key':
      return { 'x-goog-api-key': key };
    case 'api-key':
      // A token of Entra ID is a JWT; it is taken in a Bearer header alone.
      return /^eyJ[\w-]+\.[\w-]+\.[\w-]*$/.test(key) ? { authorization: `Bearer ${key}` } : { 'api-key': key };
    case 'none':
      return {};
  }
}

/** The client's own credential, as it sent it; the router's own keys are never passed on. */
export function clientCredential(
  headers: Readonly<Record<string, string>>,
  isRouterKey: (key: string) => boolean,
): Record<string, string> {
  const credential: Record<string, string> = {};
  const apiKey = headers['x-api-key'];
  if (apiKey !== undefined && !isRouterKey(apiKey)) credential['x-api-key'] = apiKey;
  const { authorization } = headers;
  if (authorization !== undefined && !isRouterKey(authorization.replace(/^Bearer\s+/i, ''))) {
    credential.authorization = authorization;
  }
  return credential;
}
