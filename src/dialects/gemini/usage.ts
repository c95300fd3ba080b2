import type { JsonObject, Usage } from '../../protocol/messages.ts';
import { tokenCount } from '../../protocol/usage.ts';

/**
 * Usage in the Messages form. The prompt is what was sent and what Google's own tools added to it, cached tokens apart;
 * the output includes the thoughts. Undefined where nothing was counted.
 */
export function decodeUsage(metadata: JsonObject): Partial<Usage> | undefined {
  const { promptTokenCount, candidatesTokenCount, thoughtsTokenCount } = metadata;
  if (typeof promptTokenCount !== 'number' && typeof candidatesTokenCount !== 'number') return undefined;
  const read = tokenCount(metadata.cachedContentTokenCount);
  const prompt = tokenCount(promptTokenCount) + tokenCount(metadata.toolUsePromptTokenCount);
  const thoughts = tokenCount(thoughtsTokenCount);
  return {
    input_tokens: Math.max(0, prompt - read),
    cache_read_input_tokens: read,
    output_tokens: tokenCount(candidatesTokenCount) + thoughts,
    ...(thoughts > 0 ? { output_tokens_details: { thinking_tokens: thoughts } } : {}),
  };
}
