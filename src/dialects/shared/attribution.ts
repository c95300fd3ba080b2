import { isJsonObject } from '../../protocol/messages.ts';

/**
 * True for Claude Code's attribution block: the first system block, a line for Anthropic alone. It differs between
 * sessions, so at any other provider it would spoil prompt caches.
 */
export function isAttribution(block: unknown): boolean {
  return (
    isJsonObject(block) &&
    block.type === 'text' &&
    typeof block.text === 'string' &&
    block.text.startsWith('x-anthropic-billing-header:')
  );
}
