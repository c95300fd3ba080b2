import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { goldenCases } from '../golden/cases.ts';

/** How many situations the conformance list of the wire formats has. */
const listLength = 158;

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The numbers in titles that begin with `case N:` or `case N, M:`, of a folder's tests. */
function numbersInTitles(folder: string): number[] {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  const tests = files.filter((file) => file.endsWith('.test.ts') && !file.includes('node_modules'));
  return tests.flatMap((file) => {
    const titles = readFileSync(join(root, folder, file), 'utf8').matchAll(/['"`]case (\d+(?:, \d+)*): /g);
    return [...titles].flatMap(([, numbers]) => numbers!.split(', ').map(Number));
  });
}

describe('the conformance list', () => {
  const golden = goldenCases().flatMap(({ numbers }) => numbers ?? []);
  const covered = new Set([...golden, ...numbersInTitles('src'), ...numbersInTitles('test')]);
  const all = Array.from({ length: listLength }, (_, index) => index + 1);

  it('has a proof of every situation', () => {
    expect(all.filter((number) => !covered.has(number))).toEqual([]);
  });

  it('is counted by numbers that it has', () => {
    expect([...covered].filter((number) => !all.includes(number))).toEqual([]);
  });
});
