import { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { Failure } from '../call/failure.ts';

/** The body decompressed, for servers that compress although they were asked not to. Throws Failure for other ways. */
export function decompressed(
  body: AsyncIterable<Buffer>,
  encoding: string | string[] | undefined,
  provider: string,
): AsyncIterable<Buffer> {
  const name = String(encoding ?? 'identity')
    .trim()
    .toLowerCase();
  if (name === 'identity' || name === '') return body;
  const make = decoders[name];
  if (!make) {
    throw new Failure('upstream-garbled', `${provider}: cannot read a body compressed with ${name}`, { provider });
  }
  return readAll(body, make(), provider);
}

const decoders: Record<string, () => ReturnType<typeof createGunzip>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

async function* readAll(body: AsyncIterable<Buffer>, decoder: ReturnType<typeof createGunzip>, provider: string) {
  const source = Readable.from(body);
  source.on('error', (error) => decoder.destroy(error));
  try {
    yield* source.pipe(decoder) as AsyncIterable<Buffer>;
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure('upstream-garbled', `${provider}: the compressed body is damaged`, { provider, cause: error });
  } finally {
    source.destroy();
  }
}
