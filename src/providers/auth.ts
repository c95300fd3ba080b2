import type { AuthScheme } from './presets.ts';

/** In a target's configuration: use the credential that the client sent. */
export const passThroughKey = 'passthrough';

/** The headers that carry a provider's credential. The only place where a provider's key is revealed. */
export function credentialHeaders(scheme: AuthScheme, key: string | undefined): Record<string, string> {
  if (key === undefined || key === '') return {};
  switch (scheme) {
    case 'bearer':
      return { authorization: `Bearer ${key}` };
    case 'x-api-key':
      // Tokens of a claude.ai login are refused anywhere but in a Bearer header.
      return key.startsWith('sk-ant-oat') ? { authorization: `Bearer ${key}` } : { 'x-api-key': key };
    case 'x-goog-api-key':
      return { 'x-goog-api-key': key };
    case 'api-key':
      return { 'api-key': key };
    case 'aws':
    case 'google':
      return { authorization: `Bearer ${key}` };
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
