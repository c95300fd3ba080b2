import { type ContentBlock, isJsonObject, type JsonObject } from '../../protocol/messages.ts';

/**
 * An entry of `reasoning_details`, a field that clients give back: `reasoning.text` with text and signature of a thinking
 * block, or `reasoning.encrypted` with the data of one that is hidden. `index` is the block's place in its message.
 */
export function detailOfBlock(block: ContentBlock, index: number): JsonObject | undefined {
  if (block.type === 'thinking') {
    return { type: 'reasoning.text', text: block.thinking, signature: block.signature ?? '', index };
  }
  return block.type === 'redacted_thinking' ? { type: 'reasoning.encrypted', data: block.data, index } : undefined;
}

/**
 * The blocks of an assistant's message with its reasoning in its place. Reasoning without a signature is left out: no
 * provider takes it back.
 */
export function withReasoning(blocks: readonly ContentBlock[], message: JsonObject): ContentBlock[] {
  const { reasoning_details: details } = message;
  const thinking = (Array.isArray(details) ? details : []).filter(isJsonObject).flatMap(blockOfDetail);
  const rest = [...blocks];
  const result: ContentBlock[] = [];
  for (const { index, block } of thinking) {
    while (result.length < index && rest.length > 0) result.push(rest.shift()!);
    result.push(block);
  }
  return [...result, ...rest];
}

function blockOfDetail({ type, text, signature, data, index }: JsonObject): { index: number; block: ContentBlock }[] {
  const place = typeof index === 'number' ? index : 0;
  if (type === 'reasoning.text' && typeof signature === 'string' && signature !== '') {
    const thinking = typeof text === 'string' ? text : '';
    return [{ index: place, block: { type: 'thinking', thinking, signature } }];
  }
  if (type !== 'reasoning.encrypted' || typeof data !== 'string') return [];
  return [{ index: place, block: { type: 'redacted_thinking', data } }];
}
