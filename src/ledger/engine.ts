export type SqlValue = string | number | null | Uint8Array;
export type SqlRow = Record<string, unknown>;

/** One call as it is handed to a database: its record as JSON, its bodies sealed. */
export interface Written {
  json: string;
  bodies?: { request: Uint8Array; reply: Uint8Array; truncated: boolean };
}

/** A database with the ledger's tables. Everything may throw whatever the driver throws. */
export interface Engine {
  /**
   * All or nothing; what stands there already is left as it is, so that a batch may be written again. Throws RefusedRecord
   * where the fault lies in a record, and writing it again can't help.
   */
  write(batch: readonly Written[]): Promise<void>;
  /** Placeholders are `?`; whole numbers come as numbers. */
  all(sql: string, values: readonly SqlValue[]): Promise<SqlRow[]>;
  /** Takes what was deleted or replaced out of the files of the database. Why not, where it was not done. */
  scrub(): Promise<string | undefined>;
  close(): Promise<void>;
}

export class RefusedRecord extends Error {}

/** Where a ledger is. */
export interface EnginePlace {
  /** `postgres://…`, or `sqlite:` and a file. */
  url: string;
  /** What a relative file is relative to. */
  directory: string;
  /** Milliseconds that the calling thread may stand still while another process writes. */
  busyMs: number;
}

/** Makes what is kept of bodies unreadable to who has only the database, and readable again. */
export interface Seal {
  /** `place` says what the bytes are and whose; nowhere else can they be opened. */
  seal(bytes: Buffer, place: string): Buffer;
  /** Throws Failure where the bytes were not sealed here, not for the place, or were changed since. */
  open(bytes: Buffer, place: string): Buffer;
}

/** The place of a body that is kept of a call. */
export function bodyPlace(callId: string, kind: 'request' | 'reply'): string {
  return `the recorded ${kind} of ${callId}`;
}

/** Bodies as they are. */
export const noSeal: Seal = { seal: (bytes) => bytes, open: (bytes) => bytes };
