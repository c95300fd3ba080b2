// Builds src/models/catalog.json and catalog.NOTICE from a folder of price sources:
//   node scripts/catalogue.mjs SOURCE_DIR [AS_OF]
// SOURCE_DIR holds genai-prices.npm-*.data.json, models.dev-*.subset.json, overrides-*.json and the two *.LICENSE files.
// Prices: the overrides win, then genai-prices (what is valid on AS_OF), then models.dev. Limits and abilities: models.dev,
// then the table of newer models below. A price that no source states is left out.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const PROVIDERS = {
  anthropic: { genai: 'anthropic', dev: 'anthropic', serviceTiers: { batch: 0.5 } },
  openai: { genai: 'openai', dev: 'openai', serviceTiers: { batch: 0.5, flex: 0.5, priority: null, fast: null } },
  google: { genai: 'google', dev: 'google', serviceTiers: { batch: 0.5 } },
  deepseek: { genai: 'deepseek', dev: 'deepseek' },
  mistral: { genai: 'mistral', dev: 'mistral' },
  xai: { genai: 'x-ai', dev: 'xai' },
  moonshot: { genai: 'moonshotai', dev: 'moonshotai' },
  zai: { genai: 'zai', dev: 'zai' },
  minimax: { genai: 'minimax', dev: 'minimax' },
  cohere: { genai: 'cohere' },
  perplexity: { genai: 'perplexity' },
  groq: { genai: 'groq', dev: 'groq' },
  cerebras: { genai: 'cerebras', dev: 'cerebras' },
  together: { genai: 'together', dev: 'togetherai', only: 'current' },
  fireworks: { genai: 'fireworks', dev: 'fireworks-ai' },
  openrouter: { genai: 'openrouter', dev: 'openrouter', only: 'current' },
  bedrock: { genai: 'aws', dev: 'amazon-bedrock', serviceTiers: { batch: 0.5 } },
  azure: { genai: 'azure', dev: 'azure', makers: ['openai', 'anthropic', 'deepseek', 'xai', 'moonshot'] },
  vertex: { dev: 'google-vertex', makers: ['google', 'anthropic'] },
  'ollama-cloud': { dev: 'ollama-cloud' },
  ollama: {},
};

const CLAUDE = {
  contextWindow: 1_000_000,
  maxOutput: 128_000,
  input: ['text', 'image', 'pdf'],
  tools: true,
  reasoning: true,
};
const GPT = {
  contextWindow: 1_050_000,
  maxInput: 922_000,
  maxOutput: 128_000,
  input: ['text', 'image', 'pdf'],
  tools: true,
};
const GEMINI = { input: ['text', 'image', 'pdf'], tools: true, reasoning: true };
const named = (name, facts) => ({ name, ...facts });

/** Models newer than models.dev, and old names people still write in their files; limits and abilities only. */
const ADDITIONS = {
  anthropic: {
    'claude-fable-5-1': named('Claude Fable 5.1', CLAUDE),
    'claude-fable-5-2': named('Claude Fable 5.2', CLAUDE),
    'claude-mythos-5': named('Claude Mythos 5', CLAUDE),
    'claude-mythos-5-1': named('Claude Mythos 5.1', CLAUDE),
    'claude-mythos-5-2': named('Claude Mythos 5.2', CLAUDE),
    'claude-opus-5': named('Claude Opus 5', CLAUDE),
    'claude-opus-5-5': named('Claude Opus 5.5', CLAUDE),
    'claude-sonnet-5-5': named('Claude Sonnet 5.5', CLAUDE),
    'claude-haiku-5-5': named('Claude Haiku 5.5', CLAUDE),
  },
  openai: {
    'gpt-5': named('GPT-5', {
      ...GPT,
      contextWindow: 400_000,
      maxInput: 272_000,
      input: ['text', 'image'],
      reasoning: true,
    }),
    'gpt-6.1-sol': named('GPT-6.1 Sol', { ...GPT, reasoning: true }),
    'gpt-6.1-terra': named('GPT-6.1 Terra', { ...GPT, reasoning: true }),
    'gpt-6-astra': { ...GPT, reasoning: true },
    'gpt-6-sol': { ...GPT, reasoning: true },
    'gpt-6-luna': { ...GPT, reasoning: true },
    'gpt-5.6-sol': { ...GPT, reasoning: true },
    'gpt-5.6-terra': { ...GPT, reasoning: true },
    'gpt-5.6-luna': { ...GPT, reasoning: true },
  },
  google: {
    'gemini-1.0-pro-vision-001': { aliases: ['gemini-pro-vision', 'gemini-1.0-pro-vision'], input: ['text', 'image'] },
    'gemini-pro': { input: ['text'] },
    'gemini-2.5-pro': named('Gemini 2.5 Pro', { ...GEMINI, contextWindow: 1_048_576, maxOutput: 65_536 }),
    'gemini-2.5-flash': named('Gemini 2.5 Flash', { ...GEMINI, contextWindow: 1_048_576, maxOutput: 65_536 }),
    'gemini-3.6-flash': GEMINI,
    'gemini-3.7-flash': GEMINI,
    'gemini-3.8-flash': GEMINI,
    'gemini-4-argon': named('Gemini 4 Argon', GEMINI),
    'gemini-4-carbon': named('Gemini 4 Carbon', GEMINI),
    'gemini-4-hydrogen': named('Gemini 4 Hydrogen', GEMINI),
  },
  // What a local server runs has no list price and a window that depends on how it was started: names only.
  ollama: Object.fromEntries(
    'llama2 llama3 llama3.1 llama3.2 llama3.3 codellama mistral mixtral phi3 phi4 gemma2 gemma3 qwen2.5-coder qwen3 qwen3-coder deepseek-r1 deepseek-coder gpt-oss devstral'
      .split(' ')
      .map((id) => [id, {}]),
  ),
};

const NOT_CHAT =
  /embed|whisper|[-_]tts|audio|realtime|transcribe|-image|imagine|moderation|guard|[-_]live[-_]|native-audio|voxtral|[-_]ocr|orpheus|video|voice|davinci|babbage|curie|^ada$|rerank|omni-flash|content-safety|speech|sonic|^ft:|\.ft-/i;

const [sourceDir, asOfArgument] = process.argv.slice(2);
if (!sourceDir) {
  console.error('Usage: node scripts/catalogue.mjs SOURCE_DIR [AS_OF]');
  process.exit(2);
}

const genaiFile = newest(/^genai-prices\.npm-.*\.data\.json$/);
const devFile = newest(/^models\.dev-.*\.json$/);
const overridesFile = newest(/^overrides-.*\.json$/);
const genai = new Map(read(genaiFile).map((provider) => [provider.id, provider.models]));
const dev = read(devFile);
const overrides = read(overridesFile);
const asOf = asOfArgument ?? overrides._note?.match(/on (\d{4}-\d\d-\d\d)/)?.[1];
if (!asOf) throw new Error(`${overridesFile}: no date in _note; give AS_OF as second argument`);

const catalog = {};
for (const [type, source] of Object.entries(PROVIDERS)) catalog[type] = buildProvider(type, source);
addBedrockClaude();
writeCatalog();

function buildProvider(type, source) {
  const models = new Map();
  const devModels = source.dev ? dev[source.dev].models : {};
  for (const [id, raw] of Object.entries(devModels)) {
    const facts = factsOf(resolveBase(raw));
    // models.dev lists every region of Bedrock's Claude models at one price; genai-prices tells them apart.
    if (facts && !(type === 'bedrock' && (id.includes('claude') || /^(us|eu|au|jp)\./.test(id)))) models.set(id, facts);
  }
  for (const raw of (source.genai && genai.get(source.genai)) ?? []) addPriced(type, source, raw, models);
  for (const [id, facts] of Object.entries(ADDITIONS[type] ?? {})) models.set(id, complete(models.get(id), facts));
  for (const [id, price] of Object.entries(overrides[type] ?? {})) {
    models.set(id, { ...models.get(id), price: overridePrice(price, models.get(id)?.price, type) });
  }
  for (const [id, model] of models) model.price ??= structuredClone(models.get(id.replace('mythos', 'fable'))?.price);
  dropDatedTwins(models);
  for (const maker of source.makers ?? []) dropMakersOwn(models, catalog[maker].models);
  for (const [id, model] of models) finishPrice(type, id, model);
  return { serviceTiers: source.serviceTiers, models };
}

function complete(model, facts) {
  const stated = Object.entries(model ?? {}).filter(([, value]) => value !== undefined);
  return { ...facts, ...Object.fromEntries(stated), aliases: [...(facts.aliases ?? []), ...(model?.aliases ?? [])] };
}

/** A model of models.dev with what it inherits; undefined fields where its base is not in the subset. */
function resolveBase(raw) {
  if (!raw.base_model) return raw;
  const [provider, ...rest] = raw.base_model.split('/');
  const base = dev[provider]?.models[rest.join('/')];
  const inherited = base && base !== raw ? resolveBase(base) : {};
  const limit = { ...inherited.limit, ...raw.limit };
  if (raw.base_model_omit?.includes('limit.input')) delete limit.input;
  // Price lists and special modes belong to the service, not to the model it serves.
  return { ...inherited, ...raw, limit, cost: raw.cost, experimental: raw.experimental };
}

function factsOf(raw) {
  const output = raw.modalities?.output;
  if (output && !(output.length === 1 && output[0] === 'text')) return undefined;
  if (raw.family?.includes('embedding')) return undefined;
  const effort = raw.reasoning_options?.find((option) => option.type === 'effort');
  return {
    name: raw.name?.replace(/ \(latest\)$/, ''),
    contextWindow: raw.limit?.context || undefined,
    maxInput: raw.limit?.input || undefined,
    maxOutput: raw.limit?.output || undefined,
    input: raw.modalities?.input,
    tools: raw.tool_call,
    reasoning: raw.reasoning,
    efforts: effort?.values,
    temperature: raw.temperature === false ? false : undefined,
    price: devPrice(raw),
    deprecated: raw.status === 'deprecated' || undefined,
  };
}

function devPrice(raw) {
  const cost = raw.cost;
  if (cost?.input === undefined || cost.output === undefined) return undefined;
  if (cost.input > 0 && cost.output === 0) return undefined;
  const price = devRates(cost);
  const tiers = cost.tiers?.map((tier) => ({ above: tier.tier.size, ...devRates(tier) }));
  if (tiers?.length) price.tiers = tiers;
  const fast = raw.experimental?.modes?.fast;
  if (fast?.cost && fast.provider?.body?.speed) price.fast = devRates(fast.cost);
  if (fast?.cost && fast.provider?.body?.service_tier)
    price.serviceTiers = { priority: devRates(fast.cost), fast: devRates(fast.cost) };
  return price;
}

function devRates(cost) {
  const free = cost.input === 0 && cost.output === 0;
  return {
    input: cost.input,
    output: cost.output,
    cacheRead: free ? undefined : cost.cache_read || undefined,
    cacheWrite: free ? undefined : cost.cache_write || undefined,
  };
}

/** Adds one genai-prices entry: under the service's own ids where models.dev knows them, else under its own. */
function addPriced(type, source, raw, models) {
  if (type === 'google' && raw.id.startsWith('claude')) return;
  const price = genaiPrice(raw);
  const names = matchNames(raw.match);
  const id =
    type === 'bedrock'
      ? raw.id.replace(/^regional\./, '')
      : (names.find((name) => models.has(name)) ??
        names.find((name) => name.toLowerCase() === raw.id.toLowerCase()) ??
        idOf(raw, names));
  const served = [...models.keys()].filter(
    (known) => matches(raw.match, known) && !(type === 'bedrock' && known.includes('claude')),
  );
  for (const known of served) {
    const model = models.get(known);
    const timeless = Array.isArray(raw.prices) && raw.prices.every((entry) => entry.constraint?.type !== 'start_date');
    // Prices by hour without a date are leftovers of an ended discount: models.dev is newer there.
    if (price && !(timeless && model.price)) model.price = keepExtras(price, model.price);
    model.contextWindow ??= raw.context_window;
    if (raw.deprecated) model.deprecated = true;
  }
  const isCurrent = raw.context_window !== undefined;
  const dated = served
    .filter((known) => bare(known) === bare(id))
    .sort()
    .at(-1);
  const target = dated ?? (models.has(id) ? id : undefined) ?? (served.length === 1 ? served[0] : undefined);
  if (target === undefined) {
    if (source.only === 'current' && !isCurrent) return;
    models.set(id, {
      name: raw.name,
      contextWindow: raw.context_window,
      price,
      deprecated: raw.deprecated || undefined,
    });
  }
  const model = models.get(target ?? id);
  const aliases = [...names, raw.id].filter((name) => type !== 'bedrock' && name !== (target ?? id));
  model.aliases = [...(model.aliases ?? []), ...aliases];
}

function idOf(raw, names) {
  return raw.id.includes('/') || !names[0]?.endsWith(`/${raw.id}`) ? raw.id : names[0];
}

/** models.dev knows premium lists that genai-prices lacks. */
function keepExtras(price, older) {
  return { ...price, fast: price.fast ?? older?.fast, serviceTiers: price.serviceTiers ?? older?.serviceTiers };
}

function genaiPrice(raw) {
  if (!Array.isArray(raw.prices)) return genaiRates(raw.id, raw.prices);
  const valid = raw.prices.filter((entry) => (entry.constraint?.start_date ?? '') <= asOf);
  const lastDated = valid.findLastIndex((entry) => entry.constraint?.type !== 'time_of_date');
  // Where the hour decides, the dearest: a bill may then be too high, never too low.
  return valid
    .slice(Math.max(lastDated, 0))
    .map((entry) => genaiRates(raw.id, entry.prices))
    .reduce((dearest, price) => ((price?.output ?? 0) > (dearest?.output ?? 0) ? price : dearest));
}

function genaiRates(id, prices) {
  if (Object.keys(prices).length === 0) return /:free$|^gemma-/.test(id) ? { input: 0, output: 0 } : undefined;
  const base = (field) => (typeof prices[field] === 'object' ? prices[field].base : prices[field]);
  if (base('input_mtok') === undefined || base('output_mtok') === undefined) return undefined;
  const fields = {
    input: 'input_mtok',
    output: 'output_mtok',
    cacheRead: 'cache_read_mtok',
    cacheWrite: 'cache_write_mtok',
    cacheWrite1h: 'cache_write_1h_mtok',
  };
  const pick = (value) => Object.fromEntries(Object.entries(fields).map(([ours, theirs]) => [ours, value(theirs)]));
  const starts = new Set(Object.values(prices).flatMap((value) => value.tiers?.map((tier) => tier.start) ?? []));
  const tiers = [...starts]
    .sort((a, b) => a - b)
    .map((above) => ({
      above,
      ...pick((field) => prices[field]?.tiers?.findLast((tier) => tier.start <= above)?.price ?? base(field)),
    }));
  const fees = { webSearch: perThousand(prices.web_searches_kcount), call: perThousand(prices.requests_kcount) };
  return {
    ...pick(base),
    tiers: tiers.length ? tiers : undefined,
    requestFees: fees.webSearch || fees.call ? fees : undefined,
  };
}

function perThousand(value) {
  return value === undefined ? undefined : round(value / 1000);
}

function overridePrice(raw, older, type) {
  const rates = (list) => ({
    input: list.input,
    output: list.output,
    cacheRead: list.cache_read,
    cacheWrite: list.cache_write_5m ?? list.cache_write,
    cacheWrite1h: list.cache_write_1h,
  });
  const base = raw.tiers ? raw.tiers.find((tier) => tier.above === undefined) : raw;
  const tiers = raw.tiers
    ?.filter((tier) => tier.above !== undefined)
    .map((tier) => ({ above: tier.above, ...rates(tier) }));
  if (raw.long)
    return {
      ...rates(base),
      tiers: [{ above: raw.long_context_above, ...rates(raw.long) }],
      requestFees: older?.requestFees ?? { webSearch: 0.01 },
    };
  const requestFees = older?.requestFees ?? (type === 'anthropic' ? { webSearch: 0.01 } : undefined);
  return {
    ...rates(base),
    tiers: tiers?.length ? tiers : undefined,
    fast: raw.fast ? rates(raw.fast) : undefined,
    requestFees,
  };
}

/** Fills the rates that follow from a maker's published rule, and drops what is empty. */
function finishPrice(type, id, model) {
  const price = model.price;
  if (!price) return;
  const isClaude = id.includes('claude');
  if (type === 'openai' && /^gpt-(5\.6|6)/.test(id) && price.cacheWrite === undefined)
    price.cacheWrite = round(price.input * 1.25);
  if (isClaude && price.cacheWrite !== undefined) price.cacheWrite1h ??= round(price.input * 2);
  for (const list of [...(price.tiers ?? []), price.fast]) {
    if (!list) continue;
    for (const rate of ['cacheRead', 'cacheWrite', 'cacheWrite1h']) {
      if (price[rate] !== undefined) list[rate] ??= round((price[rate] * list.input) / price.input);
    }
  }
  if (type === 'anthropic' && /claude-(opus|sonnet)-(4-[6-9]|[5-9])|claude-haiku-[5-9]|fable|mythos/.test(id))
    price.inferenceGeo = { us: 1.1 };
}

/** Bedrock sells Claude at Anthropic's list through global ids, and 10 % dearer through regional ones. */
function addBedrockClaude() {
  const bedrock = catalog.bedrock.models;
  for (const [id, { price }] of catalog.anthropic.models) {
    if (!price || !/-[5-9]-[5-9]$/.test(id) || [...bedrock.keys()].some((known) => bare(known) === `anthropic.${id}`))
      continue;
    const { inferenceGeo, requestFees, fast, ...list } = price;
    bedrock.set(`global.anthropic.${id}`, { price: list });
    bedrock.set(`anthropic.${id}`, { price: scale(list, 1.1) });
  }
}

function scale(list, factor) {
  return Object.fromEntries(
    Object.entries(list).map(([key, value]) => [
      key,
      key === 'tiers'
        ? value?.map((tier) => scale(tier, factor))
        : key === 'above' || value === undefined
          ? value
          : round(value * factor),
    ]),
  );
}

/** `name-20250101` is not listed beside a `name` of the same price: lookups strip the date. */
function dropDatedTwins(models) {
  for (const [id, model] of models) {
    const twin = [...models].find(([other]) => other.length < id.length && bare(other) === bare(id))?.[1];
    if (
      !twin ||
      JSON.stringify(twin.price) !== JSON.stringify(model.price) ||
      twin.contextWindow !== model.contextWindow
    )
      continue;
    twin.aliases = [...(twin.aliases ?? []), ...(model.aliases ?? [])];
    models.delete(id);
  }
}

/** What a cloud resells under the maker's name and list is looked up at the maker. */
function dropMakersOwn(models, makers) {
  const known = new Set([...makers].flatMap(([id, model]) => [id, ...(model.aliases ?? [])].map(bare)));
  for (const id of models.keys()) if (known.has(bare(id))) models.delete(id);
}

/** The id without case, version or date: the last resort of a lookup, so what it finds needs no alias. */
function bare(id) {
  return id
    .toLowerCase()
    .replace(/-v?\d+:\d+$|(?<=anthropic\..*)-v\d+$/, '')
    .replace(/(@(\d{8}|default)|-\d{8}|-\d{4}-\d\d-\d\d|-latest)$/, '')
    .replace(/(?<=\d)\.(?=\d)/g, '-');
}

function matchNames(match) {
  if (match.or) return match.or.flatMap(matchNames);
  const name = match.equals ?? match.starts_with ?? match.ends_with ?? match.contains;
  return name ? [name.replace(/[-@.]$/, '')] : [];
}

function matches(match, id) {
  const text = id.toLowerCase();
  if (match.or) return match.or.some((part) => matches(part, id));
  if (match.and) return match.and.every((part) => matches(part, id));
  if (match.regex) return new RegExp(match.regex).test(id);
  if (match.equals) return text === match.equals.toLowerCase();
  if (match.starts_with) return text.startsWith(match.starts_with.toLowerCase());
  if (match.ends_with) return text.endsWith(match.ends_with.toLowerCase());
  return text.includes(match.contains.toLowerCase());
}

function sixPlaces(_key, value) {
  return typeof value === 'number' ? round(value) : value;
}

function round(value) {
  return Math.round(value * 1e6) / 1e6;
}

function read(name) {
  return JSON.parse(readFileSync(join(sourceDir, name), 'utf8'));
}

function newest(pattern) {
  const name = readdirSync(sourceDir)
    .filter((file) => pattern.test(file))
    .sort()
    .at(-1);
  if (!name) throw new Error(`${sourceDir}: no file matches ${pattern}`);
  return name;
}

/** One line a model, sorted, so that a new price is one line in a diff. */
function writeCatalog() {
  const blocks = Object.entries(catalog).map(([type, { serviceTiers, models }]) => {
    const ids = [...models.keys()]
      .filter((id) => !NOT_CHAT.test(id) && (type === 'openrouter' || !id.endsWith(':free')))
      .sort();
    const taken = new Set(ids.flatMap((id) => [id.toLowerCase(), bare(id)]));
    const lines = ids.map(
      (id) => `        ${JSON.stringify(id)}: ${JSON.stringify(entry(models.get(id), taken), sixPlaces)}`,
    );
    const tiers = serviceTiers ? `\n      "serviceTiers": ${JSON.stringify(serviceTiers)},` : '';
    return `    ${JSON.stringify(type)}: {${tiers}\n      "models": {\n${lines.join(',\n')}\n      }\n    }`;
  });
  const head = {
    asOf,
    sources: [overridesFile, genaiFile, devFile].map((file) => file.replace(/(\.data|\.subset)?\.json$/, '')),
  };
  const text = `{\n  "asOf": ${JSON.stringify(head.asOf)},\n  "sources": ${JSON.stringify(head.sources)},\n  "providers": {\n${blocks.join(',\n')}\n  }\n}\n`;
  JSON.parse(text);
  const target = new URL('../src/models/catalog.json', import.meta.url);
  writeFileSync(target, text);
  const notice = ['genai-prices', 'models.dev'].map(
    (name) => `${name}\n\n${readFileSync(join(sourceDir, `${name}.LICENSE`), 'utf8').trim()}\n`,
  );
  writeFileSync(
    new URL('../src/models/catalog.NOTICE', import.meta.url),
    `catalog.json contains data of these projects.\n\n${notice.join('\n')}`,
  );
  console.log(
    `catalog.json: ${Object.values(catalog).reduce((sum, { models }) => sum + models.size, 0)} models, ${text.length} bytes, as of ${asOf}`,
  );
}

function entry(model, taken) {
  const aliases = [];
  for (const name of model.aliases ?? []) {
    if (taken.has(name.toLowerCase()) || taken.has(bare(name)) || NOT_CHAT.test(name)) continue;
    aliases.push(name);
    taken.add(bare(name));
  }
  const order = [
    'name',
    'contextWindow',
    'maxInput',
    'maxOutput',
    'input',
    'tools',
    'reasoning',
    'efforts',
    'temperature',
    'price',
    'deprecated',
  ];
  return { ...(aliases.length ? { aliases } : {}), ...Object.fromEntries(order.map((key) => [key, model[key]])) };
}
