import { type GeminiQuirks, plainGeminiQuirks } from './gemini-quirks.ts';
import { type MessagesQuirks, plainMessagesQuirks } from './messages-quirks.ts';

/**
 * How a service departs from the dialect it speaks, as data. A preset states what differs; the rest is `plainQuirks`.
 * Each dialect reads the quirks that concern it.
 */
export interface Quirks extends MessagesQuirks, GeminiQuirks {
  /** The role of the system text. `developer`: OpenAI's reasoning models; `none`: it goes in front of the first user text. */
  systemRole: 'system' | 'developer' | 'none';
  /** A system message in mid-conversation: in place under this role, or as a reminder in the neighbouring user message. */
  midConversationSystem: 'developer' | 'system' | 'reminder';
  /** Several texts of one user message: kept as parts, or joined into one string (templates of local servers). */
  userText: 'parts' | 'joined';
  /** The field that bounds the answer. */
  maxTokensField: 'max_tokens' | 'max_completion_tokens';
  /** How much of tool_choice is understood: all; a string only (`required` for a named tool, others withheld); nothing. */
  toolChoice: 'full' | 'string' | 'none';
  /** The word for "some tool must be called". */
  toolChoiceAny: 'required' | 'any';
  parallelToolCalls: boolean;
  /**
   * What of a tool's schema is taken: all; what OpenAI takes (no `propertyNames`, no lookaround in `pattern`); what a
   * grammar can be made of (only patterns from `^` to `$`).
   */
  toolSchemas: 'as-is' | 'openai' | 'grammar';
  /** Longer descriptions of tools are cut to this many characters. */
  toolDescriptionLimit: number;
  /** A history with tool calls is refused where no tools are defined: their names are then defined, not to be called. */
  toolsForHistory: boolean;
  /** Ids of tool calls: any; hashed to at most 40 characters; exactly nine alphanumerics; or the provider's own verbatim. */
  toolIds: 'any' | 'forty' | 'nine-alphanumeric' | 'verbatim';
  /** What a message that holds only tool calls carries as content. */
  emptyContent: 'null' | 'empty-string';
  /** A user message right behind tool results: allowed, or refused so that an assistant's word must stand between. */
  userAfterTools: 'allowed' | 'bridged';
  /** A last assistant message (prefill): continued natively, asked for in a user message, or marked by fields. */
  prefill: 'native' | 'ask' | 'prefix' | 'continue-final-message';
  /** Images in user messages, and where those of tool results go. */
  images: boolean;
  /** Images and documents are taken by their address; where not, the router fetches them and sends their bytes. */
  mediaAddresses: boolean;
  /** PDF documents: a file part, or a text that says it was left out. */
  documents: 'file' | 'placeholder';
  /** `cache_control` is understood on text parts. */
  cacheControl: boolean;
  /** `stream_options` is understood. */
  streamOptions: boolean;
  /** How many stop sequences are taken; the rest are enforced by the router. */
  maxStopSequences: number;
  /** Sampling fields: as sent, within 0..1.5, only where reasoning is switched off, or none. */
  sampling: 'all' | 'up-to-1.5' | 'without-reasoning' | 'none';
  topK: boolean;
  /** How thinking and effort are asked for. */
  reasoningRequest:
    | 'none'
    | 'reasoning_effort'
    | 'reasoning-object'
    | 'thinking-and-effort'
    | 'thinking-switch'
    | 'groq'
    | 'mistral'
    | 'template-switch'
    | 'xai';
  /** The effort levels taken, lowest first; a level between is lowered to the nearest. */
  efforts: readonly string[];
  /** What the service calls a level of `efforts` otherwise: DeepSeek's `medium` is `high`. */
  effortNames: Readonly<Record<string, string>>;
  /** False where Chat Completions refuses tools together with reasoning: it is then switched off for calls with tools. */
  reasoningWithTools: boolean;
  /**
   * What of earlier reasoning goes back: nothing; its text on turns with tool calls (the key given; `reasoning_content` also
   * where it is empty, since services that want it refuse a turn without); OpenRouter's details.
   */
  reasoningReplay: 'none' | 'reasoning_content' | 'reasoning' | 'reasoning_details';
  /** Reasoning arrives as `<think>…</think>` at the beginning of the text. */
  thinkTags: boolean;
  /** The answer's schema (`output_config.format`): by schema, as "some JSON" with the schema in the prompt, or not at all. */
  jsonSchema: 'json_schema' | 'json_object' | 'none';
  /** A stream may end without a finish reason where it holds a whole answer (old local servers). */
  inferFinish: boolean;
  /** Stable per-session cache key: OpenAI's `prompt_cache_key`, with `safety_identifier`. */
  promptCacheKey: boolean;
  /** `service_tier` is understood: `default` for a client that wants no priority. */
  serviceTier: boolean;
  /** `usage.cost` holds what the call cost in US dollars, as the service bills it. */
  costInUsage: boolean;
  /** Web search that the service does itself; `responses-tool` is one of the Responses API alone. */
  webSearch: 'none' | 'openrouter-plugin' | 'search-options' | 'responses-tool';
  /**
   * What the client says for Anthropic alone (its attribution line, safeguards, installation id): sent on, or withheld
   * from a third party that speaks the Messages form. Other dialects never send it.
   */
  clientIdentity: 'forward' | 'withhold';
  /** Extra fields for every request. */
  extraBody: Readonly<Record<string, unknown>>;
}

/** A careful OpenAI-compatible server: nothing that a strict one would refuse. */
export const plainQuirks: Quirks = {
  ...plainMessagesQuirks,
  ...plainGeminiQuirks,
  systemRole: 'system',
  midConversationSystem: 'reminder',
  userText: 'joined',
  maxTokensField: 'max_tokens',
  toolChoice: 'full',
  toolChoiceAny: 'required',
  parallelToolCalls: false,
  toolSchemas: 'as-is',
  toolDescriptionLimit: Number.POSITIVE_INFINITY,
  toolsForHistory: false,
  toolIds: 'any',
  emptyContent: 'null',
  userAfterTools: 'allowed',
  prefill: 'native',
  images: true,
  mediaAddresses: true,
  documents: 'placeholder',
  cacheControl: false,
  streamOptions: true,
  maxStopSequences: 4,
  sampling: 'all',
  topK: false,
  reasoningRequest: 'none',
  efforts: ['low', 'medium', 'high'],
  effortNames: {},
  reasoningWithTools: true,
  reasoningReplay: 'none',
  thinkTags: true,
  jsonSchema: 'json_schema',
  inferFinish: false,
  promptCacheKey: false,
  serviceTier: false,
  costInUsage: false,
  webSearch: 'none',
  clientIdentity: 'forward',
  extraBody: {},
};
