import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSplitter } from './lines.ts';
import { SseSplitter } from './sse.ts';

function split(bytes: Buffer, cuts: number[] = []): { event: string; data: string | undefined; bytes: string }[] {
  const splitter = new SseSplitter();
  const frames = [];
  let start = 0;
  for (const cut of [...cuts.filter((at) => at > 0 && at < bytes.length).sort((a, b) => a - b), bytes.length]) {
    frames.push(...splitter.push(Buffer.from(bytes.subarray(start, cut))));
    start = cut;
  }
  frames.push(...splitter.end());
  return frames.map((frame) => ({
    event: frame.event,
    data: frame.data?.toString(),
    bytes: frame.view.toString('utf8', frame.start, frame.end),
  }));
}

/** Frames that are recognised as a whole, and such as are nearly so. */
const delta = '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"é\\n"}}';
const deltas = [
  `event: content_block_delta\ndata: ${delta}\n\n`,
  `event: content_block_delta\ndata: ${delta}  \n\n`,
  `event: content_block_delta\r\ndata: ${delta}\r\n\r\n`,
  `event: content_block_delta\ndata: ${delta}\nid: 1\n\n`,
  `event: content_block_delta\ndata: ${delta}\ndata: 2\n\n`,
  `event: content_block_delta\ndata: ${delta.slice(0, -2)}\n\n`,
].join('');

describe('the SSE splitter', () => {
  it.each([
    ['LF', 'event: a\ndata: 1\n\n', [{ event: 'a', data: '1' }]],
    [
      'CRLF',
      'event: a\r\ndata: 1\r\n\r\ndata: 2\r\n\r\n',
      [
        { event: 'a', data: '1' },
        { event: '', data: '2' },
      ],
    ],
    ['no space behind the colon', 'data:{"a":1}\n\n', [{ event: '', data: '{"a":1}' }]],
    ['several data lines', 'data: a\ndata: b\n\n', [{ event: '', data: 'a\nb' }]],
    [
      'a comment',
      ': keep-alive\n\ndata: 1\n\n',
      [
        { event: '', data: undefined },
        { event: '', data: '1' },
      ],
    ],
    ['a byte order mark', '\ufeffdata: 1\n\n', [{ event: '', data: '1' }]],
    [
      'no blank line at the end',
      'data: 1\n\ndata: 2',
      [
        { event: '', data: '1' },
        { event: '', data: '2' },
      ],
    ],
    ['a bare line of JSON', '{"error":"boom"}\n\n', [{ event: '', data: '{"error":"boom"}' }]],
  ])('reads %s', (_, text, frames) => {
    expect(split(Buffer.from(text)).map(({ event, data }) => ({ event, data }))).toEqual(frames);
  });

  it('gives the same frames however the bytes are cut, and keeps every byte', () => {
    const text = `event: a\r\ndata: é漢🚀\r\n\r\n: c\n\ndata: x\ndata: y\n\nevent: b\ndata: {"z":"\\n"}\n\n${deltas}`;
    const bytes = Buffer.from(text);
    const whole = split(bytes);
    expect(whole.map((frame) => frame.bytes).join('')).toBe(text);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length)), (cuts) => {
        expect(split(bytes, cuts)).toEqual(whole);
      }),
    );
    expect(split(bytes, [...bytes.keys()])).toEqual(whole);
  });

  it('stays linear where a large frame comes in many small chunks', () => {
    const splitter = new SseSplitter();
    const chunk = Buffer.alloc(1024, 'x');
    splitter.push(Buffer.from('data: '));
    const start = performance.now();
    for (let index = 0; index < 16 * 1024; index += 1) splitter.push(chunk);
    const [frame] = splitter.push(Buffer.from('\n\n'));
    expect(frame?.data?.length).toBe(16 * 1024 * 1024);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

describe('the line splitter', () => {
  it('gives the same lines however the bytes are cut', () => {
    const bytes = Buffer.from('{"a":1}\r\n\n{"b":"é"}\n{"c":3}');
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length)), (cuts) => {
        const splitter = new LineSplitter();
        const lines: Buffer[] = [];
        let start = 0;
        for (const cut of [...cuts.sort((a, b) => a - b), bytes.length]) {
          lines.push(...splitter.push(Buffer.from(bytes.subarray(start, cut))));
          start = cut;
        }
        lines.push(...splitter.end());
        expect(lines.map(String)).toEqual(['{"a":1}', '{"b":"é"}', '{"c":3}']);
      }),
    );
  });
});
