import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { imageSize } from './image-size.ts';

const base64 = (...parts: (number[] | string)[]) =>
  Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))),
  ).toString('base64');
const zeros = (count: number) => new Array<number>(count).fill(0);

const PNG = base64([0x89], 'PNG\r\n', [0x1a, 0x0a, 0, 0, 0, 13], 'IHDR', [0, 0, 4, 0, 0, 0, 3, 0, 8, 6, 0, 0, 0]);
const GIF = base64('GIF89a', [0x40, 0x01, 0xf0, 0x00], zeros(20));
const FRAME = [0xff, 0xc2, 0, 17, 8, 0x01, 0xe0, 0x02, 0x80, 3];
const JPEG = base64(
  [0xff, 0xd8, 0xff, 0xe0, 0, 16],
  'JFIF\0',
  zeros(9),
  [0xff, 0xff, 0xdb, 0, 4, 0, 0],
  FRAME,
  zeros(20),
);
const JPEG_WITH_PREVIEW = base64(
  [0xff, 0xd8, 0xff, 0xe1, 0xea, 0x62],
  zeros(60_000),
  [0xff, 0xc4, 0, 4, 0, 0],
  FRAME,
  zeros(20),
);
const webp = (chunk: string, data: number[]) =>
  base64('RIFF', [0, 0, 0, 0], 'WEBP', chunk, [0, 0, 0, 0], data, zeros(16));

describe('imageSize', () => {
  it.each([
    ['PNG', PNG, { width: 1024, height: 768 }],
    ['GIF', GIF, { width: 320, height: 240 }],
    ['progressive JPEG', JPEG, { width: 640, height: 480 }],
    ['JPEG behind 60 kB of metadata', JPEG_WITH_PREVIEW, { width: 640, height: 480 }],
    ['lossy WebP', webp('VP8 ', [0, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01]), { width: 640, height: 480 }],
    ['lossless WebP', webp('VP8L', [0x2f, 0x7f, 0xc2, 0x77, 0x00]), { width: 640, height: 480 }],
    ['extended WebP', webp('VP8X', [0, 0, 0, 0, 0x7f, 0x02, 0, 0xdf, 0x01, 0]), { width: 640, height: 480 }],
  ])('reads a %s', (_format, data, size) => {
    expect(imageSize(data)).toEqual(size);
  });

  it.each([
    ['nothing', ''],
    ['text', base64('hello world, this is not an image at all')],
    ['a header cut short', PNG.slice(0, 20)],
    ['a JPEG without a frame', base64([0xff, 0xd8, 0xff, 0xd9])],
    ['a JPEG whose segment runs past the end', base64([0xff, 0xd8, 0xff, 0xe0, 0xff, 0xff], zeros(30))],
    ['a PNG of no width', base64([0x89], 'PNG\r\n', [0x1a, 0x0a, 0, 0, 0, 13], 'IHDR', zeros(13))],
    ['no base64', '\u0000%%%'],
  ])('knows no size of %s', (_what, data) => {
    expect(imageSize(data)).toBeUndefined();
  });

  it('never throws and never gives a size without pixels', () => {
    const heads = fc.constantFrom(
      [0xff, 0xd8],
      [0x89, 0x50, 0x4e, 0x47],
      [...Buffer.from('GIF89a')],
      [...Buffer.from('RIFFxxxxWEBPVP8L')],
      [],
    );
    fc.assert(
      fc.property(heads, fc.uint8Array({ maxLength: 80 }), (head, rest) => {
        const size = imageSize(Buffer.from([...head, ...rest]).toString('base64'));
        if (size) expect(Math.min(size.width, size.height)).toBeGreaterThan(0);
      }),
    );
  });
});
