import { type ContentBlock, isJsonObject, type JsonObject, type Message, type Usage } from '../../protocol/messages.ts';
import { type UrlCitation, urlCitations } from '../shared/citations.ts';
import { createdAt, idFor } from '../shared/identity.ts';
import type { OpenAiError } from '../shared/openai-error.ts';
import { argumentsOfInput, customInput, type ToolNames } from '../shared/tool-names.ts';
import { openAiUsage } from '../shared/usage.ts';
import { reasoningItem } from './reasoning-item.ts';

/** Writes the response objects and items of one call. */
export class ResponseWriter {
  readonly id: string;
  readonly #callId: string;
  readonly #echo: JsonObject;
  readonly #tools: ToolNames;

  constructor(callId: string, startedAt: number, body: JsonObject, tools: ToolNames) {
    this.id = idFor('resp_', callId);
    this.#callId = callId;
    this.#tools = tools;
    this.#echo = { id: this.id, object: 'response', created_at: createdAt(startedAt), ...settingsOf(body) };
  }

  /** The response while nothing or not everything of it is there. */
  begun(model: string, output: readonly JsonObject[]): JsonObject {
    return { ...this.#echo, ...endings.in_progress, model, output, usage: null };
  }

  /** The response to a whole message. */
  ended(message: Pick<Message, 'model' | 'stop_reason' | 'usage'>, output: readonly JsonObject[]): JsonObject {
    const ending = endingOf(message.stop_reason);
    return { ...this.#echo, ...ending, model: message.model, output, usage: responseUsage(message.usage) };
  }

  failed(model: string, output: readonly JsonObject[], { code, type, message }: OpenAiError): JsonObject {
    const error = { code: code ?? type, message };
    return { ...this.#echo, ...endings.failed, error, model, output, usage: null };
  }

  /** The items of a message: texts that follow each other are one. */
  output(content: readonly ContentBlock[], refusal: string | null): JsonObject[] {
    const items: JsonObject[] = [];
    let texts: ContentBlock[] = [];
    const closeTexts = () => {
      if (texts.length > 0) items.push(this.messageItem(items.length, [textPart(texts)]));
      texts = [];
    };
    for (const block of content) {
      if (block.type === 'text') texts.push(block);
      else if (isReasoning(block) || block.type === 'tool_use') {
        closeTexts();
        items.push(isReasoning(block) ? this.reasoning(items.length, block) : this.call(items.length, block));
      }
    }
    closeTexts();
    if (refusal !== null) items.push(this.messageItem(items.length, [{ type: 'refusal', refusal }]));
    return items;
  }

  messageItem(index: number, content: readonly JsonObject[], status = 'completed'): JsonObject {
    return { id: idFor('msg_', this.#callId, index), type: 'message', status, role: 'assistant', content };
  }

  reasoning(index: number, block: ContentBlock): JsonObject {
    return reasoningItem(idFor('rs_', this.#callId, index), block);
  }

  /** A call of a function, or of a tool that takes a text; `written` are its arguments where they came as text. */
  call(index: number, block: ContentBlock, written?: string): JsonObject {
    const { kind, name, namespace } = this.#tools.find(String(block.name));
    const group = namespace === undefined ? {} : { namespace };
    const common = { status: 'completed', call_id: block.id, name, ...group };
    if (kind === 'custom') {
      const id = idFor('ctc_', this.#callId, index);
      return { id, type: 'custom_tool_call', ...common, input: customInput(block.input) };
    }
    const id = idFor('fc_', this.#callId, index);
    return { id, type: 'function_call', ...common, arguments: written ?? argumentsOfInput(block.input) };
  }
}

/** True for a block that becomes a reasoning item. */
export function isReasoning({ type }: ContentBlock): boolean {
  return type === 'thinking' || type === 'redacted_thinking';
}

/** The part that holds texts, with the addresses they cite. */
export function textPart(blocks: readonly ContentBlock[]): JsonObject {
  let text = '';
  const annotations: JsonObject[] = [];
  for (const block of blocks) {
    const own = String(block.text);
    annotations.push(...urlCitations(block.citations, text.length, own.length).map(responseAnnotation));
    text += own;
  }
  return { type: 'output_text', text, annotations, logprobs: [] };
}

export function responseAnnotation(citation: UrlCitation): JsonObject {
  return { type: 'url_citation', ...citation };
}

function responseUsage(usage: Usage): JsonObject {
  const { prompt, cached, cacheWrite, completion, reasoning } = openAiUsage(usage);
  return {
    input_tokens: prompt,
    input_tokens_details: { cached_tokens: cached, cache_write_tokens: cacheWrite },
    output_tokens: completion,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: prompt + completion,
  };
}

const endings = {
  in_progress: { status: 'in_progress', error: null, incomplete_details: null },
  failed: { status: 'failed', incomplete_details: null },
};

function endingOf(reason: string | null): JsonObject {
  if (reason === 'max_tokens' || reason === 'model_context_window_exceeded') return incomplete('max_output_tokens');
  if (reason === 'refusal') return incomplete('content_filter');
  return { status: 'completed', error: null, incomplete_details: null };
}

function incomplete(reason: string): JsonObject {
  return { status: 'incomplete', error: null, incomplete_details: { reason } };
}

/** The request's settings, which a response tells again. */
function settingsOf(body: JsonObject): JsonObject {
  const reasoning = isJsonObject(body.reasoning) ? body.reasoning : {};
  return {
    background: false,
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    metadata: body.metadata ?? {},
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    previous_response_id: body.previous_response_id ?? null,
    reasoning: { effort: reasoning.effort ?? null, summary: reasoning.summary ?? null },
    service_tier: body.service_tier ?? 'default',
    store: body.store ?? true,
    temperature: body.temperature ?? null,
    text: body.text ?? { format: { type: 'text' } },
    tool_choice: body.tool_choice ?? 'auto',
    tools: body.tools ?? [],
    top_p: body.top_p ?? null,
    truncation: 'disabled',
    user: body.user ?? null,
  };
}
