import type { Price, PriceList } from './price.ts';

export { formatUsd } from '../call/money.ts';

/** Tokens of one answered call; `input` excludes what was read from or written to a cache. */
export interface UsageCounts {
  input: number;
  cacheRead: number;
  cacheWrite5m: number;
  cacheWrite1h: number;
  output: number;
  webSearchRequests?: number;
}

/** What the answer said about how it was served. */
export interface PricingOptions {
  /** `usage.speed` of Anthropic. */
  speed?: string;
  /** Served through a batch endpoint. */
  batch?: boolean;
  /** `usage.inference_geo` of Anthropic. */
  inferenceGeo?: string;
  /** `service_tier` of the answer, not of the request. */
  serviceTier?: string;
}

/**
 * The cost of a call in whole micro-dollars, rounded half up once at the end; null when the price is not known, also when
 * only the premium of its speed or service tier is not. The prompt's size chooses one price tier for all its tokens.
 */
export function priceCall(usage: UsageCounts, price: Price | undefined, options: PricingOptions = {}): bigint | null {
  const exact = exactCost(usage, price, options);
  return exact === null ? null : wholeMicroUsd(exact);
}

/** The same, not rounded, so that parts of one bill can be summed first: see `wholeMicroUsd`. */
export function exactCost(usage: UsageCounts, price: Price | undefined, options: PricingOptions = {}): bigint | null {
  if (price === undefined) return null;
  const rates = ratesFor(usage, price, options);
  if (rates === null) return null;
  const { list, factors } = rates;
  let cost = 0n;
  cost += count(usage.input) * picoPerToken(list.input);
  cost += count(usage.cacheRead) * picoPerToken(list.cacheRead ?? list.input);
  cost += count(usage.cacheWrite5m) * picoPerToken(list.cacheWrite ?? list.input);
  cost += count(usage.cacheWrite1h) * picoPerToken(list.cacheWrite1h ?? list.cacheWrite ?? list.input);
  cost += count(usage.output) * picoPerToken(list.output);
  for (let factor = 0; factor < mostFactors; factor += 1) {
    cost *= BigInt(Math.round((factors[factor] ?? 1) * FACTOR_SCALE));
  }
  const fees =
    fromUsd(price.requestFees?.call ?? 0) +
    count(usage.webSearchRequests ?? 0) * fromUsd(price.requestFees?.webSearch ?? 0);
  return cost + exactOf(fees);
}

/** An exact cost in whole micro-dollars, rounded half up. */
export function wholeMicroUsd(exact: bigint): bigint {
  return (2n * exact + PARTS_PER_MICRO) / (2n * PARTS_PER_MICRO);
}

/** Whole micro-dollars as an exact cost. */
export function exactOf(microUsd: bigint): bigint {
  return microUsd * PARTS_PER_MICRO;
}

/** Whole micro-dollars of an amount a provider states in dollars, as OpenRouter's `usage.cost`. */
export function fromUsd(usd: number): bigint {
  return BigInt(Math.round(usd * 1e6));
}

/** One for a service tier, one for a place. */
const mostFactors = 2;
const FACTOR_SCALE = 10_000;
/** Pico-dollars in a micro-dollar, and the scale of the factors. */
const PARTS_PER_MICRO = 1_000_000n * BigInt(FACTOR_SCALE) ** BigInt(mostFactors);

/** A dollar for a million tokens is a million pico-dollars for one. */
function picoPerToken(usdPerMillion: number): bigint {
  return BigInt(Math.round(usdPerMillion * 1e6));
}

/** Counts come from other people's servers: what is not a positive number counts nothing. */
function count(tokens: number): bigint {
  return Number.isFinite(tokens) && tokens > 0 ? BigInt(Math.trunc(tokens)) : 0n;
}

/** The list that applies to the whole request and the factors on it; null where a premium is unknown. */
function ratesFor(
  usage: UsageCounts,
  price: Price,
  options: PricingOptions,
): { list: PriceList; factors: number[] } | null {
  const factors: number[] = [];
  let list = tierFor(usage, price);
  if (options.speed === 'fast') {
    if (!price.fast) return null;
    list = price.fast;
  }
  // A tier the price does not name is one that does not change it.
  const tier = entryOf(price.serviceTiers, options.batch ? 'batch' : options.serviceTier);
  if (tier === null) return null;
  if (typeof tier === 'number') factors.push(tier);
  else if (tier) list = tier;
  const geo = entryOf(price.inferenceGeo, options.inferenceGeo);
  if (geo !== undefined) factors.push(geo);
  return { list, factors };
}

/** The names come from other people's servers, so only the record's own keys count. */
function entryOf<Value>(record: Record<string, Value> | undefined, key: string | undefined): Value | undefined {
  return record && key !== undefined && Object.hasOwn(record, key) ? record[key] : undefined;
}

function tierFor(usage: UsageCounts, price: Price): PriceList {
  const prompt = count(usage.input) + count(usage.cacheRead) + count(usage.cacheWrite5m) + count(usage.cacheWrite1h);
  return price.tiers?.findLast((tier) => prompt > BigInt(tier.above)) ?? price;
}
