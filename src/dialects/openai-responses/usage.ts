import { isJsonObject, type JsonObject, type Usage } from '../../protocol/messages.ts';
import { tokenCount } from '../../protocol/usage.ts';

/**
 * Usage in the Messages form: what the cache gave and took apart from the input, never below 0; reasoning is part of the
 * output. Undefined where the value reports none.
 */
export function decodeUsage(value: unknown): Partial<Usage> | undefined {
  if (!isJsonObject(value)) return undefined;
  if (typeof value.input_tokens !== 'number' && typeof value.output_tokens !== 'number') return undefined;
  const input = detailsOf(value.input_tokens_details);
  const read = tokenCount(input.cached_tokens);
  const written = tokenCount(input.cache_write_tokens);
  const reasoning = tokenCount(detailsOf(value.output_tokens_details).reasoning_tokens);
  return {
    input_tokens: Math.max(0, tokenCount(value.input_tokens) - read - written),
    cache_read_input_tokens: read,
    cache_creation_input_tokens: written,
    output_tokens: tokenCount(value.output_tokens),
    ...(reasoning > 0 ? { output_tokens_details: { thinking_tokens: reasoning } } : {}),
  };
}

function detailsOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}
