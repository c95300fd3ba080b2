import { MessageBuilder } from './message-builder.ts';
import type { Delta, Message } from './messages.ts';
import type { StreamEvent } from './stream-event.ts';

/** Folds a stream into the message that it tells, where nothing of it would be lost and it is not too large. */
export class StreamFold {
  readonly #builder = new MessageBuilder();
  readonly #mostBytes: number;
  #bytes = 0;
  #whole = false;
  #lost = false;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  add(events: readonly StreamEvent[]): void {
    if (this.#lost) return;
    for (const event of events) {
      this.#bytes += event.bytes.length;
      const { data } = event;
      if (data.type === 'error' || (data.type === 'content_block_delta' && !known.has(data.delta.type)))
        this.#lost = true;
      if (this.#bytes > this.#mostBytes) this.#lost = true;
      if (this.#lost) return;
      this.#builder.add(data);
      if (data.type === 'message_stop') this.#whole = true;
    }
  }

  /** True as soon as it can't be told as a message. */
  get isLost(): boolean {
    return this.#lost;
  }

  /** Undefined where the stream did not come to its end, or can't be told as a message. */
  get message(): Message | undefined {
    return this.#whole && !this.#lost ? this.#builder.message : undefined;
  }
}

const known: ReadonlySet<string> = new Set<Delta['type']>([
  'text_delta',
  'thinking_delta',
  'signature_delta',
  'input_json_delta',
  'citations_delta',
]);
