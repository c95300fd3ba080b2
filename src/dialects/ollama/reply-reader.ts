import type { Failure } from '../../call/failure.ts';
import { isJsonObject, type JsonObject, type Usage } from '../../protocol/messages.ts';
import { tokenCount } from '../../protocol/usage.ts';
import type { Exchange } from '../dialect.ts';
import type { BlockWriter } from '../shared/block-writer.ts';
import { packReasoning } from '../shared/reasoning-state.ts';
import { type TextPiece, ThinkTagSplitter } from '../shared/think-tags.ts';
import { failureOfError } from './failure.ts';
import type { OllamaReply } from './wire.ts';

/** Reads replies of `/api/chat` and `/api/generate`, and lines of them, into a BlockWriter. */
export class ReplyReader {
  readonly #exchange: Exchange;
  readonly #writer: BlockWriter;
  /** Models that the server does not know to think have their thoughts in tags. */
  #tags: ThinkTagSplitter | undefined;
  #calls = 0;
  /** A call that came whole and is held until more comes: it is run when it is shown, and the stream may yet be cut. */
  #heldCall: string | undefined;

  constructor(exchange: Exchange, writer: BlockWriter) {
    this.#exchange = exchange;
    this.#writer = writer;
    this.#tags = exchange.quirks.thinkTags ? new ThinkTagSplitter() : undefined;
  }

  /** Reads one reply or line; returns what it reports as an error. */
  read(reply: OllamaReply): Failure | undefined {
    const error = reply.error ?? (isBareError(reply) ? reply : undefined);
    if (error !== undefined && error !== '') return failureOfError(reply, this.#exchange);
    this.#writer.identify(undefined, reply.model);
    const message: JsonObject = isJsonObject(reply.message) ? reply.message : { ...reply, content: reply.response };
    if (typeof message.thinking === 'string') this.#think(message.thinking);
    if (typeof message.content === 'string') this.#answer(message.content);
    for (const call of Array.isArray(message.tool_calls) ? message.tool_calls : []) this.#toolCall(call);
    if (reply.done === true) this.#finish(reply);
    return undefined;
  }

  /** Writes what was held back; nothing more will be read. */
  close(): void {
    this.#endTags();
  }

  #think(text: string): void {
    if (text === '') return;
    this.#releaseCall();
    this.#endTags();
    this.#piece({ kind: 'thinking', text });
  }

  #answer(text: string): void {
    if (text === '') return;
    this.#releaseCall();
    if (!this.#tags) return this.#piece({ kind: 'text', text });
    for (const piece of this.#tags.push(text)) this.#piece(piece);
  }

  /** Where thoughts have a field of their own, tags are text. */
  #endTags(): void {
    const pieces = this.#tags?.end() ?? [];
    this.#tags = undefined;
    for (const piece of pieces) this.#piece(piece);
  }

  #piece({ kind, text }: TextPiece): void {
    if (kind === 'text') return this.#writer.text(text);
    this.#writer.thinking(text);
    this.#writer.signature(this.#sign);
  }

  /** The text of the block is all that the server wants back. */
  readonly #sign = (): string => {
    const { provider, model } = this.#exchange;
    return packReasoning({ provider, model, state: {} });
  };

  /** Calls come whole, each for itself: numbers and ids are often missing, or the same for several. */
  #toolCall(call: unknown): void {
    const described = isJsonObject(call) && isJsonObject(call.function) ? call.function : undefined;
    if (!isJsonObject(call) || typeof described?.name !== 'string') return;
    const { name, arguments: input } = described;
    this.#releaseCall();
    const key = String(this.#calls);
    this.#calls += 1;
    this.#writer.toolStart(key, { name, ...(typeof call.id === 'string' ? { id: call.id } : {}) });
    this.#writer.toolArguments(key, typeof input === 'string' ? input : JSON.stringify(input ?? {}));
    this.#heldCall = key;
  }

  #releaseCall(): void {
    if (this.#heldCall !== undefined) this.#writer.toolEnd(this.#heldCall);
    this.#heldCall = undefined;
  }

  #finish(reply: OllamaReply): void {
    const usage = usageOf(reply);
    if (usage) this.#writer.usage(usage);
    this.#writer.finish(reply.done_reason === 'length' ? 'max_tokens' : 'end_turn');
  }
}

/**
 * Undefined where the reply counts nothing. Servers leave a count out that is 0: that of the prompt, where they had all of
 * it in memory and evaluated nothing anew.
 */
function usageOf({ prompt_eval_count: prompt, eval_count: output }: OllamaReply): Partial<Usage> | undefined {
  if (typeof prompt !== 'number' && typeof output !== 'number') return undefined;
  return { input_tokens: tokenCount(prompt), output_tokens: tokenCount(output) };
}

/** An error that is not wrapped, as what stands in front of a server may send it: `{message}`, `{detail}`. */
function isBareError(reply: OllamaReply): boolean {
  return reply.done === undefined && (typeof reply.message === 'string' || reply.detail !== undefined);
}
