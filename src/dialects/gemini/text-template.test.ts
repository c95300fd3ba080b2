import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeStream } from '../../protocol/grammar.ts';
import type { JsonObject } from '../../protocol/messages.ts';
import { plainQuirks } from '../quirks.ts';
import { GeminiStream } from './stream.ts';
import { TextTemplate } from './text-template.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', 'a', '"text":"x"', '"usageMetadata":{}', '\\', '}', '😀\u0000'),
);
const usage = fc.constantFrom<unknown>(
  { promptTokenCount: 900, candidatesTokenCount: 1 },
  { promptTokenCount: 900, candidatesTokenCount: 20, promptTokensDetails: [{ modality: 'TEXT', tokenCount: 900 }] },
  { promptTokenCount: 900 },
  undefined,
  null,
);
interface Piece {
  parts: unknown[];
  usage?: unknown;
  finish?: string;
  id?: string;
  more?: JsonObject;
}
const of = (parts: fc.Arbitrary<unknown[]>, more: { [Name in keyof Piece]?: fc.Arbitrary<unknown> } = {}) =>
  fc.record({ parts, usage, ...more }) as fc.Arbitrary<Piece>;
const said = text.map((each) => [{ text: each }]);

/** Chunks of all kinds, those that bring nothing but text most often. */
const chunk = fc.oneof(
  { weight: 8, arbitrary: of(said) },
  { weight: 1, arbitrary: of(said, { finish: fc.constantFrom('STOP', 'MAX_TOKENS', 'SAFETY', '') }) },
  { weight: 1, arbitrary: of(said, { id: fc.constant('other') }) },
  { weight: 1, arbitrary: of(text.map((each) => [{ text: each, thought: true }])) },
  { weight: 1, arbitrary: of(text.map((each) => [{ text: each, thoughtSignature: 'c2ln' }])) },
  { weight: 1, arbitrary: of(fc.tuple(text, text).map((two) => two.map((each) => ({ text: each })))) },
  { weight: 1, arbitrary: of(fc.constant([{ functionCall: { name: 'f', args: { text: 'x' } } }])) },
  { weight: 1, arbitrary: of(fc.constant([{ executableCode: { language: 'PYTHON', code: '1' } }])) },
  {
    weight: 1,
    arbitrary: of(said, {
      more: fc.constant({ groundingMetadata: { webSearchQueries: ['q'], groundingChunks: [{ web: { uri: 'u' } }] } }),
    }),
  },
);

function replyOf({ parts, usage: usageMetadata, finish, id = 'r1', more }: Piece): JsonObject {
  return {
    candidates: [{ content: { parts, role: 'model' }, index: 0, finishReason: finish, ...more }],
    ...{ usageMetadata, modelVersion: 'm', responseId: id },
  };
}

/** As Google writes it, with a space behind each name. */
function jsonOf(value: unknown, spaced: boolean): string {
  if (!spaced) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((each) => jsonOf(each, true)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return `{${entries.map(([name, inner]) => `${JSON.stringify(name)}: ${jsonOf(inner, true)}`).join(',')}}`;
}

/** What a stream of these chunks comes to; `isNew` lays each out in another way, so that no template fits. */
function told(pieces: readonly Piece[], spaced: boolean, isNew: boolean): { events: string[]; failure?: string } {
  const stream = new GeminiStream({
    ...{ callId: 'req_1', provider: 'p', model: 'm', quirks: plainQuirks, usedToolIds: new Set<string>() },
    ...{ toolNames: new Map(), toolSchemas: new Map(), stopSequences: [], promptTokens: undefined, passThrough: false },
  });
  const events = pieces.flatMap((piece, index) => {
    const json = jsonOf(replyOf(piece), spaced);
    const data = isNew ? `{${' '.repeat(index + 1)}${json.slice(1)}` : json;
    return stream.push(Buffer.from(`data: ${data}\r\n\r\n`));
  });
  events.push(...stream.end());
  const failure = stream.failure?.message;
  return { events: events.map((event) => event.bytes.toString()), ...(failure === undefined ? {} : { failure }) };
}

const templateOf = (reply: JsonObject, spaced = false) =>
  TextTemplate.of(Buffer.from(jsonOf(reply, spaced)), JSON.parse(JSON.stringify(reply)));

describe('chunks that bring nothing but text', () => {
  it('are told alike whether recognised by their bytes or parsed, whatever stands between them', () => {
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 12 }), fc.boolean(), (pieces, spaced) => {
        expect(told(pieces, spaced, false)).toEqual(told(pieces, spaced, true));
      }),
      { numRuns: 1000 },
    );
  });

  it('are a legal stream', () => {
    const pieces = ['a', 'b', 'c'].map((each) => ({ parts: [{ text: each }] }));
    const { events } = told([...pieces, { parts: [{ text: '' }], finish: 'STOP' }], true, false);
    expect(judgeStream(Buffer.from(events.join('')))).toEqual([]);
    expect(events.filter((event) => event.includes('text_delta'))).toHaveLength(3);
  });

  it.each([true, false])('are recognised with any text and any count (spaced: %s)', (spaced) => {
    for (const first of [{ promptTokenCount: 900, candidatesTokenCount: 1 }, undefined]) {
      const template = templateOf(replyOf({ parts: [{ text: 'first' }], usage: first }), spaced);
      fc.assert(
        fc.property(text, fc.nat(), (each, count) => {
          const counted = first && { promptTokenCount: 900, candidatesTokenCount: count, details: [{ '}': 1 }] };
          const reply = replyOf({ parts: [{ text: each }], usage: counted });
          expect(template?.read(Buffer.from(jsonOf(reply, spaced)))).toEqual({ text: each, usage: counted });
        }),
      );
    }
  });

  it.each<[string, JsonObject]>([
    ['a finish reason', replyOf({ parts: [{ text: 'a' }], finish: 'STOP' })],
    ['a thought', replyOf({ parts: [{ text: 'a', thought: true }] })],
    ['a signature', replyOf({ parts: [{ text: 'a', thoughtSignature: 'c2ln' }] })],
    ['two parts', replyOf({ parts: [{ text: 'a' }, { text: 'b' }] })],
    ['no text', replyOf({ parts: [{ text: '' }] })],
    ['a source', replyOf({ parts: [{ text: 'a' }], more: { groundingMetadata: {} } })],
    ['a block reason', { ...replyOf({ parts: [{ text: 'a' }] }), promptFeedback: {} }],
  ])('are not those that tell more: %s', (_, reply) => {
    expect(templateOf(reply)).toBeUndefined();
  });

  it.each([
    ['a broken count', '"usageMetadata":{"promptTokenCount":9'],
    ['a broken text', '"text":"a\nb"'],
  ])('are not taken with %s', (_, piece) => {
    const json = JSON.stringify(replyOf({ parts: [{ text: 'a' }], usage: { promptTokenCount: 9 } }));
    const template = templateOf(JSON.parse(json));
    const broken = json.replace(
      piece.includes('usage') ? '"usageMetadata":{"promptTokenCount":9}' : '"text":"a"',
      piece,
    );
    expect(broken).not.toBe(json);
    expect(template?.read(Buffer.from(broken))).toBeUndefined();
  });
});
