import type { ContentBlock, Delta, JsonObject, Message, StreamEventData } from './messages.ts';
import { StreamEvent } from './stream-event.ts';

/** A whole message as the stream that would have brought it. */
export function eventsOfMessage(message: Message): StreamEvent[] {
  const { content, stop_reason, stop_sequence, usage, ...head } = message;
  const data: StreamEventData[] = [
    {
      type: 'message_start',
      message: { ...head, content: [], stop_reason: null, stop_sequence: null, usage } as Message,
    },
  ];
  content.forEach((block, index) => {
    data.push({ type: 'content_block_start', index, content_block: emptied(block) });
    for (const delta of deltasOf(block)) data.push({ type: 'content_block_delta', index, delta });
    data.push({ type: 'content_block_stop', index });
  });
  data.push({ type: 'message_delta', delta: { stop_reason: stop_reason ?? 'end_turn', stop_sequence }, usage });
  data.push({ type: 'message_stop' });
  return data.map((event) => StreamEvent.of(event));
}

function emptied(block: ContentBlock): ContentBlock {
  switch (block.type) {
    case 'text':
      return { ...block, text: '' };
    case 'thinking':
      return { ...block, thinking: '', signature: '' };
    case 'tool_use':
    case 'server_tool_use':
    case 'mcp_tool_use':
      return { ...block, input: {} };
    default:
      return block;
  }
}

function deltasOf(block: ContentBlock): Delta[] {
  const { text, thinking, signature, input } = block as JsonObject;
  const deltas: Delta[] = [];
  if (block.type === 'text' && text !== '') deltas.push({ type: 'text_delta', text: String(text) });
  if (block.type === 'thinking') {
    if (thinking !== '') deltas.push({ type: 'thinking_delta', thinking: String(thinking) });
    if (signature) deltas.push({ type: 'signature_delta', signature: String(signature) });
  }
  if (/tool_use$/.test(block.type))
    deltas.push({ type: 'input_json_delta', partial_json: JSON.stringify(input ?? {}) });
  return deltas;
}
