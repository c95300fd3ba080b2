import { isJsonObject, type JsonObject, type Usage } from '../../protocol/messages.ts';
import { tokenCount } from '../../protocol/usage.ts';

/**
 * Usage in the Messages form: cached tokens apart from the input, never below 0. Undefined where the value reports none.
 * With the quirk `costInUsage` it holds one more field, `cost`: US dollars, as the service bills them.
 */
export function decodeUsage(value: unknown, costInUsage = false): Partial<Usage> | undefined {
  if (!isJsonObject(value) || !reportsTokens(value)) return undefined;
  const prompt = isJsonObject(value.prompt_tokens_details) ? value.prompt_tokens_details : {};
  const read = tokenCount(prompt.cached_tokens ?? value.prompt_cache_hit_tokens ?? value.cached_tokens);
  const written = tokenCount(prompt.cache_write_tokens);
  const reasoning = reasoningTokens(value);
  return {
    input_tokens: Math.max(0, tokenCount(value.prompt_tokens ?? value.input_tokens) - read - written),
    cache_read_input_tokens: read,
    cache_creation_input_tokens: written,
    output_tokens: outputTokens(value, reasoning),
    ...(reasoning > 0 ? { output_tokens_details: { thinking_tokens: reasoning } } : {}),
    ...(costInUsage ? reportedCost(value) : {}),
  };
}

/** OpenRouter's own charge; where the user's key at the upstream provider was used, also what that provider charges. */
function reportedCost(usage: JsonObject): { cost?: number } {
  if (typeof usage.cost !== 'number') return {};
  const details = isJsonObject(usage.cost_details) ? usage.cost_details : {};
  const upstream = usage.is_byok === true && Number(details.upstream_inference_cost);
  return { cost: upstream ? Math.round((usage.cost + upstream) * 1e12) / 1e12 : usage.cost };
}

function reportsTokens(value: JsonObject): boolean {
  return [value.prompt_tokens, value.completion_tokens, value.input_tokens, value.output_tokens].some(
    (count) => typeof count === 'number',
  );
}

function reasoningTokens(value: JsonObject): number {
  return isJsonObject(value.completion_tokens_details)
    ? tokenCount(value.completion_tokens_details.reasoning_tokens)
    : 0;
}

/** Reasoning is part of the completion, except where the total shows that it was counted apart. */
function outputTokens(value: JsonObject, reasoning: number): number {
  const prompt = tokenCount(value.prompt_tokens ?? value.input_tokens);
  const completion = tokenCount(value.completion_tokens ?? value.output_tokens);
  const apart = reasoning > 0 && tokenCount(value.total_tokens) === prompt + completion + reasoning;
  return apart ? completion + reasoning : completion;
}
