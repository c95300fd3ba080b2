import { Authenticator, hashKey, type RouterKey } from '../admission/authenticate.ts';
import { keyBudgetOf } from '../admission/budget.ts';
import { limitOf } from '../admission/rate-limit.ts';
import type { KeptKey } from '../config/schema/security.ts';
import type { Config } from '../config/schema.ts';

/** Who may call a router that listens where it does. */
export interface Access {
  /** What the server asks. */
  ofService: { authenticator: Authenticator; localOnly: boolean };
  /** What the way of a call asks. */
  ofGateway: { isRouterKey(key: string): boolean; localOnly: boolean };
}

export interface AccessSettings {
  config: Config;
  /** The keys that `router keys` made. */
  kept: readonly KeptKey[];
  /** True where only this machine reaches the router. */
  loopback: boolean;
  /** `ROUTER_AUTH`. */
  authentication: string | undefined;
}

/**
 * Keys are needed where there are any, and wherever others than this machine reach the router, unless the user switched them off.
 * A key that was revoked still counts as one: the last that goes must not open the door.
 */
export function accessFor({ config, kept, loopback, authentication }: AccessSettings): Access {
  const { enabled } = config.security.authentication;
  const configured = configuredKeys(config);
  const keys = knownKeys(config, kept);
  const switchedOff = authentication === 'off' || (loopback && !enabled);
  if (configured.length === 0 && switchedOff) return access('everybody', loopback);
  return keys.length === 0 && loopback ? access('everybody', true) : access(keys, false);
}

/** The keys of the configuration, then those that were made. */
export function knownKeys(config: Config, kept: readonly KeptKey[]): RouterKey[] {
  return [...configuredKeys(config), ...kept.map(keyOfFile)];
}

function access(keys: readonly RouterKey[] | 'everybody', localOnly: boolean): Access {
  const authenticator = new Authenticator(keys);
  return {
    ofService: { authenticator, localOnly },
    ofGateway: { isRouterKey: (key) => authenticator.knows(key), localOnly },
  };
}

/** The keys of the configuration. */
export function configuredKeys({ security: { authentication } }: Config): RouterKey[] {
  if (!authentication.enabled) return [];
  return authentication.keys.map(({ key, keyHash, name, ...grant }, index) => ({
    name: name ?? `key-${index + 1}`,
    hash: keyHash === undefined ? hashKey(key ?? '') : hashOf(keyHash),
    ...limitsOf(grant),
  }));
}

function keyOfFile({ name, keyHash, revokedAt, ...grant }: KeptKey): RouterKey {
  return { name, hash: hashOf(keyHash), ...limitsOf(grant), ...(revokedAt === undefined ? {} : { revoked: true }) };
}

type Grant = Pick<KeptKey, 'permissions' | 'models' | 'rateLimit' | 'budget' | 'expiresAt'>;

function limitsOf({ permissions, models, rateLimit, budget, expiresAt }: Grant): Omit<RouterKey, 'name' | 'hash'> {
  return {
    permissions,
    ...(models ? { models } : {}),
    ...(rateLimit === undefined ? {} : { rateLimit: limitOf(rateLimit) }),
    ...(budget === undefined ? {} : { budget: keyBudgetOf(budget) }),
    ...(expiresAt === undefined ? {} : { expiresAt: Date.parse(expiresAt) }),
  };
}

function hashOf(keyHash: string): Buffer {
  return Buffer.from(keyHash.replace(/^sha256:/i, ''), 'hex');
}
