import { type Endpoint, readEndpoint } from '../endpoint.ts';
import { configuredAddress, firstSet, type Place } from './place.ts';

/**
 * Where a deployment of Azure is called: Claude at the Messages form, others at OpenAI's; with a dated `apiVersion` at the
 * classic paths, which name the deployment. A configured address is the resource's host, with or without the beginning of
 * these paths, or a full URL.
 */
export function azureEndpoint(place: Place): Endpoint {
  const { config, dialect } = place;
  const address = configuredAddress(config) ?? resourceAddress(place);
  if (address === undefined) return { missing: 'resource' };
  const path = address.split('?')[0]!.replace(/\/+$/, '');
  if (/\/(messages|chat\/completions|responses)$/.test(path)) return readEndpoint(undefined, address, dialect);
  const root = path.replace(/\/(openai|anthropic)(\/v1)?$/, '').replace(/\/openai\/deployments\/[^/]+$/, '');
  if (dialect === 'anthropic' || /\/anthropic(\/v1)?$/.test(path)) {
    return { dialect: 'anthropic', base: `${root}/anthropic/v1` };
  }
  const version = config.apiVersion ?? new URL(address).searchParams.get('api-version') ?? 'v1';
  if (!/^\d/.test(version)) {
    const query = version === 'v1' ? '' : `?api-version=${encodeURIComponent(version)}`;
    const method = dialect === 'openai-responses' ? '/responses' : '/chat/completions';
    return { dialect, base: `${root}/openai/v1`, path: () => `${method}${query}` };
  }
  const deployment = /\/openai\/deployments\/([^/]+)$/.exec(path)?.[1] ?? encodeURIComponent(config.model);
  const method = dialect === 'openai-responses' ? '/responses' : `/deployments/${deployment}/chat/completions`;
  return { dialect, base: `${root}/openai`, path: () => `${method}?api-version=${encodeURIComponent(version)}` };
}

/** Claude and all of Foundry are served at another host of the resource than Azure OpenAI. */
function resourceAddress({ config, dialect, environment }: Place): string | undefined {
  const foundry = config.providerType === 'foundry' || dialect === 'anthropic';
  const named = config.resource ?? (foundry ? firstSet(environment, 'ANTHROPIC_FOUNDRY_RESOURCE') : undefined);
  if (named !== undefined) return `https://${named}.${foundry ? 'services.ai' : 'openai'}.azure.com`;
  return foundry
    ? firstSet(environment, 'ANTHROPIC_FOUNDRY_BASE_URL')
    : firstSet(environment, 'AZURE_OPENAI_ENDPOINT', 'AZURE_OPENAI_BASE_URL');
}
