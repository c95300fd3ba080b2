import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeStream } from '../../protocol/grammar.ts';
import { plainQuirks } from '../quirks.ts';
import { ContentTemplate } from './content-template.ts';
import { ChatStream } from './stream.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', 'a', '"content":"x"', '\\', '</think>', '😀\u0000'),
);
/** Chunks of all kinds, those that bring nothing but text most often. */
const chunk = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(text, fc.constantFrom('', 'pad', '"'))
      .map(([content, obfuscation]) => ({ content, obfuscation })),
  },
  { weight: 1, arbitrary: text.map((reasoning) => ({ reasoning })) },
  { weight: 1, arbitrary: fc.tuple(text, text).map(([content, refusal]) => ({ content, refusal })) },
  { weight: 1, arbitrary: text.map((content) => ({ content, usage: { prompt_tokens: 3, completion_tokens: 2 } })) },
  { weight: 1, arbitrary: text.map((content) => ({ content, finish: 'stop' })) },
  { weight: 1, arbitrary: text.map((content) => ({ content, id: 'other' })) },
  { weight: 1, arbitrary: fc.constant({ call: '{"a":1}' }) },
);
type Piece = { [name: string]: unknown };

function bytesOf(piece: Piece): string {
  const { content, reasoning, refusal, usage = null, finish = null, call, id = 'chatcmpl-1', obfuscation } = piece;
  const calls =
    call === undefined ? {} : { tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: call } }] };
  return JSON.stringify({
    ...{ id, object: 'chat.completion.chunk', created: 1, model: 'm' },
    choices: [{ index: 0, delta: { content, reasoning, refusal, ...calls }, logprobs: null, finish_reason: finish }],
    ...{ usage, obfuscation },
  });
}

/** What a stream of these chunks comes to; `spaced` is the same JSON, laid out anew each time so that no template fits. */
function told(pieces: readonly Piece[], spaced: boolean): unknown {
  const exchange = {
    ...{
      callId: 'req_1',
      provider: 'p',
      model: 'm',
      quirks: plainQuirks,
      usedToolIds: new Set<string>(),
      toolNames: new Map(),
    },
    ...{ toolSchemas: new Map(), stopSequences: [], promptTokens: undefined, passThrough: false },
  };
  const stream = new ChatStream(exchange);
  const events = pieces.flatMap((piece, index) => {
    const json = bytesOf(piece);
    const data = spaced ? `{${' '.repeat(index + 1)}${json.slice(1)}` : json;
    return stream.push(Buffer.from(`data: ${data}\n\n`));
  });
  events.push(...stream.push(Buffer.from('data: [DONE]\n\n')), ...stream.end());
  return { events: events.map((event) => event.bytes.toString()), failure: stream.failure?.message };
}

describe('chunks that bring nothing but text', () => {
  it('are told alike whether recognised by their bytes or parsed, whatever stands between them', () => {
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 12 }), (pieces) => {
        expect(told(pieces, false)).toEqual(told(pieces, true));
      }),
      { numRuns: 500 },
    );
  });

  it('are a legal stream', () => {
    const { events } = told([{ content: 'a' }, { content: 'b' }, { content: 'c', finish: 'stop' }], false) as {
      events: string[];
    };
    expect(judgeStream(Buffer.from(events.join('')))).toEqual([]);
    expect(events.filter((event) => event.includes('text_delta'))).toHaveLength(3);
  });

  it('are recognised with any text and any padding', () => {
    const first = { content: 'first', obfuscation: 'xy' };
    const template = ContentTemplate.of(Buffer.from(bytesOf(first)), JSON.parse(bytesOf(first)));
    fc.assert(
      fc.property(text, text, (content, obfuscation) => {
        expect(template?.read(Buffer.from(bytesOf({ content, obfuscation })))).toBe(content);
      }),
    );
  });

  it.each([
    [{ content: 'a', finish: 'stop' }],
    [{ content: 'a', usage: { prompt_tokens: 1 } }],
    [{ content: '' }],
    [{ content: 'a', refusal: 'no' }],
    [{ reasoning: 'a' }],
  ])('are not those that tell more: %j', (piece) => {
    expect(ContentTemplate.of(Buffer.from(bytesOf(piece)), JSON.parse(bytesOf(piece)))).toBeUndefined();
  });
});
