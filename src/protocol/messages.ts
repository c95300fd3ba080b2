/**
 * The Anthropic Messages form, the router's neutral form. Types say what the router reads; whatever else a client or a
 * provider sends stays in place, so every object is open.
 */

/** A JSON object of unknown shape. */
export type JsonObject = { [key: string]: unknown };

/** The body of `POST /v1/messages`. Only `model` and `messages` are checked by the router. */
export interface MessagesRequest extends JsonObject {
  model: string;
  messages: InputMessage[];
  system?: string | ContentBlock[];
  max_tokens?: number;
  stream?: boolean;
  stop_sequences?: string[];
  temperature?: number;
  top_p?: number;
  top_k?: number;
  tools?: ToolDefinition[];
  tool_choice?: ToolChoice;
  thinking?: ThinkingSetting;
  output_config?: OutputConfig;
  metadata?: { user_id?: string | null } & JsonObject;
}

/** One turn. `system` may stand anywhere in `messages`; its content may be a string, an array or an empty array. */
export interface InputMessage extends JsonObject {
  role: 'user' | 'assistant' | 'system';
  content: string | ContentBlock[];
}

export interface OutputConfig extends JsonObject {
  effort?: string;
  format?: { type: string; schema?: JsonObject } & JsonObject;
}

export interface ThinkingSetting extends JsonObject {
  /** `enabled` (with a budget), `adaptive`, `disabled`, `between_tools`. */
  type: string;
  budget_tokens?: number;
  display?: string;
}

export interface ToolChoice extends JsonObject {
  type: 'auto' | 'any' | 'tool' | 'none';
  name?: string;
  disable_parallel_tool_use?: boolean;
}

/** A custom tool (`type` absent, null or `custom`) or a built-in one (`type` names it with its date). */
export interface ToolDefinition extends JsonObject {
  name: string;
  type?: string | null;
  description?: string;
  input_schema?: JsonObject;
  defer_loading?: boolean;
  strict?: boolean;
}

export interface TextBlock extends JsonObject {
  type: 'text';
  text: string;
}

export interface ThinkingBlock extends JsonObject {
  type: 'thinking';
  thinking: string;
  signature?: string;
}

export interface RedactedThinkingBlock extends JsonObject {
  type: 'redacted_thinking';
  data: string;
}

export interface ToolUseBlock extends JsonObject {
  type: 'tool_use';
  id: string;
  name: string;
  input: unknown;
}

export interface ToolResultBlock extends JsonObject {
  type: 'tool_result';
  tool_use_id: string;
  content?: string | ContentBlock[];
  is_error?: boolean;
}

/** Where the bytes of an image or document are: in place, at an address, or in the provider's file store. */
export interface MediaSource extends JsonObject {
  type: 'base64' | 'url' | 'file' | 'text' | 'content';
  media_type?: string;
  data?: string;
  url?: string;
  file_id?: string;
  content?: string | ContentBlock[];
}

export interface ImageBlock extends JsonObject {
  type: 'image';
  source: MediaSource;
}

export interface DocumentBlock extends JsonObject {
  type: 'document';
  source: MediaSource;
  title?: string | null;
  context?: string | null;
}

/** Any other block: server tools, their results, search results, compaction and what is yet to come. */
export interface OtherBlock extends JsonObject {
  type: string;
}

export type ContentBlock =
  | TextBlock
  | ThinkingBlock
  | RedactedThinkingBlock
  | ToolUseBlock
  | ToolResultBlock
  | ImageBlock
  | DocumentBlock
  | OtherBlock;

export type StopReason =
  | 'end_turn'
  | 'max_tokens'
  | 'stop_sequence'
  | 'tool_use'
  | 'pause_turn'
  | 'refusal'
  | 'model_context_window_exceeded'
  | 'compaction';

/** Tokens of one reply. The whole prompt is `input + cache_creation + cache_read`. */
export interface Usage extends JsonObject {
  input_tokens: number;
  output_tokens: number;
  cache_creation_input_tokens?: number | null;
  cache_read_input_tokens?: number | null;
}

/** The reply to a Messages call. */
export interface Message extends JsonObject {
  id: string;
  type: 'message';
  role: 'assistant';
  model: string;
  content: ContentBlock[];
  stop_reason: string | null;
  stop_sequence: string | null;
  usage: Usage;
}

export type Delta =
  | { type: 'text_delta'; text: string }
  | { type: 'thinking_delta'; thinking: string }
  | { type: 'signature_delta'; signature: string }
  | { type: 'input_json_delta'; partial_json: string }
  | { type: 'citations_delta'; citation: JsonObject };

/** What the `data:` of each event of a Messages stream holds. */
export type StreamEventData =
  | { type: 'message_start'; message: Message }
  | { type: 'content_block_start'; index: number; content_block: ContentBlock }
  | { type: 'content_block_delta'; index: number; delta: Delta }
  | { type: 'content_block_stop'; index: number }
  | { type: 'message_delta'; delta: MessageDelta; usage: Partial<Usage> }
  | { type: 'message_stop' }
  | { type: 'ping' }
  | { type: 'error'; error: { type: string; message: string } & JsonObject };

export interface MessageDelta extends JsonObject {
  stop_reason: string | null;
  stop_sequence?: string | null;
}

/** True for a plain object: not null, not an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The blocks of a content that may be a string, an array, or missing; a string is one text block. */
export function blocksOf(content: unknown): ContentBlock[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  return Array.isArray(content) ? (content.filter(isJsonObject) as ContentBlock[]) : [];
}
