import type { Message, Usage } from './messages.ts';
import { emptyUsage } from './usage.ts';

/** A message that says nothing: what a stream begins with. */
export function emptyMessage(id: string, model: string, usage: Usage = emptyUsage()): Message {
  return {
    id,
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage,
  };
}
