import { Failure } from '../../call/failure.ts';
import { cutsInput } from '../../protocol/grammar.ts';
import {
  type ContentBlock,
  type Delta,
  isJsonObject,
  type MessageDelta,
  type StreamEventData,
} from '../../protocol/messages.ts';
import type { PlainDelta } from '../../protocol/plain-delta.ts';
import { type SseFrame, SseSplitter } from '../../protocol/sse.ts';
import { parseJson, StreamEvent } from '../../protocol/stream-event.ts';
import type { Exchange, StreamDecoder } from '../dialect.ts';
import { ToolIds } from '../shared/identifiers.ts';
import { BedrockFrames } from './bedrock-frames.ts';
import { failureOfError } from './failure.ts';

/**
 * A Messages stream on its way through: frames go on byte for byte while they are legal. What weak servers get wrong is
 * put right where nothing is lost (missing `event:` lines, gaps in the indexes, blocks left open, input in a block's
 * start, an end without `message_stop` behind a stop reason); anything else ends the stream as a failure.
 */
export class MessagesStream implements StreamDecoder {
  readonly usageEstimated = false;
  failure: Failure | undefined;
  readonly #exchange: Exchange;
  readonly #splitter: { push(chunk: Buffer): Iterable<SseFrame>; end(): SseFrame[] };
  readonly #toolIds: ToolIds;
  #events: StreamEvent[] = [];
  #started = false;
  #stopReason: string | null = null;
  #stopped = false;
  #nextIndex = 0;
  #open: OpenBlock | undefined;
  /** A tool input that does not parse is right only where the token limit cut it. */
  #brokenInput: string | undefined;
  #heldStop: StreamEvent[] = [];

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
    this.#splitter = exchange.quirks.framing === 'aws-event-stream' ? new BedrockFrames() : new SseSplitter();
    this.#toolIds = new ToolIds(exchange.callId, new Set());
  }

  push(chunk: Buffer): StreamEvent[] {
    try {
      for (const frame of this.#splitter.push(chunk)) this.#frame(frame);
    } catch (error) {
      this.#fail('upstream-garbled', error instanceof Error ? error.message : String(error));
    }
    return this.#take();
  }

  end(): StreamEvent[] {
    for (const frame of this.#splitter.end()) this.#frame(frame);
    if (this.failure || this.#stopped) return this.#take();
    if (this.#isWhole) this.#end();
    else this.#fail('upstream-cut', 'the stream ended before the answer was complete');
    return this.#take();
  }

  get #isWhole(): boolean {
    return this.#stopReason !== null && !this.#stopped;
  }

  #end(): void {
    this.#emit({ type: 'message_stop' });
    this.#stopped = true;
  }

  #take(): StreamEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  #frame(frame: SseFrame): void {
    if (this.failure || this.#stopped) return;
    const event = StreamEvent.fromFrame(frame);
    if (event) return this.#event(event, frame);
    const { data } = frame;
    if (data === undefined || data.length === 0 || data.equals(doneMark)) return;
    const parsed = parseJson(data.toString('utf8'));
    if (isJsonObject(parsed) && parsed.error !== undefined) return this.#errorFrame(parsed, data);
    this.#fail('upstream-garbled', `the stream holds data that is no event: ${excerpt(data)}`);
  }

  #event(event: StreamEvent, frame: SseFrame): void {
    if (event.plain && this.#continues(event.plain)) return void this.#events.push(event);
    const data = event.data;
    if (data.type === 'error') return this.#errorFrame(data, frame.data!);
    if (data.type === 'message_start') return this.#messageStart(event, data.message);
    if (!this.#started) {
      if (data.type === 'ping') return;
      return this.#fail('upstream-garbled', `the stream begins with ${excerpt(Buffer.from(event.type))}`);
    }
    switch (data.type) {
      case 'content_block_start':
        return this.#blockStart(event, data.index, data.content_block);
      case 'content_block_delta':
        return this.#blockDelta(event, data.index, data.delta);
      case 'content_block_stop':
        return this.#blockStop(event, data.index);
      case 'message_delta':
        return this.#messageDelta(event, data.delta, data.usage);
      case 'message_stop':
        return this.#messageStop(event);
      default:
        this.#events.push(event);
    }
  }

  /** True for a delta of the block that is open and of its kind: it goes on as it came. */
  #continues({ index, type }: PlainDelta): boolean {
    const open = this.#open;
    if (!open || index !== open.upstreamIndex || index !== open.index) return false;
    return fittingBlock[type]!.blocks.test(open.block.type);
  }

  #messageStart(event: StreamEvent, message: unknown): void {
    if (this.#started) return;
    if (!isJsonObject(message)) return this.#fail('upstream-garbled', 'message_start without a message');
    this.#started = true;
    const legal =
      typeof message.id === 'string' &&
      message.id !== '' &&
      typeof message.model === 'string' &&
      Array.isArray(message.content) &&
      message.content.length === 0 &&
      isJsonObject(message.usage) &&
      typeof message.usage.input_tokens === 'number' &&
      typeof message.usage.output_tokens === 'number';
    if (legal) this.#events.push(event);
    else this.#emit({ type: 'message_start', message: this.#completed(message) });
  }

  #completed(message: Record<string, unknown>): Extract<StreamEventData, { type: 'message_start' }>['message'] {
    const usage = isJsonObject(message.usage) ? message.usage : {};
    return {
      ...message,
      id: typeof message.id === 'string' && message.id !== '' ? message.id : `msg_${this.#exchange.callId}`,
      type: 'message',
      role: 'assistant',
      model: typeof message.model === 'string' ? message.model : this.#exchange.model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: 0, output_tokens: 0, ...usage },
    };
  }

  #blockStart(event: StreamEvent, index: number, block: ContentBlock): void {
    if (!isJsonObject(block) || typeof block.type !== 'string' || this.#stopReason !== null) {
      return this.#fail('upstream-garbled', 'a content block starts where none can');
    }
    this.#closeOpen();
    if (this.#refuseBrokenInput()) return;
    const misplaced = carriesInput(block) ? (block.input as object) : undefined;
    const shown = block.type === 'tool_use' ? this.#legalToolUse(block) : block;
    if (this.failure) return;
    this.#open = { upstreamIndex: index, index: this.#nextIndex, block, json: '', misplaced };
    this.#nextIndex += 1;
    if (index === this.#open.index && shown === block) this.#events.push(event);
    else this.#emit({ type: 'content_block_start', index: this.#open.index, content_block: shown });
  }

  /** The block with an id that is legal and new, and without input; the same object where it is so already. */
  #legalToolUse(block: ContentBlock): ContentBlock {
    const id = this.#toolIds.claim(typeof block.id === 'string' ? block.id : undefined);
    if (typeof block.name !== 'string' || block.name === '')
      this.#fail('upstream-garbled', 'a tool call without a name');
    const legal = id === block.id && isJsonObject(block.input) && Object.keys(block.input).length === 0;
    return legal ? block : { ...block, id, input: {} };
  }

  #blockDelta(event: StreamEvent, index: number, delta: Delta): void {
    const open = this.#open;
    if (!open || index !== open.upstreamIndex || !isJsonObject(delta)) {
      return this.#fail('upstream-garbled', 'a delta for a block that is not open');
    }
    const fitting = fittingBlock[String(delta.type)];
    if (fitting && (!fitting.blocks.test(open.block.type) || typeof (delta as never)[fitting.field] !== 'string')) {
      return this.#fail('upstream-garbled', `${String(delta.type)} in a ${open.block.type} block`);
    }
    if (delta.type === 'input_json_delta') open.json += delta.partial_json;
    if (index === open.index) this.#events.push(event);
    else this.#emit({ type: 'content_block_delta', index: open.index, delta });
  }

  #blockStop(event: StreamEvent, index: number): void {
    const open = this.#open;
    if (!open || index !== open.upstreamIndex) return;
    const asItCame = index === open.index && !open.misplaced;
    this.#closeOpen(asItCame ? event : undefined);
  }

  /** Ends the open block, by the upstream's own event where it sent one. */
  #closeOpen(event?: StreamEvent): void {
    const open = this.#open;
    if (!open) return;
    this.#open = undefined;
    if (open.misplaced && open.json === '') {
      const delta: Delta = { type: 'input_json_delta', partial_json: JSON.stringify(open.misplaced) };
      this.#emit({ type: 'content_block_delta', index: open.index, delta });
    }
    const stop = event ?? StreamEvent.of({ type: 'content_block_stop', index: open.index });
    if (open.json !== '' && !isJsonObject(parseJson(open.json))) {
      this.#brokenInput = String(open.block.name ?? '');
      this.#heldStop.push(stop);
    } else this.#events.push(stop);
  }

  #messageDelta(event: StreamEvent, delta: MessageDelta, usage: unknown): void {
    if (!isJsonObject(delta)) return this.#fail('upstream-garbled', 'message_delta without a delta');
    this.#closeOpen();
    const reason = typeof delta.stop_reason === 'string' ? delta.stop_reason : null;
    if (reason !== null && this.#stopReason !== null) return;
    if (this.#brokenInput !== undefined && !cutsInput.test(reason ?? '')) {
      if (this.#refuseBrokenInput()) return;
    }
    this.#events.push(...this.#heldStop);
    this.#heldStop = [];
    this.#stopReason = reason ?? this.#stopReason;
    if (isJsonObject(usage) && typeof usage.output_tokens === 'number') this.#events.push(event);
    else
      this.#emit({ type: 'message_delta', delta, usage: { output_tokens: 0, ...(isJsonObject(usage) ? usage : {}) } });
  }

  #messageStop(event: StreamEvent): void {
    if (this.#stopReason === null) return this.#fail('upstream-cut', 'the stream stopped without a stop reason');
    this.#stopped = true;
    this.#events.push(event);
  }

  #refuseBrokenInput(): boolean {
    if (this.#brokenInput === undefined) return false;
    this.#fail('upstream-garbled', `the input of tool ${this.#brokenInput} is not valid JSON`);
    return true;
  }

  #errorFrame(data: unknown, body: Buffer): void {
    if (this.#isWhole) return this.#end();
    this.failure = failureOfError(200, data, body, this.#exchange);
  }

  /** Behind a stop reason the answer is whole, whatever follows. */
  #fail(kind: 'upstream-garbled' | 'upstream-cut', message: string): void {
    if (this.#isWhole) return this.#end();
    const provider = this.#exchange.provider;
    this.failure ??= new Failure(kind, `${provider}: ${message}`, { provider });
  }

  #emit(data: StreamEventData): void {
    this.#events.push(StreamEvent.of(data));
  }
}

interface OpenBlock {
  upstreamIndex: number;
  index: number;
  block: ContentBlock;
  json: string;
  /** An input that came with the block's start, where clients do not read it. */
  misplaced: object | undefined;
}

function carriesInput(block: ContentBlock): boolean {
  return block.type === 'tool_use' && isJsonObject(block.input) && Object.keys(block.input).length > 0;
}

const fittingBlock: Record<string, { blocks: RegExp; field: string }> = {
  text_delta: { blocks: /^text$/, field: 'text' },
  thinking_delta: { blocks: /^thinking$/, field: 'thinking' },
  signature_delta: { blocks: /^thinking$/, field: 'signature' },
  input_json_delta: { blocks: /tool_use$/, field: 'partial_json' },
};

const doneMark = Buffer.from('[DONE]');

function excerpt(data: Buffer): string {
  return JSON.stringify(data.subarray(0, 80).toString('utf8'));
}
