import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StreamGrammar } from '../../protocol/grammar.ts';
import { MessageBuilder } from '../../protocol/message-builder.ts';
import type { Message, StopReason } from '../../protocol/messages.ts';
import type { StreamEvent } from '../../protocol/stream-event.ts';
import type { Exchange } from '../dialect.ts';
import { plainQuirks } from '../quirks.ts';
import { BlockWriter } from './block-writer.ts';

function exchange(changes: Partial<Exchange> = {}): Exchange {
  return {
    callId: 'req_1',
    provider: 'acme',
    model: 'acme-1',
    quirks: plainQuirks,
    usedToolIds: new Set(),
    toolNames: new Map(),
    toolSchemas: new Map(),
    stopSequences: [],
    promptTokens: undefined,
    passThrough: false,
    ...changes,
  };
}

function messageOf(events: StreamEvent[]): Message {
  const builder = new MessageBuilder();
  for (const event of events) builder.add(event.data);
  return builder.message!;
}

function written(write: (writer: BlockWriter) => void, changes: Partial<Exchange> = {}): Message {
  const writer = new BlockWriter(exchange(changes));
  write(writer);
  writer.end();
  return messageOf(writer.take());
}

describe('BlockWriter', () => {
  it('opens and closes blocks as their kinds change', () => {
    const message = written((writer) => {
      writer.thinking('Look ');
      writer.thinking('first.');
      writer.signature('s1');
      writer.text('Reading.');
      writer.toolStart('a', { id: 'call_a', name: 'Read' });
      writer.toolArguments('a', '{"path":"a"}');
      writer.finish('tool_use');
    });
    expect(message.content).toEqual([
      { type: 'thinking', thinking: 'Look first.', signature: 's1' },
      { type: 'text', text: 'Reading.' },
      { type: 'tool_use', id: 'call_a', name: 'Read', input: { path: 'a' } },
    ]);
    expect(message.stop_reason).toBe('tool_use');
  });

  it('writes text at once and a call only when it is whole', () => {
    const writer = new BlockWriter(exchange());
    writer.text('a');
    expect(writer.take().map((event) => event.type)).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
    ]);
    writer.toolStart('a', { name: 'Read' });
    writer.toolArguments('a', '{"path":');
    expect(writer.take()).toEqual([]);
  });

  it('asks for a signature only when its block closes', () => {
    let state = 'early';
    const message = written((writer) => {
      writer.thinking('x');
      writer.signature(() => state);
      state = 'late';
    });
    expect(message.content[0]).toMatchObject({ signature: 'late' });
  });

  it('shows a call that the token limit cut not at all', () => {
    const message = written((writer) => {
      writer.toolStart('a', { name: 'Read' });
      writer.toolArguments('a', '{"path":"a"}');
      writer.toolStart('b', { name: 'Write' });
      writer.toolArguments('b', '{"path":"b","text":"half of');
      writer.finish('max_tokens');
    });
    expect(message.content).toMatchObject([{ type: 'tool_use', name: 'Read' }]);
    expect(message.stop_reason).toBe('max_tokens');
  });

  it('hands over broken arguments unparsed where nothing cut them', () => {
    const message = written((writer) => {
      writer.toolStart('a', { name: 'Read' });
      writer.toolArguments('a', '{"path":');
      writer.finish('tool_use');
    });
    expect(message.content[0]).toMatchObject({ input: { __unparsedToolInput: { raw: '{"path":', len: 8 } } });
  });

  it('shows a whole call before what is said behind it, also where the text in front still waits to be a stop sequence', () => {
    const message = written(
      (writer) => {
        writer.text('I read. EN');
        writer.toolStart('a', { id: 'call_a', name: 'Read' });
        writer.toolArguments('a', '{"path":"a"}');
        writer.text('D is no');
        writer.text('t near.');
        writer.finish('end_turn');
      },
      { stopSequences: ['END'] },
    );
    expect(message.content.map((block) => block.text ?? block.name)).toEqual(['I read. EN', 'Read', 'D is not near.']);
  });

  it('puts the signature of a call into an empty thinking block in front of it', () => {
    const message = written((writer) => {
      writer.toolStart('a', { id: 'call_a', name: 'Read' });
      writer.toolArguments('a', '{"path":"a"}');
      writer.toolStart('b', { id: 'call_b', name: 'Read' });
      writer.toolSignature('b', 's1');
      writer.toolArguments('b', '{"path":"b"}');
      writer.finish('tool_use');
    });
    expect(message.content.map((block) => block.signature ?? block.id)).toEqual(['call_a', 's1', 'call_b']);
  });

  it('says tool_use where a call was written, whatever gentler reason was given', () => {
    const call = (writer: BlockWriter) => writer.toolStart('a', { name: 'Read' });
    const reasonAfter = (reason: StopReason) =>
      written((writer) => {
        call(writer);
        writer.finish(reason);
      }).stop_reason;
    expect(reasonAfter('end_turn')).toBe('tool_use');
    expect(reasonAfter('max_tokens')).toBe('max_tokens');
    expect(reasonAfter('refusal')).toBe('refusal');
  });

  it('cuts the text at a stop sequence that the upstream does not know, and says which', () => {
    const message = written(
      (writer) => {
        for (const piece of ['one EN', 'D two']) writer.text(piece);
        writer.thinking('never shown');
        writer.toolStart('a', { name: 'Read' });
        writer.finish('max_tokens');
      },
      { stopSequences: ['END'] },
    );
    expect(message.content).toEqual([{ type: 'text', text: 'one ' }]);
    expect(message).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: 'END' });
  });

  it('estimates usage where none was reported', () => {
    const estimated = written((writer) => writer.text('12345678'), { promptTokens: () => 40 });
    expect(estimated.usage).toMatchObject({ input_tokens: 40, output_tokens: 2 });
    const reported = written((writer) => writer.usage({ input_tokens: 7, output_tokens: 3 }), {
      promptTokens: () => 40,
    });
    expect(reported.usage).toMatchObject({ input_tokens: 7, output_tokens: 3 });
  });

  it('gives tools the names that the client knows', () => {
    const message = written((writer) => writer.toolStart('a', { name: 'short' }), {
      toolNames: new Map([['short', 'long']]),
    });
    expect(message.content[0]).toMatchObject({ name: 'long' });
  });

  it('writes a legal stream whatever is called in whatever order', () => {
    fc.assert(
      fc.property(
        fc.array(anyCall, { maxLength: 40 }),
        fc.array(anyText, { maxLength: 3 }),
        fc.boolean(),
        (calls, stops, twice) => {
          const writer = new BlockWriter(exchange({ stopSequences: stops, usedToolIds: new Set(['call_0']) }));
          const grammar = new StreamGrammar();
          const judge = () => {
            for (const event of writer.take()) grammar.add(event.data);
          };
          for (const call of calls) {
            call(writer);
            judge();
          }
          expect(grammar.violations).toEqual([]);
          writer.end();
          if (twice) {
            for (const call of calls) call(writer);
            writer.end();
          }
          judge();
          expect(grammar.finish()).toEqual([]);
        },
      ),
      { numRuns: 1500 },
    );
  });

  it('shows the same text however it is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 4 })), (pieces) => {
        const stopSequences = ['abc', 'ca'];
        const cut = written(
          (writer) => {
            for (const piece of pieces) writer.text(piece);
          },
          { stopSequences },
        );
        const whole = written((writer) => writer.text(pieces.join('')), { stopSequences });
        expect(cut.content).toEqual(whole.content);
        expect(cut.stop_sequence).toBe(whole.stop_sequence);
      }),
    );
  });
});

const anyText = fc.string({ unit: fc.constantFrom('a', 'b', '{', '}', '"', ':', '1', ' '), maxLength: 8 });
const anyKey = fc.constantFrom('0', '1', '2');
const anyArguments = fc.oneof(anyText, fc.constantFrom('{"a":1}', '{}', '{"a"', ':1}', '{"a":1}{"a":1}'));
const anyId = fc.constantFrom(undefined, '', 'call_0', 'call_1', 'functions.Read:0', 'x'.repeat(200));
const anyName = fc.constantFrom(undefined, '', 'Read', 'Re', 'ad');
const anyReason = fc.constantFrom<StopReason>(
  'end_turn',
  'max_tokens',
  'tool_use',
  'refusal',
  'stop_sequence',
  'pause_turn',
);

const anyCall: fc.Arbitrary<(writer: BlockWriter) => unknown> = fc.oneof(
  anyText.map((text) => (writer: BlockWriter) => writer.text(text)),
  anyText.map((text) => (writer: BlockWriter) => writer.thinking(text)),
  anyText.map((text) => (writer: BlockWriter) => writer.signature(text)),
  fc.constant((writer: BlockWriter) => writer.citation({ type: 'web_search_result_location' })),
  fc.constant((writer: BlockWriter) => writer.closeBlock()),
  fc.constant((writer: BlockWriter) => writer.wholeBlock({ type: 'redacted_thinking', data: 'x' })),
  fc.constant((writer: BlockWriter) => writer.serverToolUse('srvtoolu_1', 'web_search', { query: 'x' })),
  fc.tuple(anyKey, anyId, anyName).map(
    ([key, id, name]) =>
      (writer: BlockWriter) =>
        writer.toolStart(key, { ...(id === undefined ? {} : { id }), ...(name === undefined ? {} : { name }) }),
  ),
  fc.tuple(anyKey, anyArguments).map(
    ([key, text]) =>
      (writer: BlockWriter) =>
        writer.toolArguments(key, text),
  ),
  fc.tuple(anyKey, fc.option(anyArguments, { nil: undefined })).map(
    ([key, text]) =>
      (writer: BlockWriter) =>
        writer.toolEnd(key, text),
  ),
  fc.tuple(fc.integer(), fc.integer()).map(
    ([input, output]) =>
      (writer: BlockWriter) =>
        writer.usage({ input_tokens: input, output_tokens: output }),
  ),
  fc.tuple(anyReason, fc.option(anyText)).map(
    ([reason, stop]) =>
      (writer: BlockWriter) =>
        writer.finish(reason, stop),
  ),
  fc.constant((writer: BlockWriter) => writer.closingFields({ stop_details: null })),
  fc.constant((writer: BlockWriter) => writer.identify('', null)),
  fc.constant((writer: BlockWriter) => writer.identify('chatcmpl-1', 'm')),
);
