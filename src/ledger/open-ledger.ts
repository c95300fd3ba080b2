import { Failure } from '../call/failure.ts';
import type { CallRecord } from '../call/record.ts';
import { BatchedLedger, type LedgerParts } from './batched-ledger.ts';
import type { EnginePlace } from './engine.ts';
import type { Ledger } from './ledger.ts';
import { openSparing } from './sparing-engine.ts';

export type LedgerSettings = Omit<LedgerParts, 'open'> & Omit<EnginePlace, 'busyMs'>;

/** A ledger that loads its driver and opens its database when it first needs them. */
export function openLedger({ url, directory, ...parts }: LedgerSettings): Ledger {
  return new BatchedLedger({ ...parts, open: () => openSparing({ url, directory }) });
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
  reseal: async () => ({ bodies: 0 }),
  close: async () => undefined,
};

async function keepsNothing(): Promise<never> {
  throw new Failure('records-away', 'no records are kept: storage is switched off in the configuration');
}
