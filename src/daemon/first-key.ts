import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createKey, type KeyFolder } from '../admission/key-folder.ts';
import type { KeyShare } from '../admission/key-share.ts';
import type { Store } from '../stores/store.ts';
import { type AccessSettings, accessFor, configuredKeys } from './access.ts';
import type { SharedState } from './states.ts';

/**
 * The key of a router that others reach and that has none: made at its first start; the key itself, the only time it is known. Of
 * several that share their state and start at once, one makes it.
 */
export async function makeFirstKey(
  settings: () => AccessSettings,
  folder: KeyFolder,
  directory: string,
  { store, keys }: SharedState,
): Promise<string | undefined> {
  await keys?.meet();
  if (!lacksKey(settings())) return undefined;
  if (keys && (await hasOfOthers(settings, store, keys))) return undefined;
  const made = createKey(directory, { name: 'first-key', permissions: ['admin'] }, Date.now());
  folder.look();
  await keys?.meet();
  return made;
}

/** How long the shared state is waited for, and a key that another router is making. */
const patienceMs = 5000;

/** True once there is a key of another router; false where this one shall make it. */
async function hasOfOthers(settings: () => AccessSettings, store: Store, keys: KeyShare): Promise<boolean> {
  for (const until = Date.now() + patienceMs; Date.now() < until; await delay(100)) {
    if (await isFirst(store)) return false;
    await keys.meet();
    if (!lacksKey(settings())) return true;
  }
  return false;
}

function lacksKey(settings: AccessSettings): boolean {
  const { authenticator } = accessFor(settings).ofService;
  return !authenticator.isOpen && configuredKeys(settings.config).length + settings.kept.length === 0;
}

/** True for one of those that ask within the same seconds. */
async function isFirst(store: Store): Promise<boolean> {
  const window = { name: 'first-key', limit: 1, windowMs: 2 * patienceMs, amount: 1 };
  const { granted, away } = await store.claim({ id: randomUUID(), windows: [window], accounts: [], leaseMs: 0 });
  return granted && away !== true;
}
