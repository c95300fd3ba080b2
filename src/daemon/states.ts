import type { KeyFolder } from '../admission/key-folder.ts';
import { KeyShare } from '../admission/key-share.ts';
import { Leases } from '../admission/leases.ts';
import type { Config } from '../config/schema.ts';
import { CircuitShare } from '../providers/circuit-share.ts';
import type { Health } from '../providers/health.ts';
import { openStore } from '../stores/open-store.ts';
import type { Store } from '../stores/store.ts';
import type { Commons } from './commons.ts';

/** Where a configuration wants what calls share. */
export interface StatePlace {
  config: Config;
  accountsFile: string;
}

/** What calls share, and what those on their way have set aside of it. */
export interface SharedState {
  store: Store;
  leases: Leases;
  /** The keys of all who share it; undefined where nobody does. */
  keys: KeyShare | undefined;
}

interface Opened extends SharedState {
  circuits: CircuitShare | undefined;
}

/** The shared states of a process: one for each place that a configuration named since the start. */
export class States {
  readonly #opened = new Map<string, Opened>();
  readonly #health: Health;
  readonly #keys: KeyFolder;
  readonly #report: (message: string) => void;
  readonly #commons: Pick<Commons, 'store'> | undefined;

  constructor(health: Health, keys: KeyFolder, report: (message: string) => void, commons?: Pick<Commons, 'store'>) {
    this.#health = health;
    this.#keys = keys;
    this.#report = report;
    this.#commons = commons;
  }

  /** The same state for the same place, so that a reload forgets nothing. */
  at({ config, accountsFile }: StatePlace): SharedState {
    const url = config.state?.url;
    const onStateLost = config.rateLimit?.onStateLost ?? 'open';
    const place = JSON.stringify([url, url === undefined ? accountsFile : onStateLost]);
    const known = this.#opened.get(place);
    if (known) return known;
    const report = this.#report;
    const journalFile = accountsFile;
    const shared = url === undefined ? this.#commons?.store : undefined;
    const store = shared ?? openStore({ url, onStateLost, journalFile, now: () => Date.now(), report });
    const circuits = store.shared ? new CircuitShare(store, this.#health) : undefined;
    // Processes of one router find the same folder.
    const keys = store.shared && !shared ? new KeyShare(store, this.#keys) : undefined;
    keys?.follow();
    const opened = { store, leases: new Leases(store), circuits, keys };
    this.#opened.set(place, opened);
    return opened;
  }

  async close(): Promise<void> {
    await Promise.all(
      [...this.#opened.values()].map(async ({ store, leases, circuits, keys }) => {
        keys?.close();
        leases.close();
        circuits?.close();
        await store.close();
      }),
    );
  }
}
