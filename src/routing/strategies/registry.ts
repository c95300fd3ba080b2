import { cheapest } from './cheapest.ts';
import { fastest } from './fastest.ts';
import { inOrder } from './in-order.ts';
import { leastBusy } from './least-busy.ts';
import { random } from './random.ts';
import { smoothWeighted } from './smooth-weighted.ts';
import type { Strategy } from './strategy.ts';

/** Every strategy by its name in the configuration; each pool gets its own. */
export const strategies = {
  round_robin: smoothWeighted,
  weighted: smoothWeighted,
  random: () => random,
  least_busy: () => leastBusy,
  fastest: () => fastest,
  cheapest: () => cheapest,
  in_order: () => inOrder,
} as const satisfies Record<string, () => Strategy>;
