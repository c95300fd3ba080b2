import { Failure } from '../call/failure.ts';

/** The whole body; `progress` is called with each part of it. Throws Failure where it is larger than the limit. */
export async function readWhole(
  body: AsyncIterable<Buffer>,
  limit: number,
  provider: string,
  progress: () => void,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    progress();
    size += chunk.length;
    if (size > limit) {
      throw new Failure('upstream-garbled', `${provider}: the reply is larger than ${limit} bytes`, { provider });
    }
    chunks.push(chunk);
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}
