import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Block, madeUpKeys, type Page, readPages } from '../docs/pages.ts';
import { newShellHome, type ShellHome } from '../support/shell-home.ts';

const pages = readPages().filter(({ blocks }) => blocks.some(isShell));
const shellBlocks = pages.flatMap(({ blocks }) => blocks.filter(isShell));

/** What pages tell of and this version lacks; a line goes when its feature lands. */
const notYet = [/^router keys /m];

it('the pages show mostly what can be tried on one machine', () => {
  const marked = shellBlocks.filter(({ info }) => info.includes('norun'));
  expect(shellBlocks.length - marked.length).toBeGreaterThan(2 * marked.length);
});

describe.each(pages.map((page) => [page.name, page] as const))('the commands of %s', (_, page) => {
  let home: ShellHome;
  beforeAll(async () => {
    home = await newShellHome();
    const started = await home.run('router start');
    expect(started.exitCode, started.output).toBe(0);
  });
  afterAll(() => home?.remove());

  // In their order: a page tells one story.
  it.each(stepsOf(page))('%s', { timeout: 55_000 }, async (_place, block) => {
    if (!isShell(block)) return writeFileSync(join(home.path, fileOf(block)), `${block.text}\n`);
    const { exitCode, output } = await home.run(block.text, block.info.includes('keys') ? madeUpKeys : {});
    if (notYet.some((pattern) => pattern.test(block.text))) expect(exitCode, output).toBe(2);
    else expect(exitCode, output).toBe(0);
  });
});

/** The blocks that are run, and the files that they read. */
function stepsOf({ blocks }: Page): (readonly [string, Block])[] {
  const used = blocks.filter((block) => {
    if (isShell(block)) return !block.info.includes('norun');
    return (block.language === 'json' || block.language === 'yaml') && fileOf(block) !== '';
  });
  return used.map((block) => [block.place, block] as const);
}

function isShell({ language }: Block): boolean {
  return language === 'sh';
}

/** A configuration is `config.json` for what follows it; other files are named behind the language. */
function fileOf({ language, info }: Block): string {
  return language === 'json' && info.length === 0 ? 'config.json' : (info.find((word) => word.includes('.')) ?? '');
}
