import type { Environment } from '../config/env.ts';
import type { RunningRouter } from '../daemon/run-router.ts';

/** What stands for a key where the router asks for none: Claude Code does not start without one. */
export const anyKey = 'router';

/** The variables that make Claude Code talk to a router. */
export function clientVariables(url: string, key: string): Record<string, string> {
  return { ANTHROPIC_BASE_URL: url, ANTHROPIC_AUTH_TOKEN: key };
}

/** The credential that the user's environment holds for the router. */
export function clientKeyIn({ get }: Environment): string | undefined {
  return get('ROUTER_API_KEY') || get('ANTHROPIC_AUTH_TOKEN') || undefined;
}

/** How to connect Claude Code, for a person. */
export function connectionLines({ url, needsKey, firstKey }: Pick<RunningRouter, 'url' | 'needsKey' | 'firstKey'>) {
  const key = firstKey ?? (needsKey ? 'A-KEY-OF-THE-ROUTER' : anyKey);
  return Object.entries(clientVariables(url, key)).map(([name, value]) => `export ${name}=${value}`);
}
