import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { environmentFrom } from '../../config/env.ts';
import { readJson } from '../../config/source.ts';
import { checkConfig } from '../../daemon/check-config.ts';
import { convertEarlierConfig, isEarlierConfig } from './convert.ts';

const folder = fileURLToPath(new URL('cases/', import.meta.url));
const cases = readdirSync(folder);

/** `before.json` becomes `after.json`, and `report.txt` says what became of its parts. */
function convertCase(name: string) {
  const before = readJson(readFileSync(`${folder}${name}/before.json`, 'utf8')).value;
  if (!isEarlierConfig(before)) throw new Error(`${name}/before.json is no earlier configuration`);
  return { before, ...convertEarlierConfig(before) };
}

describe('a configuration of claude-code-router 1 or 2', () => {
  it.each(cases)('%s becomes ours', async (name) => {
    const { config } = convertCase(name);
    await expect(`${JSON.stringify(config, undefined, 2)}\n`).toMatchFileSnapshot(`${folder}${name}/after.json`);
  });

  it.each(cases)('%s is told what became of its parts', async (name) => {
    const { report } = convertCase(name);
    await expect(`${report.lines().join('\n')}\n`).toMatchFileSnapshot(`${folder}${name}/report.txt`);
  });

  it.each(cases)('%s loses no part in silence', (name) => {
    const { before, report } = convertCase(name);
    const told = report.lines().join('\n');
    const providers = (before.Providers ?? []) as { name?: string }[];
    const untold = [
      ...Object.keys(before).filter((key) => !['Providers', 'Router'].includes(key)),
      ...providers.flatMap(({ name: provider }) => provider ?? []),
    ].filter((part) => !told.includes(part));
    expect(untold).toEqual([]);
  });

  it.each(cases.filter((name) => name !== 'shared'))('%s can be used by a router', async (name) => {
    const text = JSON.stringify(convertCase(name).config);
    const environment = environmentFrom({ ROUTER_HOME: tmpdir() });
    await expect(checkConfig({ text, format: 'json', directory: tmpdir(), environment })).resolves.toMatchObject({
      warnings: expect.any(Array),
    });
  });
});
