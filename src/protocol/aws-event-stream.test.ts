import { EventStreamCodec } from '@smithy/eventstream-codec';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AwsEventStreamSplitter, type AwsMessage } from './aws-event-stream.ts';

/** Amazon's own codec writes what is read here. */
const codec = new EventStreamCodec(
  (bytes) => (typeof bytes === 'string' ? bytes : Buffer.from(bytes as Uint8Array).toString('utf8')),
  (text) => new Uint8Array(Buffer.from(text)),
);

type Headers = Parameters<EventStreamCodec['encode']>[0]['headers'];

function written(headers: Headers, payload: string): Buffer {
  return Buffer.from(codec.encode({ headers, body: new Uint8Array(Buffer.from(payload)) }));
}

const text = (value: string) => ({ type: 'string' as const, value });

const messages = [
  written({ ':message-type': text('event'), ':event-type': text('chunk') }, '{"bytes":"e30="}'),
  written({}, ''),
  written(
    {
      ...{
        yes: { type: 'boolean', value: true },
        small: { type: 'byte', value: 7 },
        mid: { type: 'short', value: -3 },
      },
      ...{ number: { type: 'integer', value: 70_000 }, blob: { type: 'binary', value: new Uint8Array([1, 2]) } },
      ...{ time: { type: 'timestamp', value: new Date(0) }, after: text('größer') },
      id: { type: 'uuid', value: '01234567-89ab-cdef-0123-456789abcdef' },
    },
    'payload',
  ),
];
const whole = Buffer.concat(messages);

function read(chunks: Buffer[]): { found: AwsMessage[]; error: unknown } {
  const splitter = new AwsEventStreamSplitter();
  const found: AwsMessage[] = [];
  try {
    for (const chunk of chunks) for (const message of splitter.push(chunk)) found.push(message);
    return { found, error: undefined };
  } catch (error) {
    return { found, error };
  }
}

function shown({ headers, payload }: AwsMessage): unknown {
  return [[...headers], payload.toString('utf8')];
}

const expected = [
  [
    [
      [':message-type', 'event'],
      [':event-type', 'chunk'],
    ],
    '{"bytes":"e30="}',
  ],
  [[], ''],
  [[['after', 'größer']], 'payload'],
];

describe('an AWS event stream', () => {
  it('holds messages with headers of every type; those with text are told', () => {
    expect(read([whole]).found.map(shown)).toEqual(expected);
  });

  it('says the same however its bytes are cut', () => {
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: whole.length - 1 }), { maxLength: 20 });
    fc.assert(
      fc.property(cuts, (at) => {
        const ends = [0, ...at.sort((a, b) => a - b), whole.length];
        const chunks = ends.slice(1).map((end, index) => whole.subarray(ends[index], end));
        const { found, error } = read(chunks);
        expect(error).toBeUndefined();
        expect(found.map(shown)).toEqual(expected);
      }),
    );
  });

  it('is never believed where one bit of it is wrong', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length - 1 }), fc.integer({ min: 0, max: 7 }), (at, bit) => {
        const damaged = Buffer.from(whole);
        damaged[at]! ^= 1 << bit;
        const { found, error } = read([damaged]);
        expect(String(error)).toMatch(/damaged/);
        const sound = messages.filter((_, index) => Buffer.concat(messages.slice(0, index + 1)).length <= at);
        expect(found.map(shown)).toEqual(expected.slice(0, sound.length));
      }),
      { numRuns: 300 },
    );
  });

  it('is refused where a message claims to be larger than any is', () => {
    const huge = Buffer.from('7fffffff00000000', 'hex');
    const prelude = Buffer.concat([huge, Buffer.from('00000000', 'hex')]);
    expect(String(read([prelude]).error)).toMatch(/damaged/);
  });
});
