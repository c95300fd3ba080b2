import { readFileSync } from 'node:fs';

/** The text that the router was asked for in, with its configuration blocks. */
const text = readFileSync(new URL('original.txt', import.meta.url), 'utf8');

/** Every JSON object that stands in the text on lines of its own, in order. */
export function originalBlocks(): Record<string, unknown>[] {
  const blocks: Record<string, unknown>[] = [];
  const lines = text.split(/\r?\n/);
  for (let start = 0; start < lines.length; start += 1) {
    if (lines[start]!.trim() !== '{') continue;
    const end = lines.findIndex((_, at) => at > start && parsed(lines.slice(start, at + 1)) !== undefined);
    if (end === -1) throw new Error(`the block at line ${start + 1} does not end`);
    blocks.push(parsed(lines.slice(start, end + 1)) as Record<string, unknown>);
    start = end;
  }
  return blocks;
}

function parsed(lines: string[]): unknown {
  try {
    return JSON.parse(lines.join('\n'));
  } catch {
    return undefined;
  }
}
