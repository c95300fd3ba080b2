import { eventsOfMessage } from '../../src/protocol/events-of-message.ts';
import type { MessagesRequest } from '../../src/protocol/messages.ts';
import { parseJson } from '../../src/protocol/stream-event.ts';

/** What the second target says: the same whether it is asked anew or to go on. */
export const fallbackText = ' ❖second target❖ goes on, and ends here.';

/** Its stream, with what it was asked to go on from. */
export function fallbackReply(body: Buffer): { bytes: Buffer; said: string | undefined } {
  const request = parseJson(body.toString('utf8')) as MessagesRequest;
  const events = eventsOfMessage({
    ...{ id: 'msg_second', type: 'message', role: 'assistant', model: 'second', stop_sequence: null },
    ...{ content: [{ type: 'text', text: fallbackText }], stop_reason: 'end_turn' },
    usage: { input_tokens: 11, output_tokens: 13 },
  });
  return { bytes: Buffer.concat(events.map((event) => event.bytes)), said: saidIn(request) };
}

/** The answer that stands behind the conversation; undefined where it is asked anew. */
function saidIn({ messages }: MessagesRequest): string | undefined {
  const last = messages.findLast(({ role }) => role === 'assistant');
  if (!last || messages.indexOf(last) !== messages.length - 2) return undefined;
  const content = Array.isArray(last.content) ? last.content : [];
  return content.map((block) => String(block.text ?? '')).join('');
}
