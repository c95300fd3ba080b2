import { emptyMessage } from '../../protocol/empty-message.ts';
import type { ContentBlock, Delta, JsonObject, StopReason, Usage } from '../../protocol/messages.ts';
import { StreamEvent } from '../../protocol/stream-event.ts';
import { emptyUsage, mergeUsage } from '../../protocol/usage.ts';
import type { Exchange } from '../dialect.ts';
import { type HeldCall, HeldCalls } from './held-calls.ts';
import { messageId, ToolIds } from './identifiers.ts';
import { StopSequenceFilter } from './stop-sequences.ts';

/**
 * Writes what a decoder reads as a legal Messages stream: one block open at a time, indexes dense, each block closed,
 * one end. Text and thinking go out as they come. A tool call is held until it is whole, since it will be executed:
 * its input is then valid JSON, and a call that was cut is never shown.
 */
export class BlockWriter {
  readonly #exchange: Exchange;
  readonly #calls: HeldCalls;
  readonly #ids: ToolIds;
  readonly #filter: StopSequenceFilter | undefined;
  #events: StreamEvent[] = [];
  #started = false;
  #id: unknown;
  #model: string | undefined;
  #usage: Usage = emptyUsage();
  #usageReported = false;
  #outputCharacters = 0;
  #open: { type: 'text' | 'thinking' } | undefined;
  #signature: (() => string) | undefined;
  #nextIndex = 0;
  #stopReason: StopReason | undefined;
  #stopSequence: string | null = null;
  #toolUses = 0;
  #extraDelta: JsonObject = {};
  #ended = false;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
    this.#ids = new ToolIds(exchange.callId, exchange.usedToolIds);
    this.#calls = new HeldCalls();
    this.#filter = exchange.stopSequences.length > 0 ? new StopSequenceFilter(exchange.stopSequences) : undefined;
  }

  /** The upstream's id and model, whenever they become known; the first of each counts. */
  identify(id: unknown, model: unknown): void {
    if (typeof id === 'string' && id !== '') this.#id ??= id;
    if (typeof model === 'string' && model !== '') this.#model ??= model;
  }

  text(delta: string): void {
    if (delta === '' || this.#stoppedHere) return;
    this.#flushWholeCalls();
    const visible = this.#filter ? this.#filter.push(delta) : delta;
    if (visible !== '') this.#writeText(visible);
    if (this.#stoppedHere) this.finish('stop_sequence', this.#filter?.matched ?? null);
  }

  /** A citation of the text written last. */
  citation(citation: JsonObject): void {
    if (this.#open?.type === 'text') this.#delta({ type: 'citations_delta', citation });
  }

  thinking(delta: string): void {
    if (delta === '' || this.#stoppedHere) return;
    this.#flushWholeCalls();
    this.#openBlock('thinking');
    this.#outputCharacters += delta.length;
    this.#delta({ type: 'thinking_delta', thinking: delta });
  }

  /**
   * State that the upstream wants back with this reasoning: the signature of the open thinking block, or of an empty one
   * made for it. A later one for the same block replaces it; one that is a function is asked when the block closes.
   */
  signature(signature: string | (() => string)): void {
    if (this.#stoppedHere) return;
    this.#openBlock('thinking');
    this.#signature = typeof signature === 'string' ? () => signature : signature;
  }

  /** Ends the open text or thinking block: what follows of the same kind is a new block. */
  closeBlock(): void {
    this.#releaseText();
    this.#closeOpen();
  }

  /** A block that comes whole, without deltas: a server tool's result, redacted thinking. */
  wholeBlock(block: ContentBlock): void {
    if (this.#stoppedHere) return;
    this.closeBlock();
    this.#flushWholeCalls();
    this.#start();
    this.#push({ type: 'content_block_start', index: this.#nextIndex, content_block: block });
    this.#push({ type: 'content_block_stop', index: this.#nextIndex });
    this.#nextIndex += 1;
  }

  /** A server tool that the upstream ran itself; its input is shown, never executed by the client. */
  serverToolUse(id: string, name: string, input: JsonObject): void {
    if (this.#stoppedHere) return;
    this.closeBlock();
    this.#flushWholeCalls();
    this.#start();
    const block = { type: 'server_tool_use', id, name, input: {} };
    this.#push({ type: 'content_block_start', index: this.#nextIndex, content_block: block });
    this.#delta({ type: 'input_json_delta', partial_json: JSON.stringify(input) });
    this.#push({ type: 'content_block_stop', index: this.#nextIndex });
    this.#nextIndex += 1;
  }

  /** A tool call begins, or more of its id or name became known. `key` tells calls of one reply apart. */
  toolStart(key: string, call: { id?: string; name?: string }): void {
    if (this.#stoppedHere) return;
    if (!this.#calls.has(key)) this.#flushWholeCalls();
    this.#calls.start(key, call);
  }

  /** State that the upstream wants back with this call: the signature of an empty thinking block in front of it. */
  toolSignature(key: string, signature: string): void {
    this.#calls.sign(key, signature);
  }

  toolArguments(key: string, delta: string): void {
    this.#outputCharacters += delta.length;
    this.#calls.append(key, delta);
  }

  /** The upstream said that nothing more comes for this call; `whole` replaces what came in pieces where it is given. */
  toolEnd(key: string, whole?: string): void {
    this.#calls.end(key, whole);
    this.#flushEndedCalls();
  }

  /** True once a call with this key was begun. */
  hasCall(key: string): boolean {
    return this.#calls.has(key);
  }

  /** Cumulative usage, in the Messages form; a later report wins field by field. */
  usage(usage: Partial<Usage>): void {
    this.#usageReported = true;
    this.#usage = mergeUsage(this.#usage, usage);
  }

  /** Why the model stopped. The weightier reason of several stays; nothing outweighs a stop sequence met here. */
  finish(reason: StopReason, stopSequence: string | null = null): void {
    if (this.#stoppedHere && reason !== 'stop_sequence') return;
    if (this.#stopReason !== undefined && weight[this.#stopReason] >= weight[reason]) return;
    this.#stopReason = reason;
    this.#stopSequence = stopSequence;
  }

  /** Further fields of the closing `message_delta`: `stop_details`. */
  closingFields(fields: JsonObject): void {
    Object.assign(this.#extraDelta, fields);
  }

  get finished(): boolean {
    return this.#stopReason !== undefined;
  }

  /** True once a block was shown or a call is held. */
  get hasOutput(): boolean {
    return this.#nextIndex > 0 || this.#open !== undefined || this.#calls.size > 0;
  }

  get usageEstimated(): boolean {
    return !this.#usageReported;
  }

  /** True where every call that is held has arguments that parse. */
  get callsAreWhole(): boolean {
    return this.#calls.allWhole;
  }

  /** Closes everything and writes the end. Call it only where the upstream reported a finish. */
  end(): void {
    if (this.#ended) return;
    this.closeBlock();
    for (const call of this.#calls.takeAll()) if (call.parses || !this.#wasCut) this.#writeCall(call);
    this.#start();
    this.#push({
      type: 'message_delta',
      delta: { stop_reason: this.#finalReason(), stop_sequence: this.#stopSequence, ...this.#extraDelta },
      usage: this.#finalUsage(),
    });
    this.#push({ type: 'message_stop' });
    this.#ended = true;
  }

  /** The events written since the last call. */
  take(): StreamEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  /** The answer ends where no model would end it: a call that does not parse is one that was cut. */
  get #wasCut(): boolean {
    return this.#stopReason !== undefined && weight[this.#stopReason] >= weight.max_tokens;
  }

  #finalReason(): StopReason {
    const reason = this.#stopReason ?? 'end_turn';
    return this.#toolUses > 0 && (reason === 'end_turn' || reason === 'stop_sequence') ? 'tool_use' : reason;
  }

  #finalUsage(): Usage {
    if (this.#usageReported) return this.#usage;
    return {
      ...this.#usage,
      input_tokens: this.#exchange.promptTokens?.() ?? 0,
      output_tokens: Math.ceil(this.#outputCharacters / 4),
    };
  }

  #writeText(text: string): void {
    this.#openBlock('text');
    this.#outputCharacters += text.length;
    if (!this.#ended) this.#events.push(StreamEvent.textDelta(this.#nextIndex, text));
  }

  /** A stop sequence that the upstream does not know was met: what it says after it is not shown. */
  get #stoppedHere(): boolean {
    return this.#filter?.matched !== undefined;
  }

  #releaseText(): void {
    const rest = this.#filter?.release() ?? '';
    if (rest !== '') this.#writeText(rest);
  }

  #openBlock(type: 'text' | 'thinking'): void {
    if (this.#open?.type === type) return;
    if (type === 'thinking') this.#releaseText();
    this.#closeOpen();
    this.#start();
    const block = type === 'text' ? { type, text: '' } : { type, thinking: '', signature: '' };
    this.#push({ type: 'content_block_start', index: this.#nextIndex, content_block: block });
    this.#open = { type };
  }

  #closeOpen(): void {
    if (!this.#open) return;
    if (this.#signature) this.#delta({ type: 'signature_delta', signature: this.#signature() });
    this.#signature = undefined;
    this.#open = undefined;
    this.#push({ type: 'content_block_stop', index: this.#nextIndex });
    this.#nextIndex += 1;
  }

  #flushWholeCalls(): void {
    if (this.#calls.size === 0) return;
    const calls = this.#calls.takeLeadingWhole();
    if (calls.length > 0) this.closeBlock();
    for (const call of calls) this.#writeCall(call);
  }

  #flushEndedCalls(): void {
    const calls = this.#calls.takeLeadingEnded();
    if (calls.length > 0) this.closeBlock();
    for (const call of calls) this.#writeCall(call);
  }

  #writeCall(call: HeldCall): void {
    if (call.name === '') return;
    const name = this.#exchange.toolNames.get(call.name) ?? call.name;
    if (call.signature !== undefined) {
      this.signature(call.signature);
      this.#closeOpen();
    }
    const index = this.#nextIndex;
    this.#start();
    const block = { type: 'tool_use', id: this.#ids.claim(call.id), name, input: {} };
    this.#push({ type: 'content_block_start', index, content_block: block });
    const json = call.inputJson(this.#exchange.toolSchemas.get(name));
    this.#delta({ type: 'input_json_delta', partial_json: json });
    this.#push({ type: 'content_block_stop', index });
    this.#nextIndex += 1;
    this.#toolUses += 1;
  }

  #start(): void {
    if (this.#started) return;
    this.#started = true;
    const id = messageId(this.#id, this.#exchange.callId);
    const message = emptyMessage(id, this.#model ?? this.#exchange.model, { ...this.#usage });
    this.#push({ type: 'message_start', message });
  }

  #delta(delta: Delta): void {
    this.#push({ type: 'content_block_delta', index: this.#nextIndex, delta });
  }

  #push(data: Parameters<typeof StreamEvent.of>[0]): void {
    if (!this.#ended) this.#events.push(StreamEvent.of(data));
  }
}

/** Which of several stop reasons is told: the higher. */
const weight: Record<StopReason, number> = {
  end_turn: 0,
  pause_turn: 1,
  stop_sequence: 2,
  tool_use: 3,
  compaction: 3,
  max_tokens: 4,
  model_context_window_exceeded: 5,
  refusal: 6,
};
