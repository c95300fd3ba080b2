import { revokeKey } from '../../admission/key-folder.ts';
import { nearest } from '../../config/nearest.ts';
import { resolvePaths } from '../../config/paths.ts';
import type { CommandContext } from '../command.ts';
import { CliFailure } from '../exit.ts';
import type { KeyOptions } from '../keys.ts';
import { knownKeys } from './known-keys.ts';

/** Revokes a key that was made. Throws CliFailure for one of the configuration, and where there is none. */
export async function revoke(name: string, { config, json }: KeyOptions, context: CommandContext): Promise<void> {
  const { terminal, environment } = context;
  const { keysDirectory } = resolvePaths(environment);
  const revoked = revokeKey(keysDirectory, name, Date.now());
  if (!revoked) throw await unknownKey(name, config, keysDirectory, context);
  if (json) terminal.json({ name, revokedAt: revoked.revokedAt });
  terminal.say(`The key ${name} is revoked; a running router refuses it within a second.`);
}

async function unknownKey(
  name: string,
  config: string | undefined,
  keysDirectory: string,
  context: CommandContext,
): Promise<CliFailure> {
  const keys = await knownKeys(config, context);
  const configured = keys.find((key) => key.name === name && key.from !== keysDirectory);
  if (configured) {
    return new CliFailure(`The key ${name} stands in ${configured.from}: remove it there, and the router follows.`);
  }
  const meant = nearest(
    name,
    keys.map((key) => key.name),
  );
  const hint = meant === undefined ? '`router keys list` shows them' : `did you mean "${meant}"?`;
  return new CliFailure(`There is no key "${name}"; ${hint}.`);
}
