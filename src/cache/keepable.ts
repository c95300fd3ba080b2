import type { ContentBlock, Message } from '../protocol/messages.ts';

/** True for an answer that ended by itself: neither refused nor cut by a limit, nor waiting to be gone on with. */
export function isKeepable({ content, stop_reason }: Message): boolean {
  if (!endings.has(stop_reason ?? '') || content.length === 0) return false;
  return content.every((block) => repeatable.test(block.type) && isWhole(block));
}

const endings: ReadonlySet<string> = new Set(['end_turn', 'stop_sequence', 'tool_use']);

/** The blocks that a stream can bring and that are known to be the same when it is told again. */
const repeatable = /^(text|thinking|redacted_thinking|(server_|mcp_)?tool_use|.*_tool_result)$/;

function isWhole(block: ContentBlock): boolean {
  return !/tool_use$/.test(block.type) || (typeof block.input === 'object' && block.input !== null);
}
