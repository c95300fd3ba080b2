import type { Config } from '../config/schema.ts';
import type { Seal } from '../ledger/engine.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { noLedger, openLedger } from '../ledger/open-ledger.ts';

/** Where a configuration wants its records. */
export interface LedgerPlace {
  storage: Config['storage'];
  /** What a relative file in the configuration is relative to. */
  directory: string;
  stateDirectory: string;
}

/** Where a process finds the ledger of a configuration. */
export interface LedgerSource {
  at(place: LedgerPlace): Ledger;
  close(): Promise<void>;
}

/** The ledgers of a process: one for each place that a configuration named since the start. */
export class Ledgers implements LedgerSource {
  readonly #opened = new Map<string, Ledger>();
  readonly #seal: Seal;
  readonly #report: (message: string, fields: object) => void;

  constructor(seal: Seal, report: (message: string, fields: object) => void) {
    this.#seal = seal;
    this.#report = report;
  }

  /** The same ledger for the same place, so that a reload loses nothing that is on its way. */
  at({ storage, directory, stateDirectory }: LedgerPlace): Ledger {
    if (storage?.enabled === false) return noLedger;
    const url = storage?.url ?? 'sqlite:ledger.db';
    const base = storage?.url === undefined ? stateDirectory : directory;
    const retentionMs = storage?.retention === undefined ? undefined : storage.retention * 1000;
    const place = JSON.stringify([url, base, retentionMs]);
    const known = this.#opened.get(place);
    if (known) return known;
    const ledger = openLedger({
      ...{ url, directory: base, seal: this.#seal, retentionMs },
      report: this.#report,
      now: () => Date.now(),
    });
    this.#opened.set(place, ledger);
    return ledger;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#opened.values()].map((ledger) => ledger.close()));
  }
}
