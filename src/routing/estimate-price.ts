import { priceCall } from '../models/cost.ts';
import type { Target } from '../providers/target.ts';
import type { Facts } from './facts.ts';
import type { RoutingState } from './state.ts';
import type { RoutingTable } from './table.ts';

/** Tokens of answer that an estimate counts with, where the client allows as many. */
const usualAnswer = 1000;

/**
 * What a call would cost at a target, in US dollars with six decimal places; null where its price is not known. The prompt
 * is what the target counts: as much of it as the session has warm there costs a cache read, the rest a cache write where
 * the client marks caches and the price names one, else plain input. The answer is 1,000 tokens, or `max_tokens`.
 */
export function estimatePriceUsd(
  target: Target,
  facts: Facts,
  table: RoutingTable,
  state: RoutingState,
): number | null {
  const price = table.priceOf(target);
  if (price === undefined) return null;
  const prompt = facts.promptTokens(target.model);
  const session = facts.session === undefined ? undefined : state.session(facts.session);
  const warm = session?.target === target.name ? Math.min(prompt, session.warmTokens) : 0;
  const writes = facts.marksCache && price.cacheWrite !== undefined;
  const microUsd = priceCall(
    {
      input: writes ? 0 : prompt - warm,
      cacheRead: warm,
      cacheWrite5m: writes ? prompt - warm : 0,
      cacheWrite1h: 0,
      output: Math.min(usualAnswer, facts.maxTokens ?? usualAnswer),
    },
    price,
  );
  return microUsd === null ? null : Number(microUsd) / 1e6;
}
