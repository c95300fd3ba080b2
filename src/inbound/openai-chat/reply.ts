import type { ContentBlock, JsonObject, Message } from '../../protocol/messages.ts';
import { citationsOf } from '../shared/citations.ts';
import { refusalOf } from '../shared/refusal.ts';
import { argumentsOfInput, customInput, type ToolNames } from '../shared/tool-names.ts';
import { openAiUsage } from '../shared/usage.ts';
import { detailOfBlock } from './reasoning-details.ts';

/** What the reply holds beside what the model said, and how it tells calls. */
export interface ChatSettings {
  /** `chatcmpl-…`. */
  id: string;
  /** Seconds since the epoch. */
  created: number;
  tools: ToolNames;
  /** Of the time before tools: one call at most, as `function_call`. */
  legacyFunctions: boolean;
}

/** A message as a chat completion. */
export function chatCompletion(message: Message, settings: ChatSettings): JsonObject {
  return {
    id: settings.id,
    object: 'chat.completion',
    created: settings.created,
    model: message.model,
    choices: [
      {
        index: 0,
        message: chatMessage(message, settings),
        logprobs: null,
        finish_reason: finishReason(message.stop_reason, settings),
      },
    ],
    usage: chatUsage(message),
  };
}

/** A tool call of a chat; `index` is given in streams. */
export function chatToolCall(block: ContentBlock, tools: ToolNames): JsonObject {
  const { kind, name } = tools.find(String(block.name));
  if (kind === 'custom') return { id: block.id, type: 'custom', custom: { name, input: customInput(block.input) } };
  return { id: block.id, type: 'function', function: { name, arguments: argumentsOfInput(block.input) } };
}

/** OpenAI's word for why the answer ended. */
export function finishReason(reason: string | null, { legacyFunctions }: ChatSettings): string {
  switch (reason) {
    case 'max_tokens':
    case 'model_context_window_exceeded':
      return 'length';
    case 'tool_use':
      return legacyFunctions ? 'function_call' : 'tool_calls';
    case 'refusal':
      return 'content_filter';
  }
  return 'stop';
}

export function chatUsage({ usage }: Pick<Message, 'usage'>): JsonObject {
  const { prompt, cached, cacheWrite, completion, reasoning } = openAiUsage(usage);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached, cache_write_tokens: cacheWrite },
    completion_tokens_details: { reasoning_tokens: reasoning },
  };
}

function chatMessage(message: Message, { tools, legacyFunctions }: ChatSettings): JsonObject {
  const { content } = message;
  const texts = content.filter((block) => block.type === 'text').map((block) => String(block.text));
  const text = texts.join('');
  const calls = content.filter((block) => block.type === 'tool_use').map((block) => chatToolCall(block, tools));
  const thoughts = content.filter((block) => block.type === 'thinking').map((block) => String(block.thinking));
  const details = content.flatMap((block, index) => detailOfBlock(block, index) ?? []);
  const annotations = citationsOf(content);
  return {
    role: 'assistant',
    content: text === '' && calls.length > 0 ? null : text,
    refusal: refusalOf(message),
    ...(thoughts.join('') === '' ? {} : { reasoning_content: thoughts.join('') }),
    ...(details.length > 0 ? { reasoning_details: details } : {}),
    ...(annotations.length > 0 ? { annotations } : {}),
    ...(calls.length > 0 ? (legacyFunctions ? { function_call: calls[0]!.function } : { tool_calls: calls }) : {}),
  };
}
