import { isJsonObject, type JsonObject, type Usage } from '../protocol/messages.ts';
import { tokenCount } from '../protocol/usage.ts';
import { priceOf } from './catalog.ts';
import {
  exactCost,
  exactOf,
  fromUsd,
  type PricingOptions,
  priceCall,
  type UsageCounts,
  wholeMicroUsd,
} from './cost.ts';
import type { Price, PriceList } from './price.ts';

/** What decides the price of a target. */
export interface Billing {
  providerType: string;
  /** The upstream's id of the model that is asked for. */
  model: string;
  /** Stated in the configuration: it holds whatever model answers, and however it is served. */
  configured?: Price;
  /** True where `usage.cost` is what the provider bills, in US dollars. */
  costInUsage: boolean;
}

/** The cost of one leg in whole micro-dollars, and who says so; null where nobody does. */
export interface Bill {
  microUsd: number | null;
  source?: 'config' | 'provider' | 'catalogue';
}

/**
 * What a leg costs: by the configured price, else as the provider says itself, else by the catalogue's price of the model
 * that answered. An answer by an unknown model has no price.
 */
export function billOf(usage: Usage, answeredBy: string | undefined, billing: Billing): Bill {
  if (billing.configured) {
    const whole = partsOf(usage, answeredBy ?? billing.model).map(({ counts }) =>
      exactCost(counts, billing.configured),
    );
    return billed(whole, 'config');
  }
  if (billing.costInUsage && isAmount(usage.cost)) return billed([exactOf(fromUsd(usage.cost))], 'provider');
  const parts = partsOf(usage, answeredBy || billing.model);
  const costs = parts.map(({ model, counts, options }) =>
    exactCost(counts, priceOf(billing.providerType, model), options),
  );
  return billed(costs, 'catalogue');
}

/** What the same tokens cost at a target, by its plain price; null where that is not known. */
export function plainCost(usage: Usage, billing: Billing): number | null {
  const price = billing.configured ?? priceOf(billing.providerType, billing.model);
  const cost = priceCall(countsOf(usage), price);
  return cost === null ? null : Number(cost);
}

/**
 * The price that a configuration states. What `pricing` leaves out of input and output comes from `costPerToken`, then from
 * the catalogue; undefined where it then is still not known.
 */
export function configuredPrice(
  config: { costPerToken?: number; pricing?: Partial<PriceList> },
  catalogue: Price | undefined,
): Price | undefined {
  const { costPerToken, pricing = {} } = config;
  if (costPerToken === undefined && Object.values(pricing).every((rate) => rate === undefined)) return undefined;
  const perMillion = costPerToken === undefined ? undefined : Math.round(costPerToken * 1e12) / 1e6;
  const input = pricing.input ?? perMillion ?? catalogue?.input;
  const output = pricing.output ?? perMillion ?? catalogue?.output;
  return input === undefined || output === undefined ? undefined : { ...pricing, input, output };
}

/** Tokens by what they cost; cache writes whose life is not said live five minutes. */
export function countsOf(usage: JsonObject): UsageCounts {
  const split = isJsonObject(usage.cache_creation) ? usage.cache_creation : {};
  const hour = tokenCount(split.ephemeral_1h_input_tokens);
  const written = Math.max(
    tokenCount(usage.cache_creation_input_tokens),
    hour + tokenCount(split.ephemeral_5m_input_tokens),
  );
  const server = isJsonObject(usage.server_tool_use) ? usage.server_tool_use : {};
  return {
    input: tokenCount(usage.input_tokens),
    cacheRead: tokenCount(usage.cache_read_input_tokens),
    cacheWrite5m: written - hour,
    cacheWrite1h: hour,
    output: tokenCount(usage.output_tokens),
    webSearchRequests: tokenCount(server.web_search_requests),
  };
}

interface Part {
  model: string;
  counts: UsageCounts;
  options: PricingOptions;
}

/**
 * The usage as parts of one model each. Compaction and advice stand in `iterations` alone; a fallback stands there under its
 * own model and in the totals as well.
 */
function partsOf(usage: Usage, model: string): Part[] {
  const options = optionsOf(usage);
  const iterations = Array.isArray(usage.iterations) ? usage.iterations.filter(isJsonObject) : [];
  const apart = iterations.filter(({ type }) => type === 'compaction' || type === 'advisor_message');
  const fellBack = iterations.some(({ type }) => type === 'fallback_message');
  const answers = fellBack ? iterations.filter((entry) => !apart.includes(entry)) : [];
  const partOf = (entry: JsonObject): Part => ({
    model: typeof entry.model === 'string' ? entry.model : model,
    counts: { ...countsOf(entry), webSearchRequests: 0 },
    options,
  });
  const whole: Part = { model, counts: countsOf(usage), options };
  if (!fellBack) return [whole, ...apart.map(partOf)];
  const searches: Part = { ...whole, counts: { ...nothing, webSearchRequests: whole.counts.webSearchRequests } };
  return [searches, ...answers.map(partOf), ...apart.map(partOf)];
}

const nothing: UsageCounts = { input: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, output: 0 };

function optionsOf(usage: Usage): PricingOptions {
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  return {
    speed: text(usage.speed),
    inferenceGeo: text(usage.inference_geo),
    serviceTier: text(usage.service_tier),
    batch: usage.service_tier === 'batch',
  };
}

/** The sum of exact costs, rounded once. */
function billed(costs: (bigint | null)[], source: NonNullable<Bill['source']>): Bill {
  let sum = 0n;
  for (const cost of costs) {
    if (cost === null) return { microUsd: null };
    sum += cost;
  }
  return { microUsd: Number(wholeMicroUsd(sum)), source };
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
