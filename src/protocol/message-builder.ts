import type { ContentBlock, Delta, JsonObject, Message, StreamEventData } from './messages.ts';
import { parseJson } from './stream-event.ts';
import { emptyUsage, mergeUsage } from './usage.ts';

/** Folds the events of a legal stream into the message that a call without streaming would have returned. */
export class MessageBuilder {
  #message: Message | undefined;
  #open: ContentBlock | undefined;
  #json = '';

  /** Takes one event; `ping`, `error` and unknown ones change nothing. */
  add(event: StreamEventData): void {
    switch (event.type) {
      case 'message_start':
        this.#message = { ...event.message, content: [], usage: mergeUsage(emptyUsage(), event.message.usage) };
        return;
      case 'content_block_start':
        this.#open = { ...event.content_block };
        this.#json = '';
        this.#message?.content.push(this.#open);
        return;
      case 'content_block_delta':
        if (this.#open) this.#addDelta(this.#open, event.delta);
        return;
      case 'content_block_stop':
        this.#close();
        return;
      case 'message_delta':
        if (this.#message) {
          Object.assign(this.#message, event.delta);
          this.#message.usage = mergeUsage(this.#message.usage, event.usage);
        }
    }
  }

  /** The message so far; undefined before `message_start`. */
  get message(): Message | undefined {
    return this.#message;
  }

  #addDelta(block: JsonObject, delta: Delta): void {
    switch (delta.type) {
      case 'text_delta':
        block.text = `${block.text ?? ''}${delta.text}`;
        return;
      case 'thinking_delta':
        block.thinking = `${block.thinking ?? ''}${delta.thinking}`;
        return;
      case 'signature_delta':
        block.signature = delta.signature;
        return;
      case 'input_json_delta':
        this.#json += delta.partial_json;
        return;
      case 'citations_delta':
        block.citations = [...((block.citations as unknown[] | null | undefined) ?? []), delta.citation];
    }
  }

  #close(): void {
    if (this.#open && this.#json !== '') (this.#open as JsonObject).input = parseJson(this.#json) ?? {};
    this.#open = undefined;
  }
}
