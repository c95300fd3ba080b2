import { blocksOf, type ContentBlock, isJsonObject, type MessagesRequest } from '../protocol/messages.ts';

type Headers = Readonly<Record<string, string>>;

/** True for a request of Claude Code, by its headers, its `metadata.user_id` or the first line of its system text. */
export function isFromClaudeCode(request: MessagesRequest, headers: Headers): boolean {
  if (headers['x-claude-code-session-id'] !== undefined || /^claude-cli\//.test(headers['user-agent'] ?? ''))
    return true;
  const userId = isJsonObject(request.metadata) ? request.metadata.user_id : undefined;
  if (typeof userId === 'string' && /"session_id"|_session_/.test(userId)) return true;
  return billingLine(request) !== undefined;
}

/** True for a subagent's request: by its header, or by the mark in the first line of the system text. */
export function isSubagentRequest(request: MessagesRequest, headers: Headers): boolean {
  if (headers['x-claude-code-agent-id']) return true;
  return /\bcc_is_subagent=true\b/.test(billingLine(request) ?? '');
}

/**
 * True for what the client asks for by itself, such as a title for the session: by its form, never by the model's name. Small
 * fields are looked at first: most requests need no other.
 */
export function isBackgroundRequest(request: MessagesRequest): boolean {
  const isProbe = request.max_tokens === 1;
  if (!isProbe && !asksForSmallAnswer(request)) return false;
  if (Array.isArray(request.tools) && request.tools.length > 0) return false;
  const asked = request.messages.filter(({ role }) => role !== 'system');
  if (asked.length !== 1) return false;
  return (isProbe && blocksOf(asked[0]!.content)[0]?.text === 'quota') || asksForSmallAnswer(request);
}

/** True where the answer shall have the form of what the client has answered about its own session. */
function asksForSmallAnswer(request: MessagesRequest): boolean {
  const format = isJsonObject(request.output_config) ? request.output_config.format : undefined;
  if (!isJsonObject(format) || format.type !== 'json_schema' || !isJsonObject(format.schema)) return false;
  const names = isJsonObject(format.schema.properties) ? Object.keys(format.schema.properties) : [];
  return names.length > 0 && names.every((name) => smallAnswers.has(name));
}

const smallAnswers = new Set(['title', 'branch', 'isNewTopic']);

/** True for a request that offers the provider's own web search. */
export function isWebSearchRequest(request: MessagesRequest): boolean {
  if (!Array.isArray(request.tools)) return false;
  return request.tools.some((tool) => isJsonObject(tool) && /^web_search(_|$)/.test(String(tool.type ?? '')));
}

/** True where one of the messages holds an image, in a tool result too. */
export function holdsImages(request: MessagesRequest, end: number): boolean {
  return request.messages.slice(0, end).some(({ content }) => Array.isArray(content) && blocksHoldImage(content, 0));
}

function blocksHoldImage(blocks: readonly ContentBlock[], depth: number): boolean {
  return blocks.some((block) => {
    if (!isJsonObject(block)) return false;
    if (block.type === 'image') return true;
    return depth < 3 && Array.isArray(block.content) && blocksHoldImage(block.content as ContentBlock[], depth + 1);
  });
}

/** The effort asked for: the latest that a system message of the turn sets, else the request's. */
export function effortOf(request: MessagesRequest, end: number): string | undefined {
  const own = request.messages.slice(0, end).findLast((message) => {
    return (
      message.role === 'system' && isJsonObject(message.output_config) && message.output_config.effort !== undefined
    );
  });
  const effort = ((own?.output_config ?? request.output_config) as { effort?: unknown } | undefined)?.effort;
  return typeof effort === 'string' ? effort : undefined;
}

/** Text of the top-level system prompt. */
export function systemText(request: MessagesRequest): string {
  return blocksOf(request.system)
    .map((block) => (typeof block.text === 'string' ? block.text : ''))
    .join('\n');
}

/** Claude Code's first line, `x-anthropic-billing-header: cc_version=…; cc_is_subagent=true;`. */
function billingLine(request: MessagesRequest): string | undefined {
  const text = blocksOf(request.system)[0]?.text;
  return typeof text === 'string' && text.startsWith('x-anthropic-billing-header:') ? text : undefined;
}
