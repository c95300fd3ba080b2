import { readKeys } from '../../admission/key-folder.ts';
import { type Paths, resolvePaths } from '../../config/paths.ts';
import type { KeptKey } from '../../config/schema/security.ts';
import type { CommandContext } from '../command.ts';
import { configFileOf, readConfig } from '../config-file.ts';

/** A key as it can be shown. */
export interface ShownKey extends Omit<KeptKey, 'keyHash' | 'createdAt' | 'revokedAt'> {
  createdAt?: string;
  revokedAt?: string;
  state: 'valid' | 'expired' | 'revoked';
  /** Where it stands: the configuration file, or the folder of made keys. */
  from: string;
}

/** The keys of the configuration, then those that were made. Throws ConfigError. */
export async function knownKeys(given: string | undefined, context: CommandContext): Promise<ShownKey[]> {
  const { environment } = context;
  const paths = resolvePaths(environment);
  const file = configFileOf(context, given);
  const configured = (await readConfig(file, context))?.security.authentication.keys ?? [];
  return [
    ...configured.map(({ key: _key, keyHash: _hash, name, ...grant }, index) => ({
      ...{ name: name ?? `key-${index + 1}`, ...grant, state: stateOf(grant), from: file },
    })),
    ...madeKeys(paths),
  ];
}

/** The keys that `router keys create` made. */
export function madeKeys({ keysDirectory }: Paths): ShownKey[] {
  return readKeys(keysDirectory).keys.map(({ keyHash: _hash, ...key }) => ({
    ...{ ...key, state: stateOf(key), from: keysDirectory },
  }));
}

function stateOf({ expiresAt, revokedAt }: { expiresAt?: string; revokedAt?: string }): ShownKey['state'] {
  if (revokedAt !== undefined) return 'revoked';
  return expiresAt !== undefined && Date.parse(expiresAt) <= Date.now() ? 'expired' : 'valid';
}
