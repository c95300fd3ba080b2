import type { Quirks } from '../../dialects/quirks.ts';
import type { Preset } from './preset.ts';

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

/** Services that host models, their own or others', behind OpenAI's chat format. */
export const hostedPresets = {
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
} as const satisfies Record<string, Preset>;

function simple(label: string, baseUrl: string, keyVariable: string) {
  return { label, dialect: 'openai-chat', baseUrl, auth: 'bearer', keyVariables: [keyVariable] } as const;
}
