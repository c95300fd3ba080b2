import { StreamGrammar } from '../../src/protocol/grammar.ts';
import { MessageBuilder } from '../../src/protocol/message-builder.ts';
import type { ContentBlock, StreamEventData } from '../../src/protocol/messages.ts';
import { fallbackText } from './fallback.ts';

/** What a client got of an answer whose upstream died. */
export interface Got {
  events: readonly StreamEventData[];
  /** The error that it got instead of a stream. */
  refused?: string;
  /** True where the second target was asked. */
  saved: boolean;
  /** What the second target was told was said. */
  said?: string;
}

/** What is wrong with it, where `whole` is the answer as it comes without a fault; empty where nothing is. */
export function judge(got: Got, whole: readonly StreamEventData[], fallback: boolean): string[] {
  if (got.refused !== undefined) return fallback ? [`refused: ${got.refused}`] : [];
  const { content, wrong, ended } = readEvents(got.events);
  const full = readEvents(whole).content;
  const before = content.text.slice(0, content.text.length - fallbackText.length);
  if (ended === 'error') {
    if (fallback) wrong.push('ended in an error although another target was left');
    if (!full.text.startsWith(content.text)) wrong.push('text that nobody said');
  } else if (!got.saved) {
    if (JSON.stringify(content) !== JSON.stringify(full)) wrong.push('an answer passed off as whole that is not');
  } else {
    if (content.text !== before + fallbackText) wrong.push('what the second target said is not all there');
    if (!full.text.startsWith(before)) wrong.push('text that the first target did not say');
    if (before.trimEnd() !== (got.said ?? '')) wrong.push('the second target was not told what was said');
    if (content.tools.length > 0) wrong.push('a tool call in front of what the second target said');
  }
  const made = new Set(full.tools.map((tool) => JSON.stringify(tool)));
  if (content.tools.some((tool) => !made.has(JSON.stringify(tool)))) wrong.push('a tool call that was not made');
  return wrong;
}

/** What a client could use of a stream: all text, and the tool calls among the blocks that were closed. */
function readEvents(events: readonly StreamEventData[]) {
  const grammar = new StreamGrammar();
  const builder = new MessageBuilder();
  for (const event of events) {
    grammar.add(event);
    builder.add(event);
  }
  const wrong = [...grammar.finish()];
  const closed = events.filter(({ type }) => type === 'content_block_stop').length;
  const blocks: ContentBlock[] = builder.message?.content ?? [];
  const text = blocks.map((block) => (block.type === 'text' ? String(block.text ?? '') : '')).join('');
  const tools = blocks
    .slice(0, closed)
    .filter(({ type }) => type === 'tool_use')
    .map(({ name, input }) => ({ name, input }));
  return { content: { text, tools }, wrong, ended: grammar.ended };
}
