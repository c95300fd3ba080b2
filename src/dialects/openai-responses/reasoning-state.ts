import { isJsonObject, type JsonObject } from '../../protocol/messages.ts';
import type { Exchange } from '../dialect.ts';
import type { AssistantBlock } from '../shared/conversation.ts';
import { isOwnReasoning, packReasoning, unpackReasoning } from '../shared/reasoning-state.ts';
import type { TurnInput } from '../shared/stretches.ts';
import type { ReasoningItem } from './wire.ts';

/** What a thinking block's signature holds, so that the reasoning item goes back exactly as it came. */
export interface ResponsesState {
  id?: string;
  encrypted?: string;
  /** Where the text stood: in the summary, or in the content. */
  source?: 'summary' | 'content';
  /** How many characters each part of the text has, where there are several; a blank line stands between them. */
  parts?: number[];
  /** The kind of item that came behind: reasoning without the item that follows it is refused. */
  next?: string;
  /** The phase of the message behind: `commentary`, `final_answer`. */
  phase?: string;
}

export const partSeparator = '\n\n';

export function signatureOf(state: ResponsesState, { provider, model }: Exchange): string {
  return packReasoning({ provider, model, state: { ...state } });
}

/** The state that this provider's model put into the block; undefined where there is none. */
export function ownState(block: AssistantBlock, { provider, model }: TurnInput): ResponsesState | undefined {
  const minted = block.type === 'thinking' ? unpackReasoning(block.signature) : undefined;
  if (!minted || !isOwnReasoning(minted, provider, model)) return undefined;
  const { id, encrypted, source, parts, next, phase } = minted.state;
  return {
    ...(typeof id === 'string' ? { id } : {}),
    ...(typeof encrypted === 'string' ? { encrypted } : {}),
    ...(source === 'summary' || source === 'content' ? { source } : {}),
    ...(Array.isArray(parts) ? { parts: parts.map(Number) } : {}),
    ...(typeof next === 'string' ? { next } : {}),
    ...(typeof phase === 'string' ? { phase } : {}),
  };
}

/**
 * The item to send back; undefined where the service, which keeps nothing, could not read it: a summary alone says nothing
 * to it, only the encrypted reasoning or the model's own words do.
 */
export function reasoningItem(text: string, state: ResponsesState): ReasoningItem | undefined {
  const { id, encrypted, source } = state;
  if (encrypted === undefined && (source !== 'content' || text === '')) return undefined;
  const texts = text === '' ? [] : partsOf(text, state.parts);
  return {
    type: 'reasoning',
    ...(id === undefined ? {} : { id }),
    summary: source === 'content' ? [] : texts.map((part) => ({ type: 'summary_text', text: part })),
    ...(source === 'content' ? { content: texts.map((part) => ({ type: 'reasoning_text', text: part })) } : {}),
    ...(encrypted === undefined ? {} : { encrypted_content: encrypted }),
  };
}

/** The text of the parts as they came; one part where the client changed the text. */
function partsOf(text: string, lengths: readonly number[] = []): string[] {
  const parts: string[] = [];
  let start = 0;
  for (const length of lengths) {
    parts.push(text.slice(start, start + length));
    start += length + partSeparator.length;
  }
  return parts.join(partSeparator) === text ? parts : [text];
}

/** The objects of a value that should be an array of them. */
export function objectsOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
