import type { CommandContext } from './command.ts';
import { anyKey, clientKeyIn, clientVariables } from './connection.ts';

export interface ClientConnection {
  variables: Record<string, string>;
  /** What the user has to do before it works. */
  missing?: string;
}

/**
 * The variables for a client of the router at this address. The client's own credential is left alone where the router
 * passes it on, or where it asks for none and there is one.
 */
export async function connectionTo(url: string, { environment }: CommandContext): Promise<ClientConnection> {
  const key = clientKeyIn(environment);
  const variables = clientVariables(url, key ?? anyKey);
  if (key !== undefined) return { variables };
  const wanted = await credentialWanted(url);
  if (wanted === 'router') {
    return { variables, missing: 'This router asks for a key: set ROUTER_API_KEY to one of its keys.' };
  }
  const keepOwn = wanted === 'own' || Boolean(environment.get('ANTHROPIC_API_KEY'));
  return { variables: keepOwn ? { ANTHROPIC_BASE_URL: url } : variables };
}

/** Whose credential the router wants: its own, the client's to pass it on, or none. */
async function credentialWanted(url: string): Promise<'router' | 'own' | 'none'> {
  try {
    const reply = await fetch(`${url}/health/models`, { signal: AbortSignal.timeout(3000) });
    if (reply.status === 401) return 'router';
    const { models } = (await reply.json()) as { models: { passthrough?: boolean }[] };
    return models.some(({ passthrough }) => passthrough) ? 'own' : 'none';
  } catch {
    return 'none';
  }
}
