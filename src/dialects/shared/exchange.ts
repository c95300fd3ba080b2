import type { EncodeInput, Exchange } from '../dialect.ts';
import { usedToolIds } from './conversation.ts';
import { changedNames, type FunctionTool, schemasOf } from './tools.ts';

/** What decoding the reply of a translated request needs. `enforced` are the stop sequences that the upstream is not told. */
export function exchangeFor(
  input: EncodeInput,
  functions: readonly FunctionTool[],
  enforced: readonly string[] = [],
): Exchange {
  return {
    callId: input.callId,
    provider: input.provider,
    model: input.model,
    quirks: input.quirks,
    usedToolIds: usedToolIds(input.request),
    toolNames: changedNames(functions),
    toolSchemas: schemasOf(functions),
    stopSequences: enforced,
    promptTokens: input.abilities.promptTokens,
    passThrough: false,
  };
}
