import type { StreamEventData, Usage } from '../protocol/messages.ts';
import type { StreamEvent } from '../protocol/stream-event.ts';
import { emptyUsage, mergeUsage, promptTokensOf, tokenCount } from '../protocol/usage.ts';

/** What a stream said about itself on its way: usage, stop reason, the model that answered. */
export class ReplyWatch {
  usage: Usage | undefined;
  stopReason: string | undefined;
  upstreamModel: string | undefined;
  #usageIsFinal = false;
  #deltas = 0;
  #deltaBytes = 0;

  add(events: readonly StreamEvent[]): void {
    for (const event of events) {
      if (event.type === 'content_block_delta') {
        this.#deltas += 1;
        this.#deltaBytes += event.size;
      } else if (event.type === 'message_start' || event.type === 'message_delta') this.#look(event.data);
    }
  }

  /**
   * The usage of a stream that is over. Where it ended before the last report, what was not reported is estimated: the
   * answer by what was seen of it, the prompt by `estimatePrompt`.
   */
  spent(estimatePrompt: () => number): { usage: Usage | undefined; estimated: boolean } {
    if (this.#usageIsFinal || this.usage === undefined) return { usage: this.usage, estimated: false };
    const usage = { ...this.usage };
    if (promptTokensOf(usage) === 0) usage.input_tokens = estimatePrompt();
    usage.output_tokens = Math.max(tokenCount(usage.output_tokens), this.#seenTokens());
    return { usage, estimated: true };
  }

  #seenTokens(): number {
    return Math.ceil(Math.max(0, this.#deltaBytes - this.#deltas * frameBytes) / bytesPerToken);
  }

  #look(data: StreamEventData): void {
    if (data.type === 'message_start') {
      this.upstreamModel = data.message.model;
      this.usage = mergeUsage(this.usage ?? emptyUsage(), data.message.usage);
    } else if (data.type === 'message_delta') {
      this.stopReason = data.delta.stop_reason ?? this.stopReason;
      this.usage = mergeUsage(this.usage ?? emptyUsage(), data.usage);
      this.#usageIsFinal = true;
    }
  }
}

/** What of a delta's frame is not text. */
const frameBytes =
  'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":""}}\n\n'
    .length;
const bytesPerToken = 4;
