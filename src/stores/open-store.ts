import { InsuredStore } from './insured.ts';
import { Journal } from './journal.ts';
import { MemoryStore } from './memory.ts';
import { RedisStore } from './redis.ts';
import type { Store } from './store.ts';

export interface StorePlace {
  /** `redis://…`; undefined is this process. */
  url: string | undefined;
  onStateLost: 'open' | 'closed';
  /** Where a store of this process keeps its accounts; undefined: nowhere. */
  journalFile: string | undefined;
  now(): number;
  report(message: string): void;
}

/** The store at a place. It works at once, also while what it needs is away. */
export function openStore({ url, onStateLost, journalFile, now, report }: StorePlace): Store {
  if (url === undefined) return new MemoryStore(now, journalFile === undefined ? undefined : new Journal(journalFile));
  return new InsuredStore(new RedisStore({ url }), { onStateLost, now, report });
}
