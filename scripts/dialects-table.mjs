// Writes docs/dialects.md from the golden cases; with --check it only says whether that file is up to date.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const file = join(root, 'docs/dialects.md');

const titles = {
  anthropic: 'Anthropic Messages',
  'openai-chat': 'OpenAI Chat Completions',
  'openai-responses': 'OpenAI Responses',
  gemini: 'Google Gemini',
  ollama: 'Ollama',
  'ollama-generate': 'Ollama, plain completion',
};

/** The sections of a dialect, in the order in which they stand; a case stands in the first that takes it. */
const sections = [
  {
    title: 'Refused',
    text: 'The meaning would be lost, so the call goes to the next target, or is answered with this error.',
    takes: ({ sent, failure }) => !sent && failure,
    head: ['What the router does', 'Target', 'The client is told'],
    row: ({ failure }) => told(failure),
  },
  {
    title: 'Left out with a warning',
    text: 'The call goes on without it; the header `x-router-warnings` says so.',
    takes: ({ warnings, message, failure }) => warnings.length > 0 && !message && !failure,
    head: ['What the router does', 'Target', 'Warning'],
    row: ({ warnings }) => warnings.map((line) => `\`${line}\``).join('<br>'),
  },
  {
    title: 'Requests',
    text: 'What a request becomes.',
    takes: ({ message, failure }) => !message && !failure,
    head: ['What the router does', 'Target', 'Example'],
    row: example,
  },
  {
    title: 'Replies',
    text: 'What the client sees of a reply.',
    takes: ({ message }) => message,
    head: ['What the router does', 'Target', 'Example'],
    row: example,
  },
  {
    title: 'Errors',
    text: 'What the client is told of an error, where no other target can answer.',
    takes: () => true,
    head: ['What the router does', 'Target', 'The client is told'],
    row: ({ failure }) => told(failure),
  },
];

const text = dialectsTable();
if (!process.argv.includes('--check')) writeFileSync(file, text);
else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
  console.error('docs/dialects.md is out of date: run `node scripts/dialects-table.mjs`');
  process.exitCode = 1;
}

function dialectsTable() {
  const folder = join(root, 'src/dialects');
  const dialects = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'cases')));
  return `${[
    '# What becomes of a call at each kind of provider',
    'Clients speak Anthropic Messages to the router. What other wire formats can say is mapped, what they lack is left out with a warning, and what would then mean something else is refused. Each line is a test: it links to, or is told by, a whole exchange in `src/dialects/*/cases/`. This file is made from them by `node scripts/dialects-table.mjs`.',
    ...dialects.sort().flatMap((dialect) => dialectSection(dialect, casesOf(dialect))),
  ].join('\n\n')}\n`;
}

function dialectSection(dialect, cases) {
  const placed = new Map(sections.map((section) => [section, []]));
  for (const golden of cases) placed.get(sections.find((section) => section.takes(golden))).push(golden);
  const filled = [...placed].filter(([, members]) => members.length > 0);
  return [`## ${titles[dialect] ?? dialect}`, ...filled.flatMap(([section, members]) => table(section, members))];
}

function table({ title, text: about, head, row }, cases) {
  const rows = cases.map((golden) => [sentence(golden.does), targetOf(golden), row(golden)]);
  return [
    `### ${title}`,
    about,
    [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.map(cell).join(' | ')} |`).join('\n'),
  ];
}

function casesOf(dialect) {
  const folder = join(root, 'src/dialects', dialect, 'cases');
  return readdirSync(folder)
    .sort()
    .map((title) => {
      const read = (name) => {
        const path = join(folder, title, name);
        return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
      };
      const parts = { sent: read('sent.json'), message: read('message.json'), failure: read('failure.json') };
      return { dialect, title, warnings: [], ...read('case.json'), ...parts };
    });
}

function example({ dialect, title }) {
  return `[${title}](../src/dialects/${dialect}/cases/${title})`;
}

function told({ status, type, message, retryAfterSeconds, shouldRetry }) {
  const wait = retryAfterSeconds === undefined ? '' : `, \`retry-after: ${retryAfterSeconds}\``;
  const stop = shouldRetry === false ? ', `x-should-retry: false`' : '';
  return `${status} \`${type}\`${wait}${stop}: ${message}`;
}

function targetOf({ target: { type, model } }) {
  if (type === 'openai-compatible') return model === 'small' ? 'any' : `any, \`${model}\``;
  return model === 'local' ? type : `${type}, \`${model}\``;
}

function sentence(does) {
  return `${does[0].toUpperCase()}${does.slice(1)}.`;
}

function cell(value) {
  return value
    .replaceAll('|', '\\|')
    .replaceAll('\n', ' ')
    .replaceAll(/<(?!br>)/g, '&lt;');
}
