import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Failure } from '../call/failure.ts';
import type { CallRecord } from '../call/record.ts';
import { BatchedLedger, type LedgerParts } from './batched-ledger.ts';
import type { Engine } from './engine.ts';
import type { Ledger } from './ledger.ts';

export interface LedgerSettings extends Omit<LedgerParts, 'open'> {
  /** `postgres://…`, or `sqlite:` and a file. */
  url: string;
  /** What a relative file is relative to. */
  directory: string;
}

/** A ledger that loads its driver and opens its database when it first needs them. */
export function openLedger({ url, directory, ...parts }: LedgerSettings): Ledger {
  return new BatchedLedger({ ...parts, open: () => openEngine(url, directory) });
}

async function openEngine(url: string, directory: string): Promise<Engine> {
  if (/^postgres(ql)?:/.test(url)) return (await import('./postgres-engine.ts')).openPostgres(url);
  return (await import('./sqlite-engine.ts')).openSqlite(sqliteFile(url, directory));
}

/** The file of `sqlite:FILE`, `sqlite://FILE`, `file:///…`. */
export function sqliteFile(url: string, directory: string): string {
  if (url.startsWith('file://')) return fileURLToPath(url);
  const path = url.replace(/^(sqlite|file):(\/\/)?/, '');
  return isAbsolute(path) ? path : resolve(directory, path);
}

/** Keeps nothing, and says so when it is asked. */
export const noLedger: Ledger = {
  lost: 0,
  add: (_record: CallRecord) => undefined,
  flush: async () => undefined,
  totals: keepsNothing,
  models: keepsNothing,
  performance: keepsNothing,
  calls: keepsNothing,
  call: keepsNothing,
  close: async () => undefined,
};

async function keepsNothing(): Promise<never> {
  throw new Failure('records-away', 'no records are kept: storage is switched off in the configuration');
}
