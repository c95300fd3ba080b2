import type { JsonObject } from '../../protocol/messages.ts';
import type { WrittenList } from '../shared/written-json.ts';

/** The body of `POST /api/chat`, as far as the router writes it. */
export interface OllamaChatRequest extends JsonObject {
  model: string;
  /** Of `OllamaMessage`. */
  messages: WrittenList;
}

/** The body of `POST /api/generate`, as far as the router writes it. */
export interface OllamaGenerateRequest extends JsonObject {
  model: string;
  prompt: string;
  system?: string;
  images?: string[];
}

/** `images` are bare base64, without a `data:` prefix. */
export type OllamaMessage =
  | { role: 'system'; content: string }
  | { role: 'user'; content: string; images?: string[] }
  | { role: 'assistant'; content: string; thinking?: string; tool_calls?: OllamaToolCall[] }
  | { role: 'tool'; content: string; tool_name: string; tool_call_id: string; images?: string[] };

export interface OllamaToolCall {
  id: string;
  function: { name: string; arguments: JsonObject };
}

/** A reply, or one line of a streamed reply. Nothing in it is sure to be there, or to be of its type. */
export interface OllamaReply extends JsonObject {
  model?: unknown;
  /** Of `/api/chat`. */
  message?: unknown;
  /** Of `/api/generate`, and `thinking` beside it. */
  response?: unknown;
  thinking?: unknown;
  /** True in the last line, which alone has the reason and the counts. */
  done?: unknown;
  done_reason?: unknown;
  prompt_eval_count?: unknown;
  eval_count?: unknown;
  error?: unknown;
}
