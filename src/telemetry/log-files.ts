import { createReadStream, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';

/** A finished part of a log. Its name is the log's, the moment it was finished, and `.gz` where it is compressed. */
export interface RotatedFile {
  path: string;
  /** As it stands in the name; sorts by time. */
  stamp: string;
  compressed: boolean;
}

/** The finished parts that lie beside a log, the oldest first; none where the folder can't be read. */
export function rotatedFiles(log: string): RotatedFile[] {
  const prefix = `${basename(log)}.`;
  const parts = new Map<string, RotatedFile>();
  for (const name of namesIn(dirname(log)).sort()) {
    const [, stamp, gz] = name.startsWith(prefix) ? (stampPattern.exec(name.slice(prefix.length)) ?? []) : [];
    // Where both forms are there, the compressed one is whole: it gets its name last.
    if (stamp) parts.set(stamp, { path: join(dirname(log), name), stamp, compressed: gz !== undefined });
  }
  return [...parts.values()];
}

/** The name of a part that is finished at this moment; later than the latest of those that are there. */
export function rotatedName(log: string, now: number): string {
  const latest = rotatedFiles(log).at(-1);
  const earliest = latest === undefined ? 0 : momentOf(latest) + 1;
  return `${log}.${new Date(Math.max(now, earliest)).toISOString().replaceAll(':', '-')}`;
}

/** When a part was finished, in milliseconds since the epoch. */
export function momentOf({ stamp }: RotatedFile): number {
  return Date.parse(stamp.replace(/T(\d\d)-(\d\d)-/, 'T$1:$2:'));
}

/** The lines of a file between two places, or of a whole part, compressed or not. */
export function linesOf(path: string, range?: { start: number; end: number }): AsyncIterable<string> {
  if (range && range.end <= range.start) return noLines();
  const bytes = createReadStream(path, range && { start: range.start, end: range.end - 1 });
  const input = path.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes;
  if (input !== bytes) bytes.once('error', (error) => input.destroy(error));
  return createInterface({ input, crlfDelay: Infinity });
}

async function* noLines(): AsyncGenerator<string> {}

const stampPattern = /^(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z)(\.gz)?$/;

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
