import { isJsonObject, type JsonObject } from '../../protocol/messages.ts';
import type { AssistantBlock } from '../shared/conversation.ts';
import { isOwnReasoning, unpackReasoning } from '../shared/reasoning-state.ts';
import type { TurnInput } from '../shared/stretches.ts';
import type { ChatReasoningState } from './reasoning.ts';

/** What goes back of an assistant turn's own reasoning. */
export interface Replay {
  /** Fields of the assistant message. */
  fields: JsonObject;
  /** `extra_content` for each tool call, by its position in the turn. */
  callExtras: unknown[];
}

/** Gives the server back what it minted; reasoning of other providers and models is left out. */
export function replayReasoning(blocks: readonly AssistantBlock[], input: TurnInput): Replay {
  const callExtras: unknown[] = [];
  const details: JsonObject[] = [];
  const texts: string[] = [];
  let key: string | undefined;
  let calls = 0;
  for (const block of blocks) {
    if (block.type === 'tool_use') calls += 1;
    const state = stateOf(block, input);
    if (!state) continue;
    key = state.key ?? key;
    details.push(...(state.details ?? []));
    for (const [index, extra] of (state.calls ?? []).entries()) callExtras[calls + index] = extra;
    if (block.type === 'thinking') texts.push(block.thinking);
  }
  return { fields: fieldsFor(input, { key, details, text: texts.join(''), hasCalls: calls > 0 }), callExtras };
}

interface OwnReasoning {
  key: string | undefined;
  details: JsonObject[];
  text: string;
  hasCalls: boolean;
}

function fieldsFor({ quirks }: TurnInput, { key, details, text, hasCalls }: OwnReasoning): JsonObject {
  switch (quirks.reasoningReplay) {
    case 'none':
      return {};
    case 'reasoning_details':
      return details.length > 0 ? { reasoning_details: details } : {};
    case 'reasoning':
      return hasCalls && text !== '' ? { [key ?? 'reasoning']: text } : {};
    case 'reasoning_content':
      return hasCalls ? { [key ?? 'reasoning_content']: text } : {};
  }
}

function stateOf(block: AssistantBlock, { provider, model }: TurnInput): ChatReasoningState | undefined {
  const minted = block.type === 'thinking' ? unpackReasoning(block.signature) : undefined;
  if (!minted || !isOwnReasoning(minted, provider, model)) return undefined;
  const { key, details, calls } = minted.state;
  return {
    ...(key === 'reasoning' || key === 'reasoning_content' ? { key } : {}),
    ...(Array.isArray(details) ? { details: details.filter(isJsonObject) } : {}),
    ...(Array.isArray(calls) ? { calls } : {}),
  };
}
