import fc from 'fast-check';
import type { ContentBlock, Delta, Message, StreamEventData } from '../../src/protocol/messages.ts';
import { StreamEvent } from '../../src/protocol/stream-event.ts';

/** A message, and one of the legal streams that bring it, in batches. */
export interface MessageStream {
  message: Message;
  batches: StreamEvent[][];
}

const words = fc.oneof(fc.string({ maxLength: 30 }), fc.string({ unit: 'grapheme', maxLength: 30 }));

const input = fc.oneof(
  fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 3 }),
  fc.record({ input: words }),
  words.map((raw) => ({ __unparsedToolInput: { raw, len: raw.length } })),
);

const citation = fc.record({
  type: fc.constant('web_search_result_location'),
  url: fc.webUrl(),
  title: fc.oneof(words, fc.constant(null)),
  cited_text: words,
});

const block: fc.Arbitrary<ContentBlock> = fc.oneof(
  fc.record({ type: fc.constant('text'), text: words }),
  fc.record({ type: fc.constant('text'), text: words, citations: fc.array(citation, { minLength: 1, maxLength: 2 }) }),
  fc.record({ type: fc.constant('thinking'), thinking: words, signature: fc.base64String({ maxLength: 20 }) }),
  fc.record({ type: fc.constant('redacted_thinking'), data: fc.base64String() }),
  fc.record({
    type: fc.constant('tool_use'),
    id: fc.uuid().map((id) => `toolu_${id}`),
    name: fc.constantFrom('Read', 'apply_patch', 'crm__find'),
    input,
  }),
  fc.constant({ type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'x' } }),
  fc.constant({ type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [] }),
  fc.constant({ type: 'of_tomorrow', x: 1 }),
);

const ending = fc.oneof(
  fc.constantFrom('end_turn', 'max_tokens', 'stop_sequence', 'tool_use', 'pause_turn', 'compaction').map((reason) => ({
    stop_reason: reason,
    stop_sequence: null,
  })),
  fc.record({
    stop_reason: fc.constant('refusal'),
    stop_sequence: fc.constant(null),
    stop_details: fc.oneof(
      fc.constant(null),
      fc.record({ type: fc.constant('refusal'), explanation: fc.oneof(fc.constant(null), words) }),
    ),
  }),
);

const usage = fc.record({
  input_tokens: fc.nat({ max: 100_000 }),
  output_tokens: fc.integer({ min: 1, max: 10_000 }),
  cache_read_input_tokens: fc.oneof(fc.constant(null), fc.nat({ max: 1000 })),
  cache_creation_input_tokens: fc.nat({ max: 1000 }),
});

/** Any legal message, in any of the ways in which it may be streamed. */
export const messageStreams: fc.Arbitrary<MessageStream> = fc
  .record({ content: fc.array(block, { maxLength: 6 }), ending, usage, cuts: fc.infiniteStream(fc.nat({ max: 9 })) })
  .map(({ content, ending: end, usage: counts, cuts }) => {
    const next = () => cuts.next().value as number;
    const message: Message = {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'claude-x',
      content,
      ...end,
      usage: counts,
    };
    return { message, batches: batched(eventsOf(message, next), next) };
  });

function eventsOf(message: Message, next: () => number): StreamEventData[] {
  const { content, stop_reason: reason, stop_sequence: sequence, stop_details: details, usage: counts } = message;
  const started = { ...counts, output_tokens: 1 };
  const head: Message = { ...message, content: [], stop_reason: null, stop_sequence: null, usage: started };
  delete head.stop_details;
  const events: StreamEventData[] = [{ type: 'message_start', message: head }, { type: 'ping' }];
  content.forEach((block, index) => {
    events.push({ type: 'content_block_start', index, content_block: emptied(block) });
    for (const delta of deltasOf(block, next)) {
      events.push({ type: 'content_block_delta', index, delta });
      if (next() === 0) events.push({ type: 'ping' });
    }
    events.push({ type: 'content_block_stop', index });
  });
  const delta = {
    stop_reason: reason,
    stop_sequence: sequence,
    ...(details === undefined ? {} : { stop_details: details }),
  };
  events.push({ type: 'message_delta', delta, usage: counts }, { type: 'message_stop' });
  return events;
}

function emptied(block: ContentBlock): ContentBlock {
  if (block.type === 'text') return { type: 'text', text: '' };
  if (block.type === 'thinking') return { type: 'thinking', thinking: '', signature: '' };
  return block.type.endsWith('tool_use') ? { ...block, input: {} } : block;
}

function deltasOf(block: ContentBlock, next: () => number): Delta[] {
  const fields = block as {
    text?: string;
    thinking?: string;
    signature?: string;
    citations?: never[];
    input?: unknown;
  };
  switch (block.type) {
    case 'text':
      return [
        ...pieces(fields.text ?? '', next).map((text): Delta => ({ type: 'text_delta', text })),
        ...(fields.citations ?? []).map((citation): Delta => ({ type: 'citations_delta', citation })),
      ];
    case 'thinking':
      return [
        ...pieces(fields.thinking ?? '', next).map((thinking): Delta => ({ type: 'thinking_delta', thinking })),
        { type: 'signature_delta', signature: fields.signature ?? '' },
      ];
    case 'server_tool_use':
    case 'tool_use': {
      const json = JSON.stringify(fields.input);
      if (json === '{}' && next() < 5) return [];
      // The router writes what it could not parse in one piece.
      const parts = json.startsWith('{"__unparsedToolInput"') ? [json] : ['', ...pieces(json, next)];
      return parts.map((partial_json): Delta => ({ type: 'input_json_delta', partial_json }));
    }
  }
  return [];
}

function pieces(text: string, next: () => number): string[] {
  const parts: string[] = [];
  let rest = text;
  while (rest !== '') {
    const length = next() + 1;
    parts.push(rest.slice(0, length));
    rest = rest.slice(length);
  }
  return parts;
}

function batched(events: StreamEventData[], next: () => number): StreamEvent[][] {
  const batches: StreamEvent[][] = [];
  let rest = events.map((event) => StreamEvent.of(event));
  while (rest.length > 0) {
    const length = next() + 1;
    batches.push(rest.slice(0, length));
    rest = rest.slice(length);
  }
  return batches;
}
