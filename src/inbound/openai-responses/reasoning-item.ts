import { type ContentBlock, isJsonObject, type JsonObject } from '../../protocol/messages.ts';
import { parseJson } from '../../protocol/stream-event.ts';

const prefix = 'ccr1.';

/**
 * A reasoning item for a thinking block. `encrypted_content`, which clients give back, holds the block itself: the summary
 * is only for show.
 */
export function reasoningItem(id: string, block: ContentBlock): JsonObject {
  const text = typeof block.thinking === 'string' ? block.thinking : '';
  return {
    id,
    type: 'reasoning',
    summary: text === '' ? [] : [{ type: 'summary_text', text }],
    encrypted_content: pack(block),
    status: 'completed',
  };
}

/** The thinking block of a reasoning item; undefined where another service made it. */
export function blockOfReasoning({ encrypted_content: packed }: JsonObject): ContentBlock | undefined {
  if (typeof packed !== 'string' || !packed.startsWith(prefix)) return undefined;
  const state = parseJson(Buffer.from(packed.slice(prefix.length), 'base64url').toString('utf8'));
  if (!isJsonObject(state)) return undefined;
  if (typeof state.data === 'string') return { type: 'redacted_thinking', data: state.data };
  if (typeof state.thinking !== 'string' || typeof state.signature !== 'string') return undefined;
  return { type: 'thinking', thinking: state.thinking, signature: state.signature };
}

function pack({ type, data, thinking, signature }: ContentBlock): string {
  const state = type === 'redacted_thinking' ? { data } : { thinking, signature };
  return `${prefix}${Buffer.from(JSON.stringify(state)).toString('base64url')}`;
}
