import type { Entry } from './rows.ts';

export type SqlValue = string | number | null | Uint8Array;
export type SqlRow = Record<string, unknown>;

/** A database with the ledger's tables. Everything may throw whatever the driver throws. */
export interface Engine {
  /** All or nothing; what stands there already is left as it is, so that a batch may be written again. */
  write(entries: readonly Entry[]): Promise<void>;
  /** Placeholders are `?`; whole numbers come as numbers. */
  all(sql: string, values: readonly SqlValue[]): Promise<SqlRow[]>;
  /** True where the fault lies in what was written: writing it again can't help. */
  isOfRecord(error: unknown): boolean;
  close(): Promise<void>;
}

/** Makes what is kept of bodies unreadable to who has only the database, and readable again. */
export interface Seal {
  seal(bytes: Buffer): Buffer;
  /** Throws where the bytes were not sealed here, or were changed since. */
  open(bytes: Buffer): Buffer;
}

/** Bodies as they are. */
export const noSeal: Seal = { seal: (bytes) => bytes, open: (bytes) => bytes };
