import type { ProviderType } from '../../config/provider-types.ts';
import { type PresetName, presets } from '../../providers/presets.ts';

/** A service here, and its address where that is not the usual one. */
export interface ServiceHere {
  type: ProviderType;
  baseUrl?: string;
  /** Where at a cloud its models are. */
  location?: string;
  quirks?: Record<string, unknown>;
  /** How it differs from before. */
  change?: string;
}

interface ServiceBefore {
  /** Its `api_base_url`. */
  address: string;
  /** Names of its transformers, in lower case. */
  transformers: readonly string[];
  /** Its Anthropic transformer sends the key in a Bearer header. */
  bearer: boolean;
}

/** The service that an earlier configuration means by an address and its transformers. */
export function serviceOf(before: ServiceBefore): ServiceHere {
  const { address, transformers } = before;
  if (transformers.some((name) => name.startsWith('vertex-'))) return vertex(address);
  const url = parsedUrl(address);
  const known = url && typeOfHost(url);
  if (transformers.includes('anthropic') || /\/messages\/?$/.test(url?.pathname ?? ''))
    return messagesService(before, known);
  if (known === 'ollama') return ollama(address);
  if (known === 'google' && /\/chat\/completions\/?$/.test(address)) {
    return { type: 'google', change: 'Gemini is asked in its own format instead of OpenAI’s' };
  }
  if (known !== undefined) return isUsual(known, address) ? { type: known } : { type: known, baseUrl: address };
  const named = transformers.find((name) => name in formsByTransformer);
  return { type: named === undefined ? 'openai-compatible' : formsByTransformer[named]!, baseUrl: address };
}

/** A service that speaks Anthropic's format; only Anthropic itself is told what the client says for it alone. */
function messagesService({ address, bearer }: ServiceBefore, known: ProviderType | undefined): ServiceHere {
  if (known === 'anthropic') return isUsual('anthropic', address) ? { type: known } : { type: known, baseUrl: address };
  const full = /\/messages\/?$/.test(address)
    ? address
    : `${address.replace(/\/+$/, '').replace(/\/v1$/, '')}/v1/messages`;
  if (known !== undefined && known !== 'ollama' && known !== 'google') return { type: known, baseUrl: full };
  if (bearer) return { type: 'openai-compatible', baseUrl: full };
  const change = 'what Claude Code says for Anthropic alone, such as the id of its installation, is not sent there';
  return { type: 'anthropic', baseUrl: full, quirks: { clientIdentity: 'withhold' }, change };
}

/** Its address is made of the project and the location; `us-east5-aiplatform.googleapis.com` tells the latter. */
function vertex(address: string): ServiceHere {
  const [, location] = /([\w-]+)-aiplatform\.googleapis\.com/.exec(address) ?? [];
  const change =
    'the address is made of the project and the location; set `project` where the environment does not say it';
  return { type: 'vertex', ...(location === undefined ? {} : { location }), change };
}

function ollama(address: string): ServiceHere {
  const base = address.replace(/\/(v1|api)(\/.*)?$/, '').replace(/\/+$/, '');
  const usual = /^http:\/\/(localhost|127\.0\.0\.1):11434$/.test(base);
  const change = 'Ollama is asked over its own API, which can be told how large a prompt is';
  return { type: 'ollama', ...(usual ? {} : { baseUrl: base }), change };
}

/** Transformers that say which format an unknown address speaks. */
const formsByTransformer: Readonly<Record<string, ProviderType>> = {
  gemini: 'google',
  openrouter: 'openrouter',
  groq: 'groq',
  cerebras: 'cerebras',
};

function typeOfHost({ hostname, port }: URL): ProviderType | undefined {
  if (port === '11434') return 'ollama';
  if (port === '1234' && isLocal(hostname)) return 'lmstudio';
  if (isLocal(hostname)) return undefined;
  return hostTypes.get(hostname);
}

function isLocal(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
}

/** The hosts of the presets, and second hosts of the same services. */
const hostTypes = new Map<string, ProviderType>([
  ...(Object.keys(presets) as PresetName[]).flatMap((type): [string, ProviderType][] => {
    const url = parsedUrl(baseOf(type) ?? '');
    return url && !isLocal(url.hostname) && url.hostname !== '' ? [[url.hostname, type]] : [];
  }),
  ['dashscope.aliyuncs.com', 'qwen'],
  ['api.siliconflow.cn', 'siliconflow'],
  ['api.moonshot.cn', 'moonshot'],
  ['open.bigmodel.cn', 'zai'],
  ['api.minimaxi.com', 'minimax'],
]);

/** True for the preset's own address, whatever stands behind it for a call. */
function isUsual(type: ProviderType, address: string): boolean {
  const trimmed = (text: string) =>
    text
      .replace(/\/+$/, '')
      .replace(/\/(chat\/completions|messages|models)$/, '')
      .replace(/\/v1$/, '');
  const usual = baseOf(type);
  return usual !== undefined && trimmed(usual) === trimmed(address);
}

function baseOf(type: string): string | undefined {
  return (presets as Readonly<Record<string, { baseUrl?: string }>>)[type]?.baseUrl;
}

function parsedUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
