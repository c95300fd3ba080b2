import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { momentOf, type RotatedFile, rotatedFiles } from './log-files.ts';

/**
 * How long a finished part is left as it is, in milliseconds: another process that writes the same log may be in the
 * middle of a line to it.
 */
export const graceMs = 1000;

/**
 * Compresses the finished parts of a log, one after the other; what can't be compressed stays as it is. True where some
 * are left because they were too young.
 */
export async function compressParts(log: string, now: () => number): Promise<boolean> {
  for (const part of plainParts(log)) {
    if (now() - momentOf(part) >= graceMs) await compress(part, now).catch(() => undefined);
  }
  return plainParts(log).some((part) => now() - momentOf(part) < graceMs);
}

function plainParts(log: string): RotatedFile[] {
  return rotatedFiles(log).filter(({ compressed }) => !compressed);
}

async function compress({ path }: RotatedFile, now: () => number): Promise<void> {
  const unfinished = `${path}.gz.unfinished`;
  await removeAbandoned(unfinished, now);
  const output = createWriteStream(unfinished, { flags: 'wx', mode: 0o600 });
  const input = createReadStream(path);
  try {
    await pipeline(input, createGzip(), output);
    const { size } = await stat(path);
    if (size !== input.bytesRead) throw new Error('it grew meanwhile');
    await rename(unfinished, `${path}.gz`);
    await rm(path, { force: true });
  } catch (error) {
    const another = (error as NodeJS.ErrnoException).code === 'EEXIST';
    if (!another) await rm(unfinished, { force: true });
    throw error;
  }
}

/** What a process that died has begun would keep the others from it for ever. */
async function removeAbandoned(unfinished: string, now: () => number): Promise<void> {
  const begun = await stat(unfinished).catch(() => undefined);
  if (begun && now() - begun.mtimeMs > abandonedMs) await rm(unfinished, { force: true });
}

const abandonedMs = 60_000;
