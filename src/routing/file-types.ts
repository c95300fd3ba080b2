import { blocksOf, isJsonObject, type MessagesRequest } from '../protocol/messages.ts';

/** Tool calls before the person's text that are looked at for files, latest first. */
const recentCalls = 12;
const namePattern =
  /(?<![\p{L}\p{N}_])(?:[\w~@%+\-./\\]*[\w)\]*])?((?:\.[A-Za-z][A-Za-z0-9+]{0,11})+)(?![\p{L}\p{N}_])/gu;

/** Products that are called like files. */
const products =
  /^(node|next|nuxt|vue|react|angular|express|three|d3|chart|backbone|discord|nest|alpine|ember|moment|asp|socket)\.(js|net|io)$/i;

/** The endings of files that a text names, in order, lower case with their dot; `.d.ts` also counts as `.ts`. */
export function fileTypesIn(text: string): string[] {
  const found = new Set<string>();
  if (!text.includes('.')) return [];
  // Hosts of addresses end like files do.
  const plain = text.replaceAll(/\b[a-z][a-z0-9+.-]*:\/\/[^/\s]*/gi, ' ').replaceAll(/[\w.+-]+@[\w-]+\.[\w.]+/g, ' ');
  for (const match of plain.matchAll(namePattern)) {
    const [name, endings] = match as unknown as [string, string];
    if (products.test(name) || abbreviation.test(name)) continue;
    const parts = endings.toLowerCase().split('.').slice(1);
    parts.forEach((_, at) => found.add(`.${parts.slice(at).join('.')}`));
  }
  return [...found];
}

const abbreviation = /^\(?(e\.g|i\.e|p\.ex|c\.a\.d|a\.k\.a|w\.r\.t|u\.s|n\.b)$/i;

/** The endings that the person's text names, else those of the files that tool calls before it worked on, latest first. */
export function fileTypesOf(request: MessagesRequest, text: string, index: number): string[] {
  const named = fileTypesIn(text);
  if (named.length > 0) return named;
  const found = new Set<string>();
  let calls = 0;
  for (let at = index - 1; at >= 0 && calls < recentCalls; at -= 1) {
    const { role, content } = request.messages[at]!;
    if (role !== 'assistant') continue;
    for (const block of blocksOf(content)) {
      if (block.type !== 'tool_use' || calls >= recentCalls) continue;
      calls += 1;
      for (const path of pathsOf(block.input)) for (const type of fileTypesIn(path)) found.add(type);
    }
  }
  return [...found];
}

/** What a tool call says of files: the fields named after them, not their content. */
function pathsOf(input: unknown): string[] {
  if (!isJsonObject(input)) return [];
  return Object.entries(input).flatMap(([name, value]) =>
    typeof value === 'string' && /path|file(_?name)?$|glob|^pattern$|uri$/i.test(name) && value.length < 1000
      ? [value]
      : [],
  );
}

/** A configured ending as facts tell it: `py`, `.py` and `*.py` are the same. */
export function normalFileType(written: string): string {
  const bare = written.trim().toLowerCase().replace(/^\*/, '');
  return bare.startsWith('.') ? bare : `.${bare}`;
}
