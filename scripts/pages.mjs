// Pages that are made from the program: written, or with --check compared with what they would be.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from './setup.mjs';

/** Writes the texts under their names, Markdown formatted as the other files are; with --check it only says which differ. */
export function putPages(files) {
  for (const [name, text] of Object.entries(files)) {
    const wanted = name.endsWith('.md') ? formatted(name, text) : text;
    if (!process.argv.includes('--check')) writeFileSync(join(root, name), wanted);
    else if (readPage(name) !== wanted) {
      process.stderr.write(`${name} is not what the program says; run \`npm run docs\`\n`);
      process.exitCode = 1;
    }
  }
}

/** A file of the project; empty where there is none. */
export function readPage(name) {
  try {
    return readFileSync(join(root, name), 'utf8');
  } catch {
    return '';
  }
}

function formatted(name, text) {
  const formatter = join(createRequire(import.meta.url).resolve('@biomejs/biome/package.json'), '../bin/biome');
  const args = [formatter, 'format', `--stdin-file-path=${name}`];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, input: text, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${name} can't be formatted: ${stderr}`);
  return stdout;
}
