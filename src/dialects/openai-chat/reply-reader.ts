import type { Failure } from '../../call/failure.ts';
import { isJsonObject, type JsonObject, type StopReason, type Usage } from '../../protocol/messages.ts';
import type { Exchange } from '../dialect.ts';
import type { BlockWriter } from '../shared/block-writer.ts';
import { decodeServiceTier } from '../shared/service-tier.ts';
import { ThinkTagSplitter } from '../shared/think-tags.ts';
import { CallKeys } from './call-keys.ts';
import { failedGeneration } from './failed-generation.ts';
import { failureOfError } from './failure.ts';
import { ReasoningCollector } from './reasoning.ts';
import { decodeUsage } from './usage.ts';
import type { ChatChoice, ChatDelta } from './wire.ts';

/** Reads replies and chunks of replies, which differ in little, into a BlockWriter. */
export class ReplyReader {
  readonly #exchange: Exchange;
  readonly #writer: BlockWriter;
  readonly #reasoning: ReasoningCollector;
  readonly #keys = new CallKeys();
  #tags: ThinkTagSplitter | undefined;
  readonly #citations = new Set<string>();
  #text = '';
  #callsSeen = 0;
  #endsWithUsage = false;

  constructor(exchange: Exchange, writer: BlockWriter) {
    this.#exchange = exchange;
    this.#writer = writer;
    this.#reasoning = new ReasoningCollector(exchange);
    this.#tags = exchange.quirks.thinkTags ? new ThinkTagSplitter() : undefined;
  }

  /** True where the last chunk was a report of usage and nothing else, as servers send it behind a whole answer. */
  get endsWithUsage(): boolean {
    return this.#endsWithUsage;
  }

  /** Reads one reply or chunk; returns what it reports as an error. */
  read(reply: JsonObject): Failure | undefined {
    const choice: ChatChoice = Array.isArray(reply.choices) && isJsonObject(reply.choices[0]) ? reply.choices[0] : {};
    const groq = isJsonObject(reply.x_groq) ? reply.x_groq : {};
    const usage = this.#usage(reply.usage) ?? this.#usage(groq.usage) ?? this.#usage(choice.usage);
    if (usage) this.#writer.usage({ ...usage, ...decodeServiceTier(reply.service_tier) });
    const error = choice.error ?? reply.error ?? groq.error ?? (isBareError(reply) ? reply : undefined);
    if (error !== undefined && error !== '') return this.#error(error);
    this.#writer.identify(reply.id, reply.model);
    this.#endsWithUsage = usage !== undefined && Object.keys(choice).length === 0;
    const whole = !isJsonObject(choice.delta) && isJsonObject(choice.message);
    const delta = isJsonObject(choice.delta) ? choice.delta : isJsonObject(choice.message) ? choice.message : {};
    this.#delta(delta, whole);
    return this.#finish(choice);
  }

  /** Reads a chunk that brings nothing but this text and tells nothing new. */
  readText(text: string): void {
    this.#endsWithUsage = false;
    this.#answer(text);
  }

  /** Writes what was held back; nothing more will be read. */
  close(): void {
    this.#endTags();
    if (this.#reasoning.pending) this.#writer.signature(this.#reasoning.sign);
  }

  /** Groq refuses a call that its parser could not read, and reports what the model wrote: where that is a call, it is one. */
  #error(error: unknown): Failure | undefined {
    const call = failedGeneration(error, this.#exchange);
    if (!call) return failureOfError(isJsonObject(error) ? error : { error }, this.#exchange);
    this.#toolCall({ function: call }, true);
    this.#writer.finish('tool_use');
    return undefined;
  }

  #usage(value: unknown): Partial<Usage> | undefined {
    return decodeUsage(value, this.#exchange.quirks.costInUsage);
  }

  #delta(delta: ChatDelta, whole: boolean): void {
    this.#think(this.#reasoning.read(delta, whole));
    this.#content(delta.content);
    if (typeof delta.refusal === 'string' && delta.refusal !== '') {
      this.#writer.text(delta.refusal);
      this.#writer.finish('refusal');
    }
    for (const annotation of arrayOf(delta.annotations)) this.#annotation(annotation);
    for (const call of arrayOf(delta.tool_calls)) this.#toolCall(call, whole);
    if (isJsonObject(delta.function_call)) this.#toolCall({ index: 0, function: delta.function_call }, false);
  }

  #think(text: string): void {
    if (text === '') return;
    this.#endTags();
    this.#writer.thinking(text);
    this.#writer.signature(this.#reasoning.sign);
  }

  #content(content: unknown): void {
    if (typeof content === 'string') return this.#answer(content);
    for (const part of arrayOf(content)) {
      if (part.type === 'thinking' || part.type === 'reasoning') this.#think(partText(part.thinking ?? part.text));
      else if (typeof part.text === 'string') this.#answer(part.text);
    }
  }

  #answer(text: string): void {
    if (text === '') return;
    if (!this.#tags) return this.#piece({ kind: 'text', text });
    for (const piece of this.#tags.push(text)) this.#piece(piece);
  }

  /** Where reasoning has a field of its own, tags are text. */
  #endTags(): void {
    const pieces = this.#tags?.end() ?? [];
    this.#tags = undefined;
    for (const piece of pieces) this.#piece(piece);
  }

  #piece({ kind, text }: { kind: 'thinking' | 'text'; text: string }): void {
    if (kind === 'thinking') {
      this.#writer.thinking(text);
      this.#writer.signature(this.#reasoning.sign);
      return;
    }
    this.#text += text;
    this.#writer.text(text);
  }

  #annotation(annotation: JsonObject): void {
    const cited = annotation.url_citation;
    if (!isJsonObject(cited) || typeof cited.url !== 'string') return;
    const { url, title, start_index: start, end_index: end } = cited;
    const key = JSON.stringify([url, start, end]);
    if (this.#citations.has(key)) return;
    this.#citations.add(key);
    const range = typeof start === 'number' && typeof end === 'number' ? this.#text.slice(start, end) : '';
    this.#writer.citation({
      type: 'web_search_result_location',
      url,
      title: typeof title === 'string' ? title : null,
      encrypted_index: '',
      cited_text: range,
    });
  }

  #toolCall(call: JsonObject, whole: boolean): void {
    const described = isJsonObject(call.function) ? call.function : isJsonObject(call.custom) ? call.custom : {};
    const id = typeof call.id === 'string' && call.id !== '' ? call.id : undefined;
    const name = typeof described.name === 'string' && described.name !== '' ? described.name : undefined;
    const key = whole ? String(this.#callsSeen) : this.#keys.keyOf({ index: call.index, id, name });
    if (!this.#writer.hasCall(key)) this.#callsSeen += 1;
    this.#writer.toolStart(key, { ...(id ? { id } : {}), ...(name ? { name } : {}) });
    if (isJsonObject(call.extra_content)) {
      this.#writer.toolSignature(key, this.#reasoning.signCall(call.extra_content));
    }
    const input = isJsonObject(call.custom) ? { input: call.custom.input ?? '' } : described.arguments;
    if (typeof input === 'string') this.#writer.toolArguments(key, input);
    else if (isJsonObject(input)) this.#writer.toolArguments(key, JSON.stringify(input));
  }

  #finish(choice: ChatChoice): Failure | undefined {
    const reason = choice.finish_reason;
    if (typeof reason !== 'string' || reason === '' || reason === 'abort') return undefined;
    const known = reason.toLowerCase();
    if (known === 'error') return failureOfError({ error: 'the model ended with an error' }, this.#exchange);
    if (known === 'insufficient_system_resource') {
      return failureOfError(
        { error: { message: 'the service lacks the resources for this request', code: known } },
        this.#exchange,
      );
    }
    // vLLM says which sequence it met, OpenRouter only that there was one.
    const matched = typeof choice.stop_reason === 'string' ? choice.stop_reason : null;
    const atSequence = known === 'stop' && (matched !== null || choice.native_finish_reason === 'stop_sequence');
    if (atSequence) this.#writer.finish('stop_sequence', matched);
    else this.#writer.finish(stopReasons[known] ?? 'end_turn');
    return undefined;
  }
}

/** An error that is not wrapped: `{message, code}`, `{detail}`, `{object: "error"}`. */
function isBareError(reply: JsonObject): boolean {
  if (reply.choices !== undefined || isJsonObject(reply.usage)) return false;
  return (
    reply.object === 'error' ||
    reply.type === 'error' ||
    typeof reply.message === 'string' ||
    reply.detail !== undefined
  );
}

const stopReasons: Record<string, StopReason> = {
  stop: 'end_turn',
  length: 'max_tokens',
  max_tokens: 'max_tokens',
  tool_calls: 'tool_use',
  tool_call: 'tool_use',
  tool_use: 'tool_use',
  function_call: 'tool_use',
  content_filter: 'refusal',
  safety: 'refusal',
  refusal: 'refusal',
  model_length: 'model_context_window_exceeded',
};

function arrayOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function partText(value: unknown): string {
  if (typeof value === 'string') return value;
  return arrayOf(value)
    .map((part) => (typeof part.text === 'string' ? part.text : ''))
    .join('');
}
