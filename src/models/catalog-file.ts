import { z } from 'zod';

/** The form of a catalogue, as it is shipped and as `router models update` takes it. */
export interface CatalogFile {
  /** The day its prices were valid, `YYYY-MM-DD`. */
  asOf: string;
  sources: string[];
  providers: Record<string, { serviceTiers?: ServiceTiers; models: Record<string, CatalogEntry> }>;
}

export type CatalogEntry = z.output<typeof entry>;
type ServiceTiers = z.output<typeof serviceTiers>;

const rate = z.number().nonnegative().finite();
const count = z.number().int().positive();
const rates = {
  input: rate,
  output: rate,
  cacheRead: rate.optional(),
  cacheWrite: rate.optional(),
  cacheWrite1h: rate.optional(),
};
const priceList = z.strictObject(rates);
const serviceTiers = z.record(z.string(), z.union([rate, priceList, z.null()]));

// What is not known here of a price must not be passed over: the amounts would be wrong.
const price = z.strictObject({
  ...rates,
  tiers: z.array(z.strictObject({ ...rates, above: z.number().int().nonnegative() })).optional(),
  fast: priceList.optional(),
  serviceTiers: serviceTiers.optional(),
  inferenceGeo: z.record(z.string(), rate).optional(),
  requestFees: z.strictObject({ webSearch: rate.optional(), call: rate.optional() }).optional(),
});

const entry = z.object({
  aliases: z.array(z.string().min(1)).optional(),
  name: z.string().optional(),
  contextWindow: count.optional(),
  maxInput: count.optional(),
  maxOutput: count.optional(),
  input: z.array(z.string()).optional(),
  tools: z.boolean().optional(),
  reasoning: z.boolean().optional(),
  efforts: z.array(z.string()).optional(),
  temperature: z.boolean().optional(),
  deprecated: z.boolean().optional(),
  price: price.optional(),
});

const file = z.object({
  asOf: z.iso.date(),
  sources: z.array(z.string()).prefault([]),
  providers: z.record(
    z.string(),
    z.object({ serviceTiers: serviceTiers.optional(), models: z.record(z.string(), entry) }),
  ),
});

/** Reads a catalogue. Throws an Error that says what in it is wrong, and where. */
export function parseCatalog(text: string): CatalogFile {
  const parsed = file.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`${issue?.path.join('.') || 'the file'}: ${issue?.message}`);
}

/** A catalogue with what a newer one says: its models come in the place of the same ones, price by price; the others stay. */
export function overlaid(older: CatalogFile, newer: CatalogFile): CatalogFile {
  const providers = { ...older.providers };
  for (const [type, { serviceTiers: tiers, models }] of Object.entries(newer.providers)) {
    const known = providers[type];
    const together = { ...known?.models };
    for (const [id, model] of Object.entries(models)) together[id] = { ...together[id], ...model };
    const both = tiers ?? known?.serviceTiers;
    providers[type] = { ...(both ? { serviceTiers: both } : {}), models: together };
  }
  return { asOf: newer.asOf, sources: newer.sources, providers };
}

/** How one catalogue differs from another, by `provider/model`. */
export interface CatalogChanges {
  added: string[];
  removed: string[];
  prices: { model: string; before: CatalogEntry['price'] | null; after: CatalogEntry['price'] | null }[];
}

export function changesBetween(before: CatalogFile, after: CatalogFile): CatalogChanges {
  const [old, now] = [entriesOf(before), entriesOf(after)];
  const both = [...now].filter(([model]) => old.has(model));
  return {
    added: [...now.keys()].filter((model) => !old.has(model)),
    removed: [...old.keys()].filter((model) => !now.has(model)),
    prices: both
      .map(([model, { price }]) => ({ model, before: old.get(model)!.price ?? null, after: price ?? null }))
      .filter((change) => sorted(change.before) !== sorted(change.after)),
  };
}

function entriesOf({ providers }: CatalogFile): Map<string, CatalogEntry> {
  const entries = Object.entries(providers).flatMap(([type, { models }]) =>
    Object.entries(models).map(([id, model]) => [`${type}/${id}`, model] as const),
  );
  return new Map(entries);
}

/** The same text for the same values, in whatever order they stand. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  );
}
