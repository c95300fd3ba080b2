import { isJsonObject, type Usage } from '../../protocol/messages.ts';

/** Tokens as OpenAI counts them: the prompt with what came from the cache and what went into it. */
export interface OpenAiUsage {
  prompt: number;
  cached: number;
  cacheWrite: number;
  completion: number;
  reasoning: number;
}

export function openAiUsage(usage: Usage): OpenAiUsage {
  const cached = usage.cache_read_input_tokens ?? 0;
  const cacheWrite = usage.cache_creation_input_tokens ?? 0;
  const details = usage.output_tokens_details;
  const reasoning = isJsonObject(details) && typeof details.thinking_tokens === 'number' ? details.thinking_tokens : 0;
  return {
    prompt: (usage.input_tokens ?? 0) + cached + cacheWrite,
    cached,
    cacheWrite,
    completion: usage.output_tokens ?? 0,
    reasoning,
  };
}
