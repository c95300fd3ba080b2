import type { ContentBlock, Delta, JsonObject, MessageDelta, StreamEventData, Usage } from '../../protocol/messages.ts';
import type { StreamEvent } from '../../protocol/stream-event.ts';
import { emptyUsage, mergeUsage } from '../../protocol/usage.ts';
import type { StreamWriter } from '../client-format.ts';
import { urlCitations } from '../shared/citations.ts';
import { pingFrame } from '../shared/frames.ts';
import { OpenBlock } from '../shared/open-block.ts';
import { openAiError } from '../shared/openai-error.ts';
import { refusalOf } from '../shared/refusal.ts';
import { ItemEvents, type OpenItem } from './item-events.ts';
import { isReasoning, type ResponseWriter, responseAnnotation, textPart } from './response.ts';

/** Writes a Messages stream as the events of a response. */
export class ResponsesStream implements StreamWriter {
  readonly ping = pingFrame;
  readonly #writer: ResponseWriter;
  readonly #whole: (content: ContentBlock[]) => void;
  readonly #events = new ItemEvents();
  readonly #content: ContentBlock[] = [];
  #begun = false;
  #model = '';
  #usage: Usage = emptyUsage();
  #end: MessageDelta = { stop_reason: null };
  #block: OpenBlock | undefined;
  /** The item of the open block. */
  #item: OpenItem | undefined;
  #blockSaid = false;
  /** The message that holds the texts since the last other block. */
  #message: { item: OpenItem; texts: ContentBlock[]; length: number; annotations: number } | undefined;

  /** `whole` is told the content once the message has ended in order. */
  constructor(writer: ResponseWriter, whole: (content: ContentBlock[]) => void) {
    this.#writer = writer;
    this.#whole = whole;
  }

  write(batch: readonly StreamEvent[]): Buffer {
    for (const event of batch) this.#add(event.data);
    return this.#events.take();
  }

  #add(event: StreamEventData): void {
    switch (event.type) {
      case 'message_start':
        this.#usage = mergeUsage(this.#usage, event.message.usage);
        return this.#begin(event.message.model);
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
        return this.#events.comment(pingFrame);
      case 'error':
        return this.#fail(event.error);
    }
  }

  #begin(model: string): void {
    this.#begun = true;
    this.#model = model;
    const response = this.#writer.begun(model, []);
    this.#events.send('response.created', { response });
    this.#events.send('response.in_progress', { response });
  }

  #start(block: OpenBlock): void {
    this.#block = block;
    this.#blockSaid = false;
    const index = this.#events.output.length;
    if (block.type === 'text') {
      this.#message ??= this.#openMessage(index);
      if (block.text !== '') this.#textDelta(block.text);
    } else if (isReasoning(block.whole)) {
      this.#closeMessage();
      const { id } = this.#writer.reasoning(this.#events.output.length, block.whole);
      this.#item = this.#events.open({ id, type: 'reasoning', summary: [] });
      if (block.type === 'thinking' && block.text !== '') this.#thinkingDelta(block.text);
    } else if (block.type === 'tool_use') {
      this.#closeMessage();
      const item = this.#writer.call(this.#events.output.length, block.whole);
      const nothing = item.type === 'custom_tool_call' ? { input: '' } : { arguments: '' };
      this.#item = this.#events.open({ ...item, ...nothing });
    }
  }

  #continue(delta: Delta): void {
    const block = this.#block;
    if (!block) return;
    block.add(delta);
    if (delta.type === 'text_delta') this.#textDelta(delta.text);
    else if (delta.type === 'thinking_delta' && delta.thinking !== '') this.#thinkingDelta(delta.thinking);
    else if (delta.type === 'input_json_delta' && delta.partial_json !== '') this.#argumentsDelta(delta.partial_json);
  }

  #stop(): void {
    const block = this.#block;
    this.#block = undefined;
    if (!block) return;
    this.#content.push(block.whole);
    if (block.type === 'text') return this.#stopText(block);
    const item = this.#item;
    this.#item = undefined;
    if (!item) return;
    if (block.type === 'tool_use') this.#stopCall(block, item);
    else this.#stopReasoning(block, item);
  }

  #openMessage(index: number) {
    const item = this.#events.open(this.#writer.messageItem(index, []));
    this.#events.about(item, 'response.content_part.added', { content_index: 0, part: textPart([]) });
    return { item, texts: [], length: 0, annotations: 0 };
  }

  #textDelta(delta: string): void {
    if (!this.#message || delta === '') return;
    const fields = { content_index: 0, delta, logprobs: [] };
    this.#events.about(this.#message.item, 'response.output_text.delta', fields);
  }

  #stopText(block: OpenBlock): void {
    const message = this.#message;
    if (!message) return;
    for (const citation of urlCitations(block.whole.citations, message.length, block.text.length)) {
      const fields = {
        content_index: 0,
        annotation_index: message.annotations,
        annotation: responseAnnotation(citation),
      };
      this.#events.about(message.item, 'response.output_text.annotation.added', fields);
      message.annotations += 1;
    }
    message.length += block.text.length;
    message.texts.push(block.whole);
  }

  #closeMessage(): void {
    const message = this.#message;
    this.#message = undefined;
    if (!message) return;
    const part = textPart(message.texts);
    const done = { content_index: 0, text: part.text, logprobs: [] };
    this.#events.about(message.item, 'response.output_text.done', done);
    this.#events.about(message.item, 'response.content_part.done', { content_index: 0, part });
    this.#events.close(message.item, this.#writer.messageItem(message.item.index, [part]));
  }

  #thinkingDelta(delta: string): void {
    const item = this.#item;
    if (!item) return;
    if (!this.#blockSaid) {
      const part = { type: 'summary_text', text: '' };
      this.#events.about(item, 'response.reasoning_summary_part.added', { summary_index: 0, part });
    }
    this.#blockSaid = true;
    this.#events.about(item, 'response.reasoning_summary_text.delta', { summary_index: 0, delta });
  }

  #stopReasoning(block: OpenBlock, item: OpenItem): void {
    if (this.#blockSaid) {
      const { text } = block;
      this.#events.about(item, 'response.reasoning_summary_text.done', { summary_index: 0, text });
      const part = { type: 'summary_text', text };
      this.#events.about(item, 'response.reasoning_summary_part.done', { summary_index: 0, part });
    }
    this.#events.close(item, this.#writer.reasoning(item.index, block.whole));
  }

  #argumentsDelta(delta: string): void {
    const [block, item] = [this.#block, this.#item];
    if (!block || !item || block.type !== 'tool_use') return;
    // A text inside of JSON can be told only when it is whole.
    if (item.id.startsWith('ctc_') || (!this.#blockSaid && block.isUnparsed)) return;
    this.#blockSaid = true;
    this.#events.about(item, 'response.function_call_arguments.delta', { delta });
  }

  #stopCall(block: OpenBlock, item: OpenItem): void {
    const done = this.#writer.call(item.index, block.whole, block.arguments);
    if (done.type === 'custom_tool_call') {
      this.#events.about(item, 'response.custom_tool_call_input.delta', { delta: done.input });
      this.#events.about(item, 'response.custom_tool_call_input.done', { input: done.input });
    } else {
      const told = { arguments: done.arguments };
      if (!this.#blockSaid)
        this.#events.about(item, 'response.function_call_arguments.delta', { delta: done.arguments });
      this.#events.about(item, 'response.function_call_arguments.done', { name: done.name, ...told });
    }
    this.#events.close(item, done);
  }

  #refuse(refusal: string): void {
    const index = this.#events.output.length;
    const item = this.#events.open(this.#writer.messageItem(index, []));
    const part = { type: 'refusal', refusal };
    this.#events.about(item, 'response.content_part.added', { content_index: 0, part: { ...part, refusal: '' } });
    this.#events.about(item, 'response.refusal.delta', { content_index: 0, delta: refusal });
    this.#events.about(item, 'response.refusal.done', { content_index: 0, refusal });
    this.#events.about(item, 'response.content_part.done', { content_index: 0, part });
    this.#events.close(item, this.#writer.messageItem(index, [part]));
  }

  #finish(): void {
    this.#closeMessage();
    const refusal = refusalOf(this.#end);
    if (refusal !== null) this.#refuse(refusal);
    const message = { model: this.#model, stop_reason: this.#end.stop_reason, usage: this.#usage };
    this.#sendEnd(this.#writer.ended(message, this.#events.output));
    this.#whole(this.#content);
  }

  #fail({ type, message }: { type: string; message: string }): void {
    if (!this.#begun) this.#begin('');
    this.#sendEnd(this.#writer.failed(this.#model, this.#events.output, openAiError(type, message)));
  }

  #sendEnd(response: JsonObject): void {
    this.#events.send(`response.${String(response.status)}`, { response });
  }
}
