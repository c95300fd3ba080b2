import type { Delta, JsonObject, MessageDelta, StreamEventData, Usage } from '../../protocol/messages.ts';
import type { StreamEvent } from '../../protocol/stream-event.ts';
import { emptyUsage, mergeUsage } from '../../protocol/usage.ts';
import type { StreamWriter } from '../client-format.ts';
import { chatAnnotation, urlCitations } from '../shared/citations.ts';
import { dataFrame, pingFrame } from '../shared/frames.ts';
import { OpenBlock } from '../shared/open-block.ts';
import { openAiError } from '../shared/openai-error.ts';
import { refusalOf } from '../shared/refusal.ts';
import { detailOfBlock } from './reasoning-details.ts';
import { type ChatSettings, chatToolCall, chatUsage, finishReason } from './reply.ts';

/** Writes a Messages stream as chunks of a chat completion, ended by `[DONE]`. */
export class ChatStream implements StreamWriter {
  readonly ping = pingFrame;
  readonly #settings: ChatSettings;
  readonly #includeUsage: boolean;
  #model = '';
  #usage: Usage = emptyUsage();
  #end: MessageDelta = { stop_reason: null };
  #block: OpenBlock | undefined;
  #blockSaid = false;
  #calls = 0;
  #textLength = 0;
  #frames: string[] = [];

  constructor(settings: ChatSettings, includeUsage: boolean) {
    this.#settings = settings;
    this.#includeUsage = includeUsage;
  }

  write(batch: readonly StreamEvent[]): Buffer {
    this.#frames = [];
    for (const event of batch) this.#add(event.data);
    return Buffer.from(this.#frames.join(''));
  }

  #add(event: StreamEventData): void {
    switch (event.type) {
      case 'message_start':
        this.#model = event.message.model;
        this.#usage = mergeUsage(this.#usage, event.message.usage);
        return this.#delta({ role: 'assistant', content: '' });
      case 'content_block_start':
        return this.#start(new OpenBlock(event.content_block, event.index));
      case 'content_block_delta':
        return this.#continue(event.delta);
      case 'content_block_stop':
        return this.#stop();
      case 'message_delta':
        this.#usage = mergeUsage(this.#usage, event.usage);
        if (event.delta) this.#end = { ...this.#end, ...event.delta };
        return;
      case 'message_stop':
        return this.#finish();
      case 'ping':
        this.#frames.push(pingFrame.toString());
        return;
      case 'error':
        this.#frames.push(dataFrame({ error: openAiError(event.error.type, event.error.message) }), done);
    }
  }

  #start(block: OpenBlock): void {
    this.#block = block;
    this.#blockSaid = false;
    if (block.type === 'text' && block.text !== '') this.#delta({ content: block.text });
    if (block.type === 'thinking' && block.text !== '') this.#delta({ reasoning_content: block.text });
    // A text of a custom tool can be told only when it is whole.
    if (block.type === 'tool_use' && !this.#isCustom(block)) {
      const call = chatToolCall({ ...block.whole, input: {} }, this.#settings.tools);
      this.#call({ ...call, function: { ...(call.function as JsonObject), arguments: '' } });
    }
  }

  #continue(delta: Delta): void {
    const block = this.#block;
    if (!block) return;
    block.add(delta);
    if (delta.type === 'text_delta') this.#delta({ content: delta.text });
    if (delta.type === 'thinking_delta' && delta.thinking !== '') this.#delta({ reasoning_content: delta.thinking });
    if (delta.type !== 'input_json_delta' || delta.partial_json === '') return;
    if (block.type !== 'tool_use' || this.#isCustom(block)) return;
    if (!this.#blockSaid && block.isUnparsed) return;
    this.#blockSaid = true;
    this.#call({ function: { arguments: delta.partial_json } });
  }

  #stop(): void {
    const block = this.#block;
    this.#block = undefined;
    if (!block) return;
    if (block.type === 'text') {
      const { length } = block.text;
      const found = urlCitations(block.whole.citations, this.#textLength, length);
      if (found.length > 0) this.#delta({ annotations: found.map(chatAnnotation) });
      this.#textLength += length;
    }
    const detail = detailOfBlock(block.whole, block.index);
    if (detail) this.#delta({ reasoning_details: [detail] });
    if (block.type !== 'tool_use') return;
    if (this.#isCustom(block)) this.#call(chatToolCall(block.whole, this.#settings.tools));
    else if (!this.#blockSaid) this.#call({ function: { arguments: block.arguments } });
    this.#calls += 1;
  }

  #finish(): void {
    const refusal = refusalOf(this.#end);
    if (refusal !== null) this.#delta({ refusal });
    this.#delta({}, finishReason(this.#end.stop_reason, this.#settings));
    if (this.#includeUsage) this.#chunk([], chatUsage({ usage: this.#usage }));
    this.#frames.push(done);
  }

  #isCustom({ whole }: OpenBlock): boolean {
    return this.#settings.tools.find(String(whole.name)).kind === 'custom';
  }

  #call(call: JsonObject): void {
    if (!this.#settings.legacyFunctions) this.#delta({ tool_calls: [{ index: this.#calls, ...call }] });
    else if (this.#calls === 0) this.#delta({ function_call: call.function });
  }

  #delta(delta: JsonObject, reason: string | null = null): void {
    this.#chunk([{ index: 0, delta, logprobs: null, finish_reason: reason }], null);
  }

  #chunk(choices: JsonObject[], usage: JsonObject | null): void {
    const { id, created } = this.#settings;
    const chunk = { id, object: 'chat.completion.chunk', created, model: this.#model, choices };
    this.#frames.push(dataFrame(this.#includeUsage ? { ...chunk, usage } : chunk));
  }
}

const done = 'data: [DONE]\n\n';
