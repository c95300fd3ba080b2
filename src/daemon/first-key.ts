import { setTimeout as delay } from 'node:timers/promises';
import { createKey, type KeyFolder } from '../admission/key-folder.ts';
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
  if (keys && !(await isFirst(store))) {
    for (let tries = 0; tries < 20 && lacksKey(settings()); tries += 1) {
      await delay(100);
      await keys.meet();
    }
    if (!lacksKey(settings())) return undefined;
  }
  const made = createKey(directory, { name: 'first-key', permissions: ['admin'] }, Date.now());
  folder.look();
  await keys?.meet();
  return made;
}

function lacksKey(settings: AccessSettings): boolean {
  const { authenticator } = accessFor(settings).ofService;
  return !authenticator.isOpen && configuredKeys(settings.config).length + settings.kept.length === 0;
}

/** True for one of those that ask within the same seconds; for all of them where the shared state is away. */
async function isFirst(store: Store): Promise<boolean> {
  const window = { name: 'first-key', limit: 1, windowMs: 5000, amount: 1 };
  const id = `first-key-${process.pid}-${Math.random()}`;
  const { granted, away } = await store.claim({ id, windows: [window], accounts: [], leaseMs: 0 });
  return granted || away === true;
}
