import type { Quirks } from '../../dialects/quirks.ts';
import type { Preset } from './preset.ts';

const local: Partial<Quirks> = {
  topK: true,
  maxStopSequences: 16,
  reasoningReplay: 'reasoning_content',
};

/** Servers on the user's own machine. */
export const localPresets = {
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
