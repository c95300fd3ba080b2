import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

export interface Page {
  /** Its path in the project. */
  name: string;
  text: string;
  blocks: Block[];
}

export interface Block {
  /** Where it begins: `docs/teams.md:12`. */
  place: string;
  language: string;
  /** What stands behind the language. */
  info: string[];
  text: string;
}

/** The README and every page of `docs/`, without those that are only records. */
export function readPages(): Page[] {
  const names = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
  return ['README.md', ...names.map((name) => `docs/${name}`)].map((name) => {
    const text = readFileSync(join(root, name), 'utf8');
    return { name, text, blocks: blocksOf(name, text) };
  });
}

function blocksOf(name: string, text: string): Block[] {
  const blocks: Block[] = [];
  let open: (Block & { lines: string[] }) | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const fence = /^```(.*)$/.exec(line);
    if (fence && open) {
      const { lines, ...block } = open;
      blocks.push({ ...block, text: lines.join('\n') });
      open = undefined;
    } else if (fence) {
      const [language = '', ...info] = fence[1]!.trim().split(/\s+/);
      open = { place: `${name}:${index + 1}`, language, info, text: '', lines: [] };
    } else open?.lines.push(line);
  }
  if (open) throw new Error(`${open.place} does not end`);
  return blocks;
}

/** A made-up key for every service and person that the pages name. */
export const madeUpKeys: Record<string, string> = Object.fromEntries(
  [
    ...['ANTHROPIC', 'OPENAI', 'GEMINI', 'OPENROUTER', 'DEEPSEEK', 'GROQ', 'MISTRAL', 'XAI', 'AZURE_OPENAI'].map(
      (name) => `${name}_API_KEY`,
    ),
    ...[
      'AWS_BEARER_TOKEN_BEDROCK',
      'ANTHROPIC_FOUNDRY_API_KEY',
      'WORK_KEY',
      'WORK_KEY_1',
      'WORK_KEY_2',
      'RELAY_KEY',
      'OPENAI_KEY_1',
      'OPENAI_KEY_2',
    ],
    ...['OPERATOR_KEY', 'ADA_KEY', 'CI_KEY', 'DATABASE_PASSWORD'],
  ].map((name) => [name, `made-up-${name.toLowerCase()}`]),
);
