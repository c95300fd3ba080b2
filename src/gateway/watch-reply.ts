import type { StreamEventData, Usage } from '../protocol/messages.ts';
import type { StreamEvent } from '../protocol/stream-event.ts';
import { emptyUsage, mergeUsage } from '../protocol/usage.ts';

/** What a stream said about itself on its way: usage, stop reason, the model that answered. */
export class ReplyWatch {
  usage: Usage | undefined;
  stopReason: string | undefined;
  upstreamModel: string | undefined;

  add(events: readonly StreamEvent[]): void {
    for (const event of events) {
      if (event.type === 'message_start' || event.type === 'message_delta') this.#look(event.data);
    }
  }

  #look(data: StreamEventData): void {
    if (data.type === 'message_start') {
      this.upstreamModel = data.message.model;
      this.usage = mergeUsage(this.usage ?? emptyUsage(), data.message.usage);
    } else if (data.type === 'message_delta') {
      this.stopReason = data.delta.stop_reason ?? this.stopReason;
      this.usage = mergeUsage(this.usage ?? emptyUsage(), data.usage);
    }
  }
}
