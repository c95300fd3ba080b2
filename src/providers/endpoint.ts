import type { Dialect, DialectName } from '../dialects/dialect.ts';
import type { Quirks } from '../dialects/quirks.ts';
import type { Counting } from './counting.ts';

/** What a configured address says: the dialect, where it is a full URL, and where calls go. */
export interface Endpoint {
  dialect?: DialectName;
  /** The base with its version; the path goes behind it. */
  base?: string;
  /** The path of a call where it is not the dialect's; the client's query is then left out. */
  path?: (stream: boolean) => string;
  /** A full URL, used as it is. */
  full?: string;
  /** What differs with this form of address. */
  quirks?: Partial<Quirks>;
  /** How prompts are counted where it is not the dialect's way. */
  counting?: Counting;
  /** What has to be configured before there is an address: `region`. */
  missing?: string;
}

/**
 * Reads a configured `endpoint` or base URL. A full URL decides the dialect; a path alone (`/api/generate`) stands on the
 * host of the base; a base is given its dialect's version where it has none.
 */
export function readEndpoint(
  endpoint: string | undefined,
  baseUrl: string | undefined,
  dialect: DialectName,
): Endpoint {
  const address = endpoint === undefined ? baseUrl : absolute(endpoint, baseUrl);
  if (address === undefined) return {};
  const path = address.split('?')[0]!;
  for (const [pattern, named] of fullPaths) {
    if (pattern.test(path))
      return named === 'gemini' ? { dialect: named, base: geminiBase(path) } : { dialect: named, full: address };
  }
  return { base: withVersion(address, dialect) };
}

/** The URL of one call. */
export function callUrl(endpoint: Endpoint, dialect: Dialect, model: string, stream: boolean, query: string): string {
  if (endpoint.full !== undefined) return withQuery(endpoint.full, query);
  if (endpoint.path) return `${endpoint.base ?? ''}${endpoint.path(stream)}`;
  return withQuery(`${endpoint.base ?? ''}${dialect.path(model, stream)}`, query);
}

const fullPaths: readonly [RegExp, DialectName][] = [
  [/\/chat\/completions$/, 'openai-chat'],
  [/\/responses$/, 'openai-responses'],
  [/\/messages$/, 'anthropic'],
  [/\/api\/chat$/, 'ollama'],
  [/\/api\/generate$/, 'ollama-generate'],
  [/:(streamG|g)enerateContent$/, 'gemini'],
];

const versions: Record<DialectName, string> = {
  anthropic: '/v1',
  'openai-chat': '/v1',
  'openai-responses': '/v1',
  gemini: '/v1beta',
  ollama: '',
  'ollama-generate': '',
};

function absolute(endpoint: string, baseUrl: string | undefined): string {
  if (/^[a-z]+:/i.test(endpoint) || baseUrl === undefined) return endpoint;
  return new URL(endpoint, baseUrl).toString();
}

/**
 * `…/v1/models/gemini-pro:generateContent` is `…/v1beta`, since the model is chosen for each call and v1 has no tools; so is
 * the base that speaks OpenAI's form. Vertex AI's models stand below their publisher.
 */
function geminiBase(address: string): string {
  const base = address.replace(/\/models(\/[^/]*)?$/, '').replace(/\/openai$/, '');
  if (/\/publishers\/[^/]+$/.test(base)) return base;
  if (/\/v1$/.test(base)) return `${base}beta`;
  return /\/v\d[a-z0-9]*$/.test(base) ? base : `${base}/v1beta`;
}

function withVersion(address: string, dialect: DialectName): string {
  const base = address.replace(/\/+$/, '').replace(/\/models$/, '');
  if (dialect === 'ollama' || dialect === 'ollama-generate') return base.replace(/\/(v1|api)$/, '');
  if (dialect === 'gemini') return geminiBase(base);
  if (/\/v\d[a-z0-9]*$/.test(base)) return base;
  const hasPath = /^[a-z]+:\/\/[^/]+\/.+/i.test(base);
  return hasPath && dialect !== 'anthropic' ? base : `${base}${versions[dialect]}`;
}

function withQuery(url: string, query: string): string {
  if (query === '' || query === '?') return url;
  return url.includes('?') ? `${url}&${query.slice(1)}` : `${url}${query}`;
}
