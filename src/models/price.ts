/** USD per million tokens. A rate that is left out is unknown, never free. */
export interface PriceList {
  input: number;
  output: number;
  /** Without it cache reads cost what input costs. */
  cacheRead?: number;
  /** Writes that live five minutes; without it they cost what input costs. */
  cacheWrite?: number;
  /** Writes that live an hour; without it they cost what `cacheWrite` costs. */
  cacheWrite1h?: number;
}

/** Everything a service says about the price of one model. */
export interface Price extends PriceList {
  /** Lists for the whole request once its prompt has more than `above` tokens, in rising order. */
  tiers?: (PriceList & { above: number })[];
  /** The list of Anthropic's `speed: "fast"`. */
  fast?: PriceList;
  /** By service tier: a factor on the list, a list of its own, or null where a premium exists and is unknown. */
  serviceTiers?: Record<string, number | PriceList | null>;
  /** Factors by `inference_geo`. */
  inferenceGeo?: Record<string, number>;
  /** USD for each web search, and for each call as such. */
  requestFees?: { webSearch?: number; call?: number };
}

/** The price of what runs on the user's own machine. */
export const FREE: Readonly<Price> = Object.freeze({ input: 0, output: 0 });
