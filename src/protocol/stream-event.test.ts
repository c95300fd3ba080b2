import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recognisePlainDelta } from './plain-delta.ts';
import { SseSplitter } from './sse.ts';
import { parseJson, StreamEvent } from './stream-event.ts';

/** Texts as a JSON string may hold them, and such as it may not. */
const inside = fc.oneof(
  fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text).slice(1, -1)),
  fc.stringMatching(/^[\\"u0-9a-fnx{}é\n\t ]{0,12}$/),
);
/** The first most often. */
const often = (first: string, ...rest: string[]) => {
  return fc.oneof({ weight: 5, arbitrary: fc.constant(first) }, { weight: 1, arbitrary: fc.constantFrom(...rest) });
};
const space = fc.constantFrom('', ' ', '   ', '\n');
/** Bytes that are a plain delta, or nearly one. */
const nearlyDelta = fc
  .record({
    index: often('0', '1', '12', '007', '-1', '1.5', '', '1e1', '99999999'),
    kind: often(
      'text_delta","text',
      'thinking_delta","thinking',
      'text_delta","thinking',
      'input_json_delta","partial_json',
      'signature_delta","signature',
    ),
    text: inside,
    end: fc.tuple(space, space, space).map(([a, b, c]) => `${a}}${b}}${c}`),
    more: often('', ',"more":1', '}'),
  })
  .map(({ index, kind, text, end, more }) => {
    return `{"type":"content_block_delta","index":${index},"delta":{"type":"${kind}":"${text}"${more}${end}`;
  });
const anyBytes = fc
  .tuple(nearlyDelta, fc.nat(200), fc.integer({ min: 0, max: 255 }), fc.boolean())
  .map(([text, at, byte, spoil]) => {
    const bytes = Buffer.from(text);
    if (spoil && at < bytes.length) bytes[at] = byte;
    return bytes;
  });

describe('a delta that is recognised by its bytes', () => {
  it('is what parsing it tells', () => {
    let recognised = 0;
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const plain = recognisePlainDelta(bytes);
        if (!plain) return;
        recognised += 1;
        const field = plain.type === 'text_delta' ? 'text' : 'thinking';
        expect(parseJson(bytes.toString('utf8'))).toEqual({
          type: 'content_block_delta',
          index: plain.index,
          delta: { type: plain.type, [field]: expect.any(String) },
        });
      }),
      { numRuns: 3000 },
    );
    expect(recognised).toBeGreaterThan(50);
  });

  it.each([
    '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi \\"é\\u00e9"}}    ',
    '{"type":"content_block_delta","index":3,"delta":{"type":"thinking_delta","thinking":""}}',
  ])('is such as Anthropic writes: %s', (json) => {
    expect(recognisePlainDelta(Buffer.from(json))).toBeDefined();
  });
});

describe('stream events', () => {
  it('are told alike whether parsed or not', () => {
    fc.assert(
      fc.property(anyBytes, fc.constantFrom('content_block_delta', 'other', ''), (data, event) => {
        const [frame] = new SseSplitter().push(
          Buffer.concat([Buffer.from(`event: ${event}\ndata: `), data, Buffer.from('\n\n')]),
        );
        if (frame?.data === undefined) return;
        const parsed = parseJson(frame.data.toString('utf8')) as { type?: unknown } | undefined;
        const made = StreamEvent.fromFrame(frame);
        if (typeof parsed?.type !== 'string') expect(made).toBeUndefined();
        else expect([made?.type, made?.data]).toEqual([parsed.type, parsed]);
      }),
    );
  });

  it('are joined to the bytes that each of them has, whoever made them', () => {
    const frame = (text: string) => `event: ping\ndata: {"type":"ping","text":${JSON.stringify(text)}}\n\n`;
    const upstream = fc.array(fc.string(), { minLength: 1, maxLength: 4 }).map((texts) => {
      return new SseSplitter().push(Buffer.from(texts.map(frame).join(''))).map((each) => StreamEvent.fromFrame(each)!);
    });
    const own = fc.string({ unit: 'binary' }).map((text) => [StreamEvent.textDelta(1, text)]);
    fc.assert(
      fc.property(fc.array(fc.oneof(upstream, own), { maxLength: 6 }), fc.boolean(), (batches, written) => {
        const events = batches.flat();
        const bytes = () => Buffer.concat(events.map((event) => event.bytes)).toString();
        const before = written ? bytes() : undefined;
        const sizes = events.reduce((sum, event) => sum + event.size, 0);
        const joined = StreamEvent.join(events);
        expect([joined.toString(), joined.length]).toEqual([before ?? bytes(), sizes]);
      }),
    );
  });

  it('write a delta of text as they write any other', () => {
    fc.assert(
      fc.property(fc.nat(9), fc.string({ unit: 'binary' }), (index, text) => {
        const made = StreamEvent.textDelta(index, text);
        expect(made.bytes.toString()).toBe(StreamEvent.of(made.data).bytes.toString());
      }),
    );
  });
});
