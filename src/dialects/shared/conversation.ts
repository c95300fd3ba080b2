import { Failure } from '../../call/failure.ts';
import {
  blocksOf,
  type ContentBlock,
  type DocumentBlock,
  type ImageBlock,
  type InputMessage,
  isJsonObject,
  type MessagesRequest,
  type RedactedThinkingBlock,
  type TextBlock,
  type ThinkingBlock,
  type ToolResultBlock,
  type ToolUseBlock,
} from '../../protocol/messages.ts';
import { isAttribution } from './attribution.ts';
import { documentBlocks, resultText, searchResultText, serverToolText } from './block-texts.ts';
import { isRouterSignature } from './reasoning-state.ts';
import { warn } from './warnings.ts';

/** A conversation as every provider but Anthropic can take it: only texts, media, calls, their results, own reasoning. */
export interface Conversation {
  /** The leading system texts, in order, without empty ones and without the client's attribution line. */
  system: TextBlock[];
  turns: Turn[];
}

export type Turn = UserTurn | AssistantTurn | SystemTurn;

/** What a user turn may hold beside results. A document is a PDF or an address; texts are text blocks already. */
export type UserBlock = TextBlock | ImageBlock | DocumentBlock;

/** What an assistant turn may hold. Reasoning is only such as the router minted, for whichever provider. */
export type AssistantBlock = TextBlock | ThinkingBlock | RedactedThinkingBlock | ToolUseBlock;

export interface UserTurn {
  role: 'user';
  /** The answers to all calls of the assistant turn before, in the order of the calls. */
  results: ToolOutcome[];
  blocks: UserBlock[];
}

export interface AssistantTurn {
  role: 'assistant';
  blocks: AssistantBlock[];
}

/** A system message in mid-conversation; never the first turn. */
export interface SystemTurn {
  role: 'system';
  text: string;
}

export interface ToolOutcome {
  call: ToolUseBlock;
  /** Empty only where there is media. */
  text: string;
  media: (ImageBlock | DocumentBlock)[];
  isError: boolean;
  /** The client's cache mark on this result. */
  cacheControl?: unknown;
}

/**
 * The request's messages in the order that strict providers want: neighbours of a role merged, nothing empty, every
 * call answered exactly once and directly behind its turn. The same beginning of a conversation always gives the same
 * turns. Throws Failure `not-expressible` for what only Anthropic's servers hold.
 */
export function readConversation(request: MessagesRequest, warnings: string[]): Conversation {
  const { system, messages, index } = openConversation(request, warnings);
  return { system, turns: readTurns(messages, index, warnings) };
}

/** A conversation whose turns are not read yet. */
export interface OpenedConversation extends Pick<Conversation, 'system'> {
  /** From the first that is no leading system message on. */
  messages: InputMessage[];
  /** The place of the first of them. */
  index: number;
}

/** The system texts of a conversation, and the messages that hold its turns. Throws Failure as `readConversation` does. */
export function openConversation(request: MessagesRequest, warnings: string[]): OpenedConversation {
  refuseServerState(request);
  const messages = request.messages.filter(isJsonObject);
  const system = systemTexts(request.system);
  for (const [index, message] of messages.entries()) {
    for (const entry of readMessage(message, index, warnings)) {
      if (entry.role !== 'system') return { system, messages: messages.slice(index), index };
      system.push({ type: 'text', text: entry.text });
    }
  }
  return { system, messages: [], index: messages.length };
}

/** The turns of messages that stand together; `index` is the place of the first one, for what a Failure says. */
export function readTurns(messages: readonly InputMessage[], index: number, warnings: string[]): Turn[] {
  return paired(merged(messages.flatMap((message, at) => readMessage(message, index + at, warnings))));
}

/** Ids of the tool calls that stand in the conversation. */
export function usedToolIds({ messages }: MessagesRequest): Set<string> {
  const ids = new Set<string>();
  for (const message of messages) {
    if (!Array.isArray(message?.content)) continue;
    for (const block of message.content)
      if (block?.type === 'tool_use' && typeof block.id === 'string') ids.add(block.id);
  }
  return ids;
}

type Entry = { role: 'user'; blocks: (UserBlock | ToolResultBlock)[] } | AssistantTurn | SystemTurn;

function refuseServerState(request: MessagesRequest): void {
  if (isJsonObject(request.thread) && request.thread.type === 'continue') {
    throw new Failure(
      'not-expressible',
      'thread.type "continue": the history is at Anthropic, so no other provider can go on; send the whole history in messages',
    );
  }
  if (Array.isArray(request.mcp_servers) && request.mcp_servers.length > 0) {
    throw new Failure(
      'not-expressible',
      "mcp_servers: only Anthropic's servers call MCP servers; offer their tools in tools, and run them at the client",
    );
  }
  if (isJsonObject(request.compaction)) {
    throw new Failure(
      'not-expressible',
      'compaction: only Anthropic makes compaction blocks; ask for a summary in a message',
    );
  }
}

function systemTexts(system: unknown): TextBlock[] {
  return blocksOf(system).filter(
    (block): block is TextBlock => isText(block) && block.text !== '' && !isAttribution(block),
  );
}

function readMessage(message: InputMessage, index: number, warnings: string[]): Entry[] {
  const blocks = blocksOf(message.content);
  const path = `messages.${index}`;
  if (message.role === 'system') {
    const texts = blocks.filter(isText).map((block) => block.text);
    const text = texts.filter((part) => part !== '').join('\n\n');
    return text === '' ? [] : [{ role: 'system', text }];
  }
  if (message.role === 'assistant') {
    const kept = assistantBlocks(blocks, warnings);
    return kept.length === 0 ? [] : [{ role: 'assistant', blocks: kept }];
  }
  const kept = blocks.flatMap((block): (UserBlock | ToolResultBlock)[] =>
    isToolResult(block) ? [block] : userBlocks(block, path, warnings),
  );
  return kept.length === 0 ? [] : [{ role: 'user', blocks: kept }];
}

function merged(entries: Entry[]): Entry[] {
  const result: Entry[] = [];
  for (const entry of entries) {
    const last = result.at(-1);
    if (last?.role === 'user' && entry.role === 'user') last.blocks.push(...entry.blocks);
    else if (last?.role === 'assistant' && entry.role === 'assistant') last.blocks.push(...entry.blocks);
    else result.push(entry);
  }
  return result;
}

function paired(entries: Entry[]): Turn[] {
  const turns: Turn[] = [];
  let start = 0;
  while (start < entries.length) {
    const entry = entries[start]!;
    const calls = entry.role === 'assistant' ? entry.blocks.filter(isToolUse) : [];
    if (entry.role === 'assistant') turns.push(entry);
    const from = entry.role === 'assistant' ? start + 1 : start;
    let end = from;
    while (end < entries.length && entries[end]!.role !== 'assistant') end += 1;
    turns.push(...answered(calls, entries.slice(from, end) as Exclude<Entry, AssistantTurn>[]));
    start = end;
  }
  return turns;
}

/** What stands between two assistant turns, the results of the first one's calls in front. */
function answered(calls: ToolUseBlock[], followers: Exclude<Entry, AssistantTurn>[]): Turn[] {
  const unclaimed = followers.flatMap((entry) => (entry.role === 'user' ? entry.blocks.filter(isToolResult) : []));
  const results = calls.map((call) => {
    const found = unclaimed.findIndex((result) => result.tool_use_id === call.id);
    return outcome(call, found === -1 ? undefined : unclaimed.splice(found, 1)[0]);
  });
  const turns = followers.flatMap((entry): Turn[] => {
    if (entry.role === 'system') return [entry];
    const blocks = entry.blocks.flatMap((block) => {
      if (!isToolResult(block)) return [block];
      return unclaimed.includes(block) ? orphanBlocks(block) : [];
    });
    return blocks.length === 0 ? [] : [{ role: 'user', results: [], blocks }];
  });
  if (results.length === 0) return turns;
  const [first, ...rest] = turns;
  return first?.role === 'user' ? [{ ...first, results }, ...rest] : [{ role: 'user', results, blocks: [] }, ...turns];
}

function outcome(call: ToolUseBlock, result: ToolResultBlock | undefined): ToolOutcome {
  if (!result) return { call, text: '[Tool call was interrupted; no result]', media: [], isError: false };
  const { text, media } = resultParts(result);
  return {
    call,
    text: text === '' && media.length === 0 ? '(no output)' : text,
    media,
    isError: result.is_error === true,
    ...(result.cache_control ? { cacheControl: result.cache_control } : {}),
  };
}

function orphanBlocks(result: ToolResultBlock): UserBlock[] {
  const { text, media } = resultParts(result);
  const shown = text === '' && media.length === 0 ? '(no output)' : text;
  return [{ type: 'text', text: `Result of an earlier tool call: ${shown}` }, ...media];
}

function resultParts(result: ToolResultBlock): { text: string; media: (ImageBlock | DocumentBlock)[] } {
  const texts: string[] = [];
  const media: (ImageBlock | DocumentBlock)[] = [];
  for (const block of blocksOf(result.content)) {
    if (isImage(block)) media.push(withInlineSource(block, `tool_result ${result.tool_use_id}`));
    else if (isDocument(block)) {
      for (const part of documentBlocks(withInlineSource(block, `tool_result ${result.tool_use_id}`))) {
        if (part.type === 'text') texts.push(part.text);
        else media.push(part);
      }
    } else texts.push(resultText(block));
  }
  return { text: texts.filter((text) => text !== '').join('\n'), media };
}

function userBlocks(block: ContentBlock, path: string, warnings: string[]): UserBlock[] {
  if (isText(block)) return block.text === '' ? [] : [block];
  if (isImage(block)) return [withInlineSource(block, path)];
  if (isDocument(block)) return documentBlocks(withInlineSource(block, path));
  if (block.type === 'search_result') return [{ type: 'text', text: searchResultText(block) }];
  if (block.type === 'compaction') return summary(block);
  if (block.type === 'container_upload') {
    throw new Failure(
      'not-expressible',
      `${path}: container_upload needs Anthropic's file store; send the file as text or base64`,
    );
  }
  warn(warnings, `content block ${block.type} dropped: not supported`);
  return [];
}

function assistantBlocks(blocks: ContentBlock[], warnings: string[]): AssistantBlock[] {
  return blocks.flatMap((block): AssistantBlock[] => {
    if (isText(block)) return block.text === '' ? [] : [block];
    if (isToolUse(block)) return [block];
    if (block.type === 'thinking') return isRouterSignature(block.signature) ? [block as ThinkingBlock] : [];
    if (block.type === 'redacted_thinking')
      return isRouterSignature(block.data) ? [block as RedactedThinkingBlock] : [];
    if (block.type === 'compaction') return summary(block);
    if (block.type === 'fallback') return [];
    const text = serverToolText(block, blocks);
    if (text === undefined) warn(warnings, `content block ${block.type} dropped: not supported`);
    return text ? [{ type: 'text', text }] : [];
  });
}

function summary(block: ContentBlock): TextBlock[] {
  return typeof block.content === 'string' && block.content !== '' ? [{ type: 'text', text: block.content }] : [];
}

function withInlineSource<Block extends ImageBlock | DocumentBlock>(block: Block, path: string): Block {
  if (isJsonObject(block.source) && block.source.type !== 'file') return block;
  throw new Failure(
    'not-expressible',
    `${path}: the ${block.type} is in Anthropic's file store (source.type "file"), where no other provider can read it; send it as base64 or url`,
  );
}

function isText(block: ContentBlock): block is TextBlock {
  return block.type === 'text' && typeof block.text === 'string';
}

function isImage(block: ContentBlock): block is ImageBlock {
  return block.type === 'image';
}

function isDocument(block: ContentBlock): block is DocumentBlock {
  return block.type === 'document';
}

function isToolUse(block: ContentBlock): block is ToolUseBlock {
  return block.type === 'tool_use' && typeof block.id === 'string' && typeof block.name === 'string';
}

function isToolResult(block: ContentBlock): block is ToolResultBlock {
  return block.type === 'tool_result';
}
