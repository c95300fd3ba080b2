import { readFileSync, statSync } from 'node:fs';
import { type CatalogFile, overlaid, parseCatalog } from './catalog-file.ts';
import { bareModelId, withoutRegion, withoutVendor } from './model-id.ts';
import { FREE, type Price } from './price.ts';

export type { Price, PriceList } from './price.ts';

/** What the shipped catalogue knows of a model at a provider; what is left out is not known. */
export interface CatalogModel {
  /** The provider type the entry was found under. */
  provider: string;
  /** The id the provider's API takes. */
  id: string;
  name?: string;
  /** Tokens of prompt and answer together. */
  contextWindow?: number;
  /** Tokens of the prompt alone, where that limit is lower. */
  maxInput?: number;
  maxOutput?: number;
  /** `text`, `image`, `pdf`, `audio`, `video`. */
  input?: string[];
  tools?: boolean;
  reasoning?: boolean;
  efforts?: string[];
  /** False where the model refuses sampling parameters. */
  temperature?: boolean;
  price?: Price;
  deprecated?: boolean;
}

/**
 * Finds a model by its id as that provider writes it, by an older name, without its date or version, or behind a vendor
 * prefix; letters' case does not matter. What a reseller leaves unsaid is taken from the model's maker, the price only
 * where the reseller sells at the maker's list.
 */
export function findModel(providerType: string, modelId: string): CatalogModel | undefined {
  const type = canonicalType(providerType);
  const own = lookUp(type, modelId);
  const reseller = RESELLERS[type];
  const maker = reseller && findAtMakers(reseller.makers, own?.id ?? modelId);
  if (!maker) return own;
  const price = own?.price ?? (own === undefined && reseller.sellsAtList(modelId) ? maker.price : undefined);
  return { ...maker, ...own, provider: own ? type : maker.provider, price };
}

/** The price of a call to that model in the shipped catalogue; what runs on the user's own machine is free. */
export function priceOf(providerType: string, modelId: string): Price | undefined {
  const isLocal = LOCAL_TYPES.has(canonicalType(providerType)) && !/[:-]cloud$/.test(modelId);
  return findModel(providerType, modelId)?.price ?? (isLocal ? FREE : undefined);
}

/** Whether any provider of the catalogue serves a model of this name. */
export function knownModel(name: string): boolean {
  return Object.keys(catalog().providers).some((type) => lookUp(type, name) !== undefined);
}

/** Every model id of a provider type, in the catalogue's order. */
export function modelIdsOf(providerType: string): string[] {
  return Object.keys(catalog().providers[canonicalType(providerType)]?.models ?? {});
}

/** The day the catalogue's prices were valid, `YYYY-MM-DD`, and where it comes from. */
export function catalogInForce(): { asOf: string; from: 'shipped' | 'kept' } {
  return { asOf: catalog().asOf, from: loaded!.kept === undefined ? 'shipped' : 'kept' };
}

/**
 * Takes the catalogue that `router models update` kept in a file, where it is no older than the shipped one; without the file, the
 * shipped one. Why a file is not taken, where it is not.
 */
export function followCatalog(keptFile: string): string | undefined {
  const stamp = stampOf(keptFile);
  if (stamp === loaded?.kept) return undefined;
  loaded = undefined;
  if (stamp === undefined) return undefined;
  const shipped = shippedCatalog();
  try {
    const kept = parseCatalog(readFileSync(keptFile, 'utf8'));
    if (kept.asOf < shipped.asOf) {
      return `the catalogue in ${keptFile} is of ${kept.asOf}, the shipped one of ${shipped.asOf}: that is used; \`router models update\` takes a newer one, \`router models update --reset\` forgets this one`;
    }
    loaded = { file: overlaid(shipped, kept), kept: stamp, indexes: new Map() };
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `the catalogue in ${keptFile} can't be used (${reason}): the shipped one is`;
  }
}

/** The catalogue of this version of the program. */
export function shippedCatalog(): CatalogFile {
  return JSON.parse(readFileSync(new URL('./catalog.json', import.meta.url), 'utf8')) as CatalogFile;
}

const LOCAL_TYPES = new Set(['ollama', 'lmstudio', 'vllm', 'llamacpp', 'sglang', 'demo']);

const OTHER_SPELLINGS: Record<string, string> = {
  gemini: 'google',
  'google-vertex': 'vertex',
  'amazon-bedrock': 'bedrock',
  aws: 'bedrock',
  foundry: 'azure',
  'x-ai': 'xai',
  moonshotai: 'moonshot',
  togetherai: 'together',
  'fireworks-ai': 'fireworks',
  'z-ai': 'zai',
  mistralai: 'mistral',
};

const always = () => true;
const never = () => false;
const MAKERS = ['anthropic', 'openai', 'google', 'deepseek', 'mistral', 'xai', 'moonshot', 'zai', 'minimax', 'cohere'];

/** Who serves other makers' models under the makers' names, and which of them at the makers' price. */
const RESELLERS: Record<string, { makers: string[]; sellsAtList: (modelId: string) => boolean }> = {
  azure: { makers: ['openai', 'anthropic', 'deepseek', 'xai', 'moonshot'], sellsAtList: always },
  vertex: { makers: ['google', 'anthropic'], sellsAtList: always },
  bedrock: { makers: ['anthropic', 'openai'], sellsAtList: (modelId) => modelId.startsWith('global.') },
  openrouter: { makers: MAKERS, sellsAtList: (modelId) => /^(anthropic|openai|google|x-ai)\/[^:]+$/.test(modelId) },
  // A server of unknown kind: the model's abilities are its maker's, its price is anybody's.
  'openai-compatible': { makers: MAKERS, sellsAtList: never },
};

function canonicalType(providerType: string): string {
  const type = providerType.toLowerCase();
  return OTHER_SPELLINGS[type] ?? type;
}

function findAtMakers(makers: string[], modelId: string): CatalogModel | undefined {
  for (const maker of makers) {
    const found = lookUp(maker, withoutVendor(modelId.toLowerCase()));
    if (found) return found;
  }
  return undefined;
}

function lookUp(type: string, modelId: string): CatalogModel | undefined {
  const provider = catalog().providers[type];
  if (!provider) return undefined;
  const index = indexOf(type);
  const lower = modelId.trim().toLowerCase();
  const here = type === 'bedrock' ? withoutRegion(lower) : lower;
  const forms = [lower, here, bareModelId(here)];
  if (MAKERS.includes(type)) forms.push(withoutVendor(lower), bareModelId(withoutVendor(lower)));
  const id = forms.map((form) => index.get(form)).find((found) => found !== undefined);
  if (id === undefined) return undefined;
  const { aliases, price, ...entry } = provider.models[id]!;
  if (!price) return { provider: type, id, ...entry };
  const serviceTiers = provider.serviceTiers && { ...provider.serviceTiers, ...price.serviceTiers };
  return { provider: type, id, ...entry, price: serviceTiers ? { ...price, serviceTiers } : price };
}

/** `kept`: which file was laid over the shipped catalogue. */
let loaded: { file: CatalogFile; kept?: string; indexes: Map<string, Map<string, string>> } | undefined;

/** Read on first use: commands that need no catalogue start without it. */
function catalog(): CatalogFile {
  loaded ??= { file: shippedCatalog(), indexes: new Map() };
  return loaded.file;
}

function stampOf(file: string): string | undefined {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat && `${file} ${stat.ino} ${stat.mtimeMs} ${stat.size}`;
}

function indexOf(type: string): Map<string, string> {
  const models = Object.entries(catalog().providers[type]!.models);
  const indexes = loaded!.indexes;
  const known = indexes.get(type);
  if (known) return known;
  // Later entries win: the newest of several dated ids, and an exact id over every loose form.
  const index = new Map<string, string>();
  for (const [id, { aliases = [] }] of models) for (const name of aliases) index.set(bareModelId(name), id);
  for (const [id] of models) index.set(bareModelId(id), id);
  for (const [id, { aliases = [] }] of models) for (const name of aliases) index.set(name.toLowerCase(), id);
  for (const [id] of models) index.set(id.toLowerCase(), id);
  indexes.set(type, index);
  return index;
}
