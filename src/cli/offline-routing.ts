import { existsSync } from 'node:fs';
import { readKeys } from '../admission/key-folder.ts';
import type { Call } from '../call/call.ts';
import { Cancellation } from '../call/cancellation.ts';
import { knownKeys } from '../daemon/access.ts';
import { type Assembly, assemble } from '../daemon/assemble.ts';
import { readCall } from '../server/read-call.ts';
import type { CommandContext } from './command.ts';
import { configFileOf } from './config-file.ts';
import { CliFailure } from './exit.ts';

/** The routing of a configuration, without a router that runs. Throws ConfigError. */
export async function offlineRouting(given: string | undefined, context: CommandContext): Promise<Assembly> {
  const file = configFileOf(context, given);
  if (given !== undefined && !existsSync(file)) throw new CliFailure(`There is no file ${file}.`);
  return assemble({ ...(existsSync(file) ? { configFile: file } : {}), environment: context.environment });
}

/** The call that a body and headers would make. Throws Failure where they make none. */
export function callFor(
  { config, paths }: Assembly,
  request: unknown,
  headers: Record<string, string>,
  keyName?: string,
): Call {
  const key = knownKeys(config, readKeys(paths.keysDirectory).keys).find(({ name }) => name === keyName);
  return readCall({
    id: 'none',
    startedAt: 0,
    caller: {
      name: keyName ?? 'local',
      permissions: new Set(key?.permissions ?? ['read', 'write', 'admin']),
      ...(key?.models ? { models: key.models } : {}),
    },
    body: Buffer.from(JSON.stringify(request)),
    query: '',
    headers,
    signal: new Cancellation().signal,
  });
}
