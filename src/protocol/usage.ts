import { isJsonObject, type Usage } from './messages.ts';

/** No tokens at all. */
export function emptyUsage(): Usage {
  return { input_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 0 };
}

/**
 * Usage as a client folds it: a later report replaces an earlier one field by field where it has a value.
 * Counts are cumulative, so nothing is summed. A later 0 does not erase, unless the report is one of a prompt: then it
 * says that nothing of the prompt was cached.
 */
export function mergeUsage(earlier: Usage, later: unknown): Usage {
  if (!isJsonObject(later)) return earlier;
  const merged: Usage = { ...earlier };
  const tellsPrompt = promptFields.some((name) => tokenCount(later[name]) > 0);
  for (const [name, value] of Object.entries(later)) {
    if (value === null || value === undefined) continue;
    const isNothing = value === 0 && typeof merged[name] === 'number';
    if (isNothing && !(tellsPrompt && promptFields.includes(name))) continue;
    merged[name] = value;
  }
  return merged;
}

const promptFields = ['input_tokens', 'cache_read_input_tokens', 'cache_creation_input_tokens'];

/** A token count as a number of at least 0; anything else is 0. */
export function tokenCount(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.round(value) : 0;
}

/** Tokens of the whole prompt: read from a cache, written to one, and neither. */
export function promptTokensOf(usage: Usage): number {
  return (
    tokenCount(usage.input_tokens) +
    tokenCount(usage.cache_read_input_tokens) +
    tokenCount(usage.cache_creation_input_tokens)
  );
}

/** The usage of two answers together: counts are summed, everything else is the later one's. */
export function addUsage(one: Usage, other: Usage): Usage {
  const sum: Usage = { ...one, ...other };
  for (const [name, value] of Object.entries(one)) {
    const added = other[name];
    if (typeof value !== 'number') continue;
    sum[name] = value + (typeof added === 'number' ? added : 0);
  }
  return sum;
}
