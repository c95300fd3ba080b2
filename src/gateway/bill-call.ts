import type { CallRecord } from '../call/record.ts';
import { type Billing, billOf, plainCost } from '../models/billing.ts';
import type { Usage } from '../protocol/messages.ts';
import type { Target } from '../providers/target.ts';

/** Where the targets of a call are found again, and which is the default. */
export interface BilledTargets {
  find(name: string): Target | undefined;
  defaultTarget: Target | undefined;
}

/** Writes into the record what each leg costs, what all of them cost, and what was saved against the default model. */
export function billCall(record: CallRecord, targets: BilledTargets): void {
  for (const attempt of record.attempts) {
    if (!attempt.usage) continue;
    const target = targets.find(attempt.target);
    const { microUsd, source } = target
      ? billOf(attempt.usage, attempt.model, billingOf(target))
      : { microUsd: null, source: undefined };
    attempt.costMicroUsd = microUsd;
    if (source) attempt.priceSource = source;
  }
  record.costMicroUsd = totalCost(record);
  record.savedMicroUsd = savedBy(record, targets.defaultTarget);
}

/** What a usage costs at a target, in whole micro-dollars; null where that is not known. */
export function costOf(target: Target | undefined, usage: Usage): number | null {
  return target ? billOf(usage, target.model, billingOf(target)).microUsd : null;
}

/** An answer without any report of usage has no known cost; a call that got none, one that joined another, and a kept one, cost nothing. */
function totalCost(record: CallRecord): number | null {
  const legs = record.attempts.filter(({ usage }) => usage !== undefined);
  const answered = record.model !== undefined && record.cache !== 'hit' && record.joined === undefined;
  if (legs.length === 0) return answered && record.outcome === 'succeeded' ? null : 0;
  let sum = 0;
  for (const { costMicroUsd } of legs) {
    if (costMicroUsd === null || costMicroUsd === undefined) return null;
    sum += costMicroUsd;
  }
  return sum;
}

function savedBy(record: CallRecord, standard: Target | undefined): number | null {
  if (record.usage === undefined || record.outcome !== 'succeeded') return 0;
  if (record.costMicroUsd === null || record.costMicroUsd === undefined || standard === undefined) return null;
  if (record.model === standard.name && record.cache !== 'hit') return 0;
  const instead = plainCost(record.usage, billingOf(standard));
  return instead === null ? null : instead - record.costMicroUsd;
}

function billingOf({ providerType, model, configuredPrice, quirks }: Target): Billing {
  return { providerType, model, configured: configuredPrice, costInUsage: quirks.costInUsage };
}
