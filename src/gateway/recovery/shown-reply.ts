import type { ContentBlock, StreamEventData, Usage } from '../../protocol/messages.ts';
import type { StreamEvent } from '../../protocol/stream-event.ts';
import { emptyUsage, mergeUsage } from '../../protocol/usage.ts';

/** What the client has been shown of an answer: all that a continuation must know. */
export class ShownReply {
  started = false;
  ended = false;
  nextIndex = 0;
  /** The block that is open, by its index towards the client. */
  open: { index: number; type: string } | undefined;
  /** All text that was shown, in order. */
  text = '';
  /** False once something was shown that no other model can go on from: a tool call, a server tool, a stop reason. */
  isContinuable = true;
  usage: Usage = emptyUsage();
  #characters = 0;

  add(events: readonly StreamEvent[]): void {
    for (const event of events) this.#add(event.data);
  }

  /** Output tokens, estimated where nothing was reported. */
  get outputTokens(): number {
    return Math.max(this.usage.output_tokens, Math.ceil(this.#characters / 4));
  }

  #add(data: StreamEventData): void {
    switch (data.type) {
      case 'message_start':
        this.started = true;
        this.usage = mergeUsage(this.usage, data.message.usage);
        return;
      case 'content_block_start':
        this.#start(data.index, data.content_block);
        return;
      case 'content_block_delta': {
        const { text, thinking } = data.delta as { text?: unknown; thinking?: unknown };
        if (data.delta.type === 'text_delta' && typeof text === 'string') this.text += text;
        this.#characters += String(text ?? thinking ?? '').length;
        return;
      }
      case 'content_block_stop':
        this.open = undefined;
        return;
      case 'message_delta':
        this.isContinuable = false;
        this.usage = mergeUsage(this.usage, data.usage);
        return;
      case 'message_stop':
      case 'error':
        this.ended = true;
    }
  }

  #start(index: number, block: ContentBlock): void {
    this.open = { index, type: block.type };
    this.nextIndex = index + 1;
    if (!continuable.has(block.type)) this.isContinuable = false;
    if (block.type === 'text' && typeof block.text === 'string') this.text += block.text;
  }
}

const continuable = new Set(['text', 'thinking', 'redacted_thinking']);
