import { Admission } from '../../src/admission/admit.ts';
import { budgetPolicyOf } from '../../src/admission/budget.ts';
import { Leases } from '../../src/admission/leases.ts';
import { rateLimitsOf } from '../../src/admission/rate-limit.ts';
import { defaultConfig } from '../../src/config/schema.ts';
import { MemoryStore } from '../../src/stores/memory.ts';

/** Admits every call: no limit and no budget is configured. */
export function admitsAll(): Admission {
  const config = defaultConfig();
  const store = new MemoryStore(Date.now);
  return new Admission({
    ...{ limits: rateLimitsOf(config), policy: budgetPolicyOf(config), store, leases: new Leases(store) },
    ...{ priceOf: () => undefined, now: Date.now, warn: () => undefined },
  });
}
