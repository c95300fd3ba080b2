import type { JsonObject } from '../../protocol/messages.ts';
import type { WrittenList } from '../shared/written-json.ts';

/** The body of `POST /chat/completions`, as far as the router writes it. */
export interface ChatRequest extends JsonObject {
  model: string;
  /** Of `ChatMessage`. */
  messages: WrittenList;
}

export type ChatMessage =
  | { role: 'system' | 'developer'; content: string | ChatPart[] }
  | { role: 'user'; content: string | ChatPart[] }
  | AssistantMessage
  | { role: 'tool'; tool_call_id: string; content: string | ChatPart[] };

export interface AssistantMessage extends JsonObject {
  role: 'assistant';
  content: string | ChatPart[] | null;
  tool_calls?: ToolCall[];
  /** Mistral's mark of a message to go on with. */
  prefix?: true;
}

export interface ToolCall extends JsonObject {
  id: string;
  type: 'function';
  function: { name: string; arguments: string };
}

export type ChatPart =
  | { type: 'text'; text: string; cache_control?: unknown }
  | { type: 'image_url'; image_url: { url: string }; cache_control?: unknown }
  | { type: 'file'; file: { filename: string; file_data: string }; cache_control?: unknown };

/** A choice of a reply: `message` when it is whole, `delta` in a stream; some servers confuse them. */
export interface ChatChoice extends JsonObject {
  delta?: unknown;
  message?: unknown;
  finish_reason?: unknown;
  native_finish_reason?: unknown;
  stop_reason?: unknown;
  error?: unknown;
  usage?: unknown;
}

export interface ChatDelta extends JsonObject {
  /** A string, or Mistral's parts. */
  content?: unknown;
  reasoning_content?: unknown;
  reasoning?: unknown;
  reasoning_details?: unknown;
  refusal?: unknown;
  tool_calls?: unknown;
  function_call?: unknown;
  annotations?: unknown;
}
