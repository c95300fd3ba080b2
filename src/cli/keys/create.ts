import { createKey, type KeyGrant } from '../../admission/key-folder.ts';
import { nearest } from '../../config/nearest.ts';
import { resolvePaths } from '../../config/paths.ts';
import { keptKeySchema } from '../../config/schema/security.ts';
import { durationMs } from '../../config/schema/values.ts';
import type { CommandContext } from '../command.ts';
import { CliFailure, exitCodes } from '../exit.ts';
import type { KeyOptions } from '../keys.ts';
import { offlineRouting } from '../offline-routing.ts';
import { knownKeys } from './known-keys.ts';

export interface CreateOptions extends KeyOptions {
  name?: string;
  permissions?: string;
  models?: string;
  rateLimit?: string;
  budget?: string;
  budgetDaily?: string;
  expiresAt?: string;
}

/** Makes a key, keeps its hash, and prints the key itself. Throws CliFailure. */
export async function create(name: string | undefined, options: CreateOptions, context: CommandContext): Promise<void> {
  const { terminal, environment } = context;
  const keys = await knownKeys(options.config, context);
  const grant = grantOf(name ?? freeName(keys.map((key) => key.name)), options);
  if (grant.models) await checkModels(grant.models, options, context);
  if (keys.some((key) => key.name === grant.name && key.state !== 'revoked')) throw taken(grant.name);
  const key = createKey(resolvePaths(environment).keysDirectory, grant, Date.now());
  if (key === undefined) throw taken(grant.name);
  if (options.json) terminal.json({ key, ...grant });
  else terminal.out(key);
  terminal.say(`The key ${grant.name} was made; it is shown only now. A running router takes it within a second.`);
  if (keys.length === 0) terminal.say('It is the first one: from now on the router asks everybody for a key.');
}

/** What the options say, in the form of a configured key. Throws CliFailure with exit code 2. */
function grantOf(name: string, options: CreateOptions): KeyGrant {
  if (!/^[\p{L}\p{N}][\p{L}\p{N} ._@+-]{0,63}$/u.test(name)) {
    throw usage('a name is made of letters, digits, spaces and . _ @ + -, at most 64 of them');
  }
  const { permissions, models, rateLimit, budget, budgetDaily, expiresAt } = options;
  const fields = keptKeySchema.omit({ keyHash: true, createdAt: true, revokedAt: true }).safeParse({
    name,
    permissions: permissions === undefined ? undefined : listOf(permissions),
    models: models === undefined ? undefined : listOf(models),
    rateLimit: rateLimit === undefined ? undefined : limitOf(rateLimit),
    budget: budgetOf(budget, budgetDaily),
    expiresAt: expiresAt === undefined ? undefined : timeOf(expiresAt),
  });
  if (fields.success) return JSON.parse(JSON.stringify(fields.data)) as KeyGrant;
  const [issue] = fields.error.issues;
  const option = String(issue?.path[0]).replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw usage(`--${option}: ${issue?.message}`);
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** `100` is an hour's, `100/1m` a minute's. */
function limitOf(text: string): number | { requests: number; window: string } {
  const [, requests, window] = /^(\d+)(?:\/(.+))?$/.exec(text.trim()) ?? [];
  if (requests === undefined) throw usage('--rate-limit: a number of requests, or one with its window: 100/1m');
  return window === undefined
    ? Number(requests)
    : { requests: Number(requests), window: /^[a-z]/.test(window) ? `1${window}` : window };
}

function budgetOf(monthly: string | undefined, daily: string | undefined) {
  const amount = (text: string | undefined, option: string) => {
    if (text === undefined) return undefined;
    if (!/^\d+(\.\d+)?$/.test(text)) throw usage(`--${option}: an amount in US dollars`);
    return Number(text);
  };
  const budget = { daily: amount(daily, 'budget-daily'), monthly: amount(monthly, 'budget') };
  return budget.daily === undefined ? budget.monthly : budget;
}

function timeOf(text: string): string {
  const lasting = durationMs(text);
  const time = lasting === undefined ? Date.parse(text) : Date.now() + lasting;
  if (!Number.isNaN(time) && !/^\d+$/.test(text)) return new Date(time).toISOString();
  throw usage('--expires-at: a date (2027-01-31), a time (2027-01-31T12:00:00Z), or from now on (90d, 12h)');
}

function freeName(names: readonly string[]): string {
  for (let number = 1; ; number += 1) if (!names.includes(`key-${number}`)) return `key-${number}`;
}

async function checkModels(models: readonly string[], { config }: KeyOptions, context: CommandContext): Promise<void> {
  const { registry, transport } = await offlineRouting(config, context);
  await transport.destroy();
  const known = registry.targets.flatMap(({ name, aliases }) => [name, ...aliases]);
  const unknown = models.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const meant = nearest(unknown, known);
  throw usage(`--models: there is no model "${unknown}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`);
}

function taken(name: string): CliFailure {
  return new CliFailure(`There is a key "${name}" already; \`router keys revoke ${name}\` revokes it.`);
}

function usage(message: string): CliFailure {
  return new CliFailure(message, exitCodes.usage);
}
