import { blocksOf, type ContentBlock, type InputMessage, type MessagesRequest } from '../protocol/messages.ts';
import { isInterruption, isPromptCommand, isSummaryRequest, personsPart } from './client-text.ts';

/** The latest that a person typed, and where. */
export interface HumanTurn {
  text: string;
  /** Of the message that holds the text; -1 where nobody typed anything. */
  index: number;
  /** Where the turn's own conversation ends: the model's answers and their tool results begin here. */
  end: number;
}

/**
 * Finds the latest text that the person typed: not in system messages, tool results or behind them, and without what the
 * client adds by itself. It stays the same through all calls of an agent's loop.
 */
export function latestHumanTurn(request: MessagesRequest, fromClaudeCode: boolean): HumanTurn {
  const { messages } = request;
  for (let index = messages.length - 1; index >= 0; index -= 1) {
    const text = humanTextOf(messages[index]!, fromClaudeCode);
    if (text !== '') return { text, index, end: turnEnd(messages, index) };
  }
  return { text: '', index: -1, end: messages.length };
}

/** The first text that the person typed; a subagent's task is one. */
export function firstHumanText(request: MessagesRequest, fromClaudeCode: boolean): string {
  for (const message of request.messages) {
    const text = humanTextOf(message, fromClaudeCode);
    if (text !== '') return text;
  }
  return '';
}

function humanTextOf(message: InputMessage, fromClaudeCode: boolean): string {
  if (message.role !== 'user') return '';
  if (typeof message.content === 'string') return personsPart(message.content);
  const blocks = blocksOf(message.content);
  const parts: string[] = [];
  let skipsNext = false;
  for (const { text } of typedBlocks(blocks, fromClaudeCode)) {
    if (typeof text !== 'string') continue;
    if (fromClaudeCode && parts.length > 0 && isSummaryRequest(text)) break;
    const part = skipsNext ? '' : personsPart(text);
    if (part !== '') parts.push(part);
    // The text behind a command is the prompt that it stands for.
    skipsNext = isPromptCommand(text);
  }
  return parts.join('\n');
}

/**
 * Claude Code writes by itself behind tool results, unless the person interrupted it there; other clients let the person's
 * next message follow them.
 */
function typedBlocks(blocks: readonly ContentBlock[], fromClaudeCode: boolean): ContentBlock[] {
  const texts = blocks.filter((block) => block.type === 'text');
  if (!fromClaudeCode || !blocks.some((block) => block.type === 'tool_result')) return texts;
  const mark = texts.findIndex((block) => typeof block.text === 'string' && isInterruption(block.text));
  return mark === -1 ? [] : texts.slice(mark);
}

/** System messages right behind the person's belong to the turn. */
function turnEnd(messages: readonly InputMessage[], index: number): number {
  let end = index + 1;
  while (end < messages.length && messages[end]!.role === 'system') end += 1;
  return end;
}
