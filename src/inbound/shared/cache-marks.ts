import { type ContentBlock, isJsonObject, type JsonObject, type MessagesRequest } from '../../protocol/messages.ts';

/** Anthropic refuses more. */
const maxMarks = 4;

/**
 * The request with cache marks at the end of its instructions (or tools) and of its last message, since OpenAI's clients
 * expect their prompts to be cached and have no word for it. The client's own marks stay; there are never more than four.
 */
export function withCacheMarks(request: MessagesRequest): MessagesRequest {
  let left = maxMarks - countMarks(request);
  const marked = { ...request };
  const mark = (name: 'system' | 'tools') => {
    const list = request[name];
    if (left <= 0 || !Array.isArray(list) || list.length === 0) return false;
    const last = list.at(-1) as JsonObject;
    if (last.cache_control === undefined) left -= 1;
    Object.assign(marked, {
      [name]: [...list.slice(0, -1), { ...last, cache_control: last.cache_control ?? fiveMinutes }],
    });
    return true;
  };
  if (!mark('system')) mark('tools');
  const last = request.messages.findLastIndex((message) => message.role === 'user');
  const message = request.messages[last];
  if (left <= 0 || !message || typeof message.content === 'string') return marked;
  marked.messages = request.messages.with(last, { ...message, content: markedBlocks(message.content) });
  return marked;
}

const fiveMinutes = { type: 'ephemeral' };

function markedBlocks(blocks: readonly ContentBlock[]): ContentBlock[] {
  const last = blocks.at(-1);
  if (!last || last.cache_control !== undefined) return [...blocks];
  return [...blocks.slice(0, -1), { ...last, cache_control: fiveMinutes }];
}

function countMarks({ system, tools, messages }: MessagesRequest): number {
  const lists = [system, tools, ...messages.map((message) => message.content)];
  const blocks = lists.flatMap((list) => (Array.isArray(list) ? (list as unknown[]) : [])).filter(isJsonObject);
  const inner = blocks.flatMap((block) => (Array.isArray(block.content) ? (block.content as unknown[]) : []));
  return [...blocks, ...inner.filter(isJsonObject)].filter((block) => isJsonObject(block.cache_control)).length;
}
