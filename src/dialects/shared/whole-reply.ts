import { MessageBuilder } from '../../protocol/message-builder.ts';
import type { StreamEvent } from '../../protocol/stream-event.ts';
import { WholeMessage } from '../../protocol/whole-message.ts';

/** The message that a whole stream of events tells; the first of them must be its `message_start`. */
export function wholeReply(events: readonly StreamEvent[], usageEstimated: boolean): WholeMessage {
  const builder = new MessageBuilder();
  for (const event of events) builder.add(event.data);
  return WholeMessage.of(builder.message!, usageEstimated);
}
