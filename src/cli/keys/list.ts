import { ConfigError, problemText } from '../../config/load.ts';
import { resolvePaths } from '../../config/paths.ts';
import type { CommandContext } from '../command.ts';
import type { KeyOptions } from '../keys.ts';
import { knownKeys, madeKeys, type ShownKey } from './known-keys.ts';

/** Prints every key's name and what it may do; never a key. Where the configuration can't be used, those that were made. */
export async function list({ config, json }: KeyOptions, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const keys = await knownKeys(config, context).catch((error: unknown) => {
    if (!(error instanceof ConfigError)) throw error;
    const told = `The keys of the configuration are not among them: ${error.problems.map(problemText).join('; ')}`;
    terminal.say(terminal.paint.yellow(told));
    return madeKeys(resolvePaths(context.environment));
  });
  if (json) return terminal.json({ keys });
  if (keys.length === 0) return terminal.say('There are no keys; `router keys create NAME` makes one.');
  terminal.table(['NAME', 'STATE', 'PERMISSIONS', 'MODELS', 'LIMIT', 'BUDGET', 'EXPIRES', 'FROM'], keys.map(rowOf));
}

function rowOf({ name, state, permissions, models, rateLimit, budget, expiresAt, from }: ShownKey): string[] {
  return [
    ...[name, state, permissions.join(','), models?.join(',') ?? 'all'],
    ...[limitText(rateLimit), budgetText(budget), expiresAt ?? 'never', from],
  ];
}

function limitText(limit: ShownKey['rateLimit']): string {
  if (limit === undefined) return 'none';
  if (typeof limit === 'number') return `${limit}/1h`;
  const { requests, tokens, window } = limit;
  const parts = [
    requests === undefined ? [] : [`${requests} requests`],
    tokens === undefined ? [] : [`${tokens} tokens`],
  ];
  return `${parts.flat().join(', ')}/${window}s`;
}

function budgetText(budget: ShownKey['budget']): string {
  if (budget === undefined) return 'none';
  const { daily, monthly } = typeof budget === 'number' ? { daily: undefined, monthly: budget } : budget;
  const parts = [daily === undefined ? [] : [`${daily}/day`], monthly === undefined ? [] : [`${monthly}/month`]];
  return parts.flat().join(', ') || 'none';
}
