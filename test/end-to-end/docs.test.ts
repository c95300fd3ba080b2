import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Block, madeUpKeys, type Page, readPages } from '../docs/pages.ts';
import { newShellHome, type ShellHome } from '../support/shell-home.ts';

const pages = readPages().filter(({ blocks }) => blocks.some(isShell));
const runnable = pages.filter(({ blocks }) => blocks.some((block) => isShell(block) && !block.info.includes('norun')));
const shellBlocks = pages.flatMap(({ blocks }) => blocks.filter(isShell));

it('the pages show mostly what can be tried on one machine', () => {
  const marked = shellBlocks.filter(({ info }) => info.includes('norun'));
  expect(shellBlocks.length - marked.length).toBeGreaterThan(marked.length);
});

describe.each(runnable.map((page) => [page.name, page] as const))('the commands of %s', (_, page) => {
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
    expect(exitCode, output).toBe(0);
  });
});

describe('an earlier configuration', () => {
  it('becomes the one that stands behind it', async () => {
    const { blocks } = pages.find(({ name }) => name === 'docs/migrating.md')!;
    const at = blocks.findIndex(({ info }) => info.includes('earlier'));
    const home = await newShellHome();
    writeFileSync(join(home.path, 'earlier.json'), blocks[at]!.text);
    const command = 'router import earlier.json --output config.json';
    const { exitCode, output } = await home.run(command, madeUpKeys);
    expect(exitCode, output).toBe(0);
    const written: unknown = JSON.parse(readFileSync(join(home.path, 'config.json'), 'utf8'));
    expect(written).toEqual(JSON.parse(blocks[at + 1]!.text));
    await home.remove();
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
