import { resolvePaths } from '../config/paths.ts';
import { type RunState, readRunState } from '../daemon/run-state.ts';
import type { CommandContext } from './command.ts';
import { clientKeyIn } from './connection.ts';
import { CliFailure, exitCodes } from './exit.ts';

/** The router of this user that runs now. Throws CliFailure with exit code 3 where none does. */
export function requireRunning({ environment }: CommandContext): RunState {
  const state = readRunState(resolvePaths(environment).pidFile);
  if (state) return state;
  throw new CliFailure('The router does not run; `router start` starts it.', exitCodes.notRunning);
}

/** Asks the running router, or tells it `body`; the reply as it is. Throws CliFailure where it does not answer. */
export async function ask(state: RunState, path: string, context: CommandContext, body?: string): Promise<Response> {
  const key = clientKeyIn(context.environment);
  try {
    return await fetch(`${state.url}${path}`, {
      ...(body === undefined ? {} : { method: 'POST', body }),
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        'x-router-control': state.controlToken,
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      },
      signal: AbortSignal.timeout(10_000),
    });
  } catch (error) {
    const cause = (error as Error).cause ?? error;
    throw new CliFailure(
      `The router (pid ${state.pid}) does not answer at ${state.url}: ${cause instanceof Error ? cause.message : cause}. \`router restart\` may help; \`router logs\` tells more.`,
    );
  }
}

/** The reply as JSON. Throws CliFailure with the router's own words where it refuses. */
export async function askJson(state: RunState, path: string, context: CommandContext, sent?: string): Promise<unknown> {
  const reply = await ask(state, path, context, sent);
  const body: unknown = await reply.json().catch(() => undefined);
  const { error } = (body ?? {}) as { error?: { message?: string } };
  // Health is told with 503, too.
  if (reply.ok || (reply.status === 503 && error === undefined)) return body;
  const message = error?.message ?? `status ${reply.status}`;
  const hint = reply.status === 401 ? '; set ROUTER_API_KEY to a key of the router' : '';
  throw new CliFailure(`${message}${hint}`);
}
