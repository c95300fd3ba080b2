import type { DialectName } from '../dialects/dialect.ts';
import type { Quirks } from '../dialects/quirks.ts';
import type { CloudName } from './clouds/cloud.ts';
import { geminiAtVertex, geminiQuirks, geminiVariants } from './gemini-models.ts';

/** How a credential travels; a cloud's may be made for each request instead. */
export type AuthScheme = 'bearer' | 'x-api-key' | 'x-goog-api-key' | 'api-key' | 'none';

/** What holds for the models of a service whose id matches. */
export interface ModelVariant {
  models: RegExp;
  dialect?: DialectName;
  quirks?: Partial<Quirks>;
}

/** A service, as data. */
export interface Preset {
  /** How it is called in messages and documentation. */
  label: string;
  dialect: DialectName;
  /** Without the path of a call; undefined where the user must say it. */
  baseUrl?: string;
  /** The cloud that makes its address, and its credentials where a header with the key is not enough. */
  cloud?: CloudName;
  auth: AuthScheme;
  /** The environment variables that may hold its key, in this order. */
  keyVariables: readonly string[];
  /** True where it runs without a key. */
  keyOptional?: boolean;
  quirks?: Partial<Quirks>;
  /** The first that matches the upstream's id of the model. */
  variants?: readonly ModelVariant[];
  /** Models offered where only a key is known, best first. */
  starterModels?: readonly string[];
  /** A first token may take minutes: a local model is loaded when it is first asked. */
  slowStart?: boolean;
}

const reasoningModel: Partial<Quirks> = {
  systemRole: 'developer',
  midConversationSystem: 'developer',
  maxTokensField: 'max_completion_tokens',
  maxStopSequences: 0,
  sampling: 'none',
  reasoningRequest: 'reasoning_effort',
};

const openAiQuirks: Partial<Quirks> = {
  userText: 'parts',
  midConversationSystem: 'system',
  parallelToolCalls: true,
  toolIds: 'forty',
  documents: 'file',
  prefill: 'ask',
  promptCacheKey: true,
  serviceTier: true,
  thinkTags: false,
  toolSchemas: 'openai',
  webSearch: 'responses-tool',
};

/** Models that are asked over the Responses API: the only one they have, or the only one with tools and reasoning at once. */
function overResponses(models: RegExp, efforts: readonly string[], quirks: Partial<Quirks> = {}): ModelVariant {
  return { models, dialect: 'openai-responses', quirks: { ...reasoningModel, efforts, ...quirks } };
}

const lowToHigh = ['low', 'medium', 'high'];
const lowToXhigh = [...lowToHigh, 'xhigh'];
const lowToMax = [...lowToXhigh, 'max'];

/** Chat Completions refuses tools there unless reasoning is off; temperature is taken when it is. */
const choosesReasoning: Partial<Quirks> = { sampling: 'without-reasoning', reasoningWithTools: false };

const openAiVariants: readonly ModelVariant[] = [
  overResponses(/^gpt-5-pro/, ['high']),
  overResponses(/^gpt-5\.\d+-pro/, ['medium', 'high', 'xhigh']),
  overResponses(/^o[134]-pro|^o\d-.*deep-research/, lowToHigh),
  overResponses(/^gpt-5\.1-codex-max|^gpt-5\.[23]-codex/, lowToXhigh),
  overResponses(/^gpt-5(\.1)?-codex/, lowToHigh),
  { models: /^gpt-5(\.\d+)?-chat/, quirks: { maxTokensField: 'max_completion_tokens' } },
  overResponses(/^gpt-5\.[45]/, ['none', ...lowToXhigh], choosesReasoning),
  overResponses(/^gpt-5\.[6-9]/, ['none', ...lowToMax], { reasoningWithTools: false }),
  overResponses(/^gpt-6-(sol|luna)|^gpt-6\.1-terra/, ['none', ...lowToMax], { sampling: 'without-reasoning' }),
  overResponses(/^gpt-[6-9]/, lowToMax),
  {
    models: /^gpt-5\.[23]/,
    quirks: { ...reasoningModel, sampling: 'without-reasoning', efforts: ['none', ...lowToXhigh] },
  },
  {
    models: /^gpt-5\.1/,
    quirks: { ...reasoningModel, sampling: 'without-reasoning', efforts: ['none', ...lowToHigh] },
  },
  { models: /^gpt-5/, quirks: { ...reasoningModel, efforts: ['minimal', ...lowToHigh] } },
  {
    models: /^o1-(mini|preview)/,
    quirks: { ...reasoningModel, systemRole: 'none', midConversationSystem: 'reminder', parallelToolCalls: false },
  },
  { models: /^o\d/, quirks: { ...reasoningModel, parallelToolCalls: false } },
  { models: /search-preview/, quirks: { sampling: 'none', webSearch: 'search-options' } },
];

/** Of models whose reasoning can't be switched off. */
const openRouterEfforts = ['minimal', 'low', 'medium', 'high', 'xhigh'];

const openRouterQuirks: Partial<Quirks> = {
  userText: 'parts',
  parallelToolCalls: true,
  documents: 'file',
  cacheControl: true,
  topK: true,
  reasoningRequest: 'reasoning-object',
  efforts: ['none', ...openRouterEfforts],
  reasoningReplay: 'reasoning_details',
  webSearch: 'openrouter-plugin',
  costInUsage: true,
};

const hosted: Partial<Quirks> = { parallelToolCalls: true };

const local: Partial<Quirks> = {
  topK: true,
  maxStopSequences: 16,
  reasoningReplay: 'reasoning_content',
};

/** Every service the router knows by name, keyed by its type in the configuration. */
export const presets = {
  anthropic: {
    label: 'Anthropic',
    dialect: 'anthropic',
    baseUrl: 'https://api.anthropic.com',
    auth: 'x-api-key',
    keyVariables: ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN'],
    starterModels: ['claude-sonnet-5-5', 'claude-opus-5-5', 'claude-haiku-5-5'],
  },
  openai: {
    label: 'OpenAI',
    dialect: 'openai-chat',
    baseUrl: 'https://api.openai.com/v1',
    auth: 'bearer',
    keyVariables: ['OPENAI_API_KEY'],
    quirks: openAiQuirks,
    variants: openAiVariants,
    starterModels: ['gpt-6-sol', 'gpt-6-luna', 'gpt-5.1', 'gpt-5-mini', 'gpt-4.1'],
  },
  'openai-compatible': {
    label: 'OpenAI-compatible server',
    dialect: 'openai-chat',
    auth: 'bearer',
    keyVariables: [],
    keyOptional: true,
  },
  google: {
    label: 'Google Gemini',
    dialect: 'gemini',
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
    auth: 'x-goog-api-key',
    keyVariables: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
    quirks: geminiQuirks,
    variants: geminiVariants,
    starterModels: ['gemini-3.8-flash', 'gemini-3.1-pro-preview', 'gemini-2.5-pro'],
  },
  openrouter: {
    label: 'OpenRouter',
    dialect: 'openai-chat',
    baseUrl: 'https://openrouter.ai/api/v1',
    auth: 'bearer',
    keyVariables: ['OPENROUTER_API_KEY'],
    quirks: openRouterQuirks,
    variants: [
      { models: /^google\/gemini-(2\.5-pro|[34])/, quirks: { efforts: openRouterEfforts } },
      { models: /^(anthropic|google)\// },
      {
        models: /^openai\/(o\d|gpt-oss|gpt-5($|-|:)|gpt-6-astra|gpt-6\.1-sol)|^x-ai\/grok-4/,
        quirks: { cacheControl: false, efforts: openRouterEfforts },
      },
      { models: /./, quirks: { cacheControl: false } },
    ],
    starterModels: ['anthropic/claude-sonnet-4.5', 'openai/gpt-5', 'google/gemini-2.5-pro'],
  },
  deepseek: {
    label: 'DeepSeek',
    dialect: 'openai-chat',
    baseUrl: 'https://api.deepseek.com/v1',
    auth: 'bearer',
    keyVariables: ['DEEPSEEK_API_KEY'],
    quirks: {
      ...hosted,
      images: false,
      maxStopSequences: 16,
      reasoningRequest: 'thinking-and-effort',
      efforts: ['low', 'high', 'max'],
      effortNames: { medium: 'high' },
      prefill: 'ask',
      reasoningReplay: 'reasoning_content',
      jsonSchema: 'json_object',
    },
    starterModels: ['deepseek-chat', 'deepseek-reasoner'],
  },
  groq: {
    label: 'Groq',
    dialect: 'openai-chat',
    baseUrl: 'https://api.groq.com/openai/v1',
    auth: 'bearer',
    keyVariables: ['GROQ_API_KEY'],
    quirks: { ...hosted, reasoningRequest: 'groq' },
    starterModels: ['openai/gpt-oss-120b', 'llama-3.3-70b-versatile'],
  },
  mistral: {
    label: 'Mistral',
    dialect: 'openai-chat',
    baseUrl: 'https://api.mistral.ai/v1',
    auth: 'bearer',
    keyVariables: ['MISTRAL_API_KEY'],
    quirks: {
      ...hosted,
      toolChoiceAny: 'any',
      toolIds: 'nine-alphanumeric',
      emptyContent: 'empty-string',
      prefill: 'prefix',
      streamOptions: false,
      sampling: 'up-to-1.5',
      reasoningRequest: 'mistral',
    },
    starterModels: ['mistral-large-latest', 'codestral-latest', 'magistral-medium-latest'],
  },
  xai: {
    label: 'xAI',
    dialect: 'openai-chat',
    baseUrl: 'https://api.x.ai/v1',
    auth: 'bearer',
    keyVariables: ['XAI_API_KEY'],
    quirks: { ...hosted, reasoningRequest: 'xai', efforts: ['low', 'high'] },
    variants: [
      { models: /^grok-3-mini/, quirks: { reasoningRequest: 'reasoning_effort', maxStopSequences: 0 } },
      { models: /^grok-(4|code)/, quirks: { reasoningRequest: 'none', maxStopSequences: 0 } },
    ],
    starterModels: ['grok-4', 'grok-code-fast-1'],
  },
  together: {
    label: 'Together AI',
    dialect: 'openai-chat',
    baseUrl: 'https://api.together.xyz/v1',
    auth: 'bearer',
    keyVariables: ['TOGETHER_API_KEY'],
    quirks: { ...hosted, topK: true },
    starterModels: ['moonshotai/Kimi-K2-Instruct', 'Qwen/Qwen3-Coder-480B-A35B-Instruct-FP8'],
  },
  fireworks: {
    label: 'Fireworks AI',
    dialect: 'openai-chat',
    baseUrl: 'https://api.fireworks.ai/inference/v1',
    auth: 'bearer',
    keyVariables: ['FIREWORKS_API_KEY'],
    quirks: { ...hosted, topK: true, reasoningRequest: 'reasoning_effort' },
    starterModels: ['accounts/fireworks/models/kimi-k2-instruct'],
  },
  cerebras: {
    label: 'Cerebras',
    dialect: 'openai-chat',
    baseUrl: 'https://api.cerebras.ai/v1',
    auth: 'bearer',
    keyVariables: ['CEREBRAS_API_KEY'],
    quirks: { maxTokensField: 'max_completion_tokens', images: false },
    variants: [{ models: /gpt-oss/, quirks: { reasoningRequest: 'reasoning_effort' } }],
    starterModels: ['gpt-oss-120b'],
  },
  moonshot: {
    label: 'Moonshot AI',
    dialect: 'openai-chat',
    baseUrl: 'https://api.moonshot.ai/v1',
    auth: 'bearer',
    keyVariables: ['MOONSHOT_API_KEY'],
    quirks: {
      ...hosted,
      toolIds: 'verbatim',
      reasoningRequest: 'thinking-switch',
      reasoningReplay: 'reasoning_content',
      jsonSchema: 'json_object',
    },
    starterModels: ['kimi-k2-thinking'],
  },
  zai: {
    label: 'Z.ai',
    dialect: 'openai-chat',
    baseUrl: 'https://api.z.ai/api/paas/v4',
    auth: 'bearer',
    keyVariables: ['ZAI_API_KEY', 'Z_AI_API_KEY'],
    quirks: {
      ...hosted,
      reasoningRequest: 'thinking-switch',
      reasoningReplay: 'reasoning_content',
      extraBody: { tool_stream: true },
    },
    starterModels: ['glm-4.6'],
  },
  minimax: {
    label: 'MiniMax',
    dialect: 'openai-chat',
    baseUrl: 'https://api.minimax.io/v1',
    auth: 'bearer',
    keyVariables: ['MINIMAX_API_KEY'],
    quirks: { ...hosted, reasoningReplay: 'reasoning_details', extraBody: { reasoning_split: true } },
    starterModels: ['MiniMax-M2'],
  },
  qwen: {
    label: 'Alibaba Model Studio',
    dialect: 'openai-chat',
    baseUrl: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
    auth: 'bearer',
    keyVariables: ['DASHSCOPE_API_KEY'],
    quirks: { ...hosted, topK: true },
    starterModels: ['qwen3-coder-plus'],
  },
  sambanova: simple('SambaNova', 'https://api.sambanova.ai/v1', 'SAMBANOVA_API_KEY'),
  nebius: simple('Nebius', 'https://api.studio.nebius.ai/v1', 'NEBIUS_API_KEY'),
  novita: simple('Novita AI', 'https://api.novita.ai/v3/openai', 'NOVITA_API_KEY'),
  perplexity: {
    // The whole address: its path has no version.
    ...simple('Perplexity', 'https://api.perplexity.ai/chat/completions', 'PERPLEXITY_API_KEY'),
    quirks: { prefill: 'ask' },
  },
  siliconflow: simple('SiliconFlow', 'https://api.siliconflow.com/v1', 'SILICONFLOW_API_KEY'),
  huggingface: simple('Hugging Face', 'https://router.huggingface.co/v1', 'HF_TOKEN'),
  nvidia: simple('NVIDIA NIM', 'https://integrate.api.nvidia.com/v1', 'NVIDIA_API_KEY'),
  github: simple('GitHub Models', 'https://models.github.ai/inference', 'GITHUB_MODELS_TOKEN'),
  deepinfra: simple('DeepInfra', 'https://api.deepinfra.com/v1/openai', 'DEEPINFRA_API_KEY'),
  hyperbolic: simple('Hyperbolic', 'https://api.hyperbolic.xyz/v1', 'HYPERBOLIC_API_KEY'),
  azure: {
    label: 'Azure OpenAI',
    cloud: 'azure',
    dialect: 'openai-chat',
    auth: 'api-key',
    keyVariables: ['AZURE_OPENAI_API_KEY', 'AZURE_API_KEY'],
    quirks: openAiQuirks,
    variants: [{ models: /claude/i, dialect: 'anthropic' }, ...openAiVariants],
  },
  foundry: {
    label: 'Azure AI Foundry',
    cloud: 'azure',
    dialect: 'anthropic',
    auth: 'api-key',
    keyVariables: ['ANTHROPIC_FOUNDRY_API_KEY', 'AZURE_API_KEY'],
    variants: openAiModelsAmong(/^(?!.*claude)/i),
  },
  vertex: {
    label: 'Google Vertex AI',
    cloud: 'vertex',
    dialect: 'anthropic',
    auth: 'bearer',
    keyVariables: ['GOOGLE_APPLICATION_CREDENTIALS'],
    variants: [...geminiAtVertex, { models: /^[^/]+\//, dialect: 'openai-chat' }],
  },
  bedrock: {
    label: 'Amazon Bedrock',
    cloud: 'bedrock',
    dialect: 'anthropic',
    auth: 'bearer',
    keyVariables: ['AWS_BEARER_TOKEN_BEDROCK'],
    variants: [{ models: /^([a-z]+\.)?openai\./, dialect: 'openai-chat' }],
    starterModels: ['sonnet', 'opus', 'haiku'].map((kind) => `global.anthropic.claude-${kind}-5-5`),
  },
  ollama: {
    label: 'Ollama',
    dialect: 'ollama',
    baseUrl: 'http://127.0.0.1:11434',
    auth: 'bearer',
    keyVariables: ['OLLAMA_API_KEY'],
    keyOptional: true,
    quirks: { ...local, toolChoice: 'none', reasoningRequest: 'reasoning_effort' },
    slowStart: true,
  },
  lmstudio: localServer('LM Studio', 'http://127.0.0.1:1234/v1', { toolChoice: 'string' }),
  vllm: localServer('vLLM', 'http://127.0.0.1:8000/v1', {
    reasoningRequest: 'template-switch',
    reasoningReplay: 'reasoning',
    prefill: 'continue-final-message',
  }),
  sglang: localServer('SGLang', 'http://127.0.0.1:30000/v1', { reasoningRequest: 'template-switch' }),
  llamacpp: localServer('llama.cpp', 'http://127.0.0.1:8080/v1', {
    emptyContent: 'empty-string',
    toolSchemas: 'grammar',
    reasoningRequest: 'template-switch',
  }),
  tgi: localServer('Text Generation Inference', 'http://127.0.0.1:3000/v1', { prefill: 'ask' }),
  demo: {
    label: 'Demo model',
    dialect: 'anthropic',
    baseUrl: 'demo:',
    auth: 'none',
    keyVariables: [],
    keyOptional: true,
  },
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof presets;

/** The preset of a provider type. */
export function presetOf(type: string): Preset | undefined {
  const name = aliases[type] ?? type;
  return Object.hasOwn(presets, name) ? presets[name as PresetName] : undefined;
}

const aliases: Record<string, string> = { gemini: 'google', local: 'ollama', dashscope: 'qwen' };

/** OpenAI's form for the models that match, with what is known of its own models. */
function openAiModelsAmong(models: RegExp): readonly ModelVariant[] {
  const variants = [...openAiVariants, { models }];
  return variants.map((variant) => ({
    dialect: 'openai-chat',
    ...variant,
    quirks: { ...openAiQuirks, ...('quirks' in variant ? variant.quirks : {}) },
  }));
}

function simple(label: string, baseUrl: string, keyVariable: string) {
  return { label, dialect: 'openai-chat', baseUrl, auth: 'bearer', keyVariables: [keyVariable] } as const;
}

function localServer(label: string, baseUrl: string, quirks: Partial<Quirks>) {
  return {
    label,
    dialect: 'openai-chat',
    baseUrl,
    auth: 'bearer',
    keyVariables: [],
    keyOptional: true,
    quirks: { ...local, ...quirks },
    slowStart: true,
  } as const;
}
