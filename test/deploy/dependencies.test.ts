import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { read, root } from './documents.ts';

interface Locked {
  version: string;
  dev?: boolean;
  hasInstallScript?: boolean;
}

const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> };
const needed = Object.entries(lock.packages)
  .filter(([folder, { dev }]) => folder !== '' && !dev)
  .map(([folder, entry]) => ({ name: folder.split('node_modules/').at(-1)!, ...entry }));

describe('what the program needs to run', () => {
  it('is under licences that are allowed, and docs/licences.md lists it all', () => {
    const ran = runScript('licences.mjs', '--check');
    expect(ran.stderr).toBe('');
    expect(ran.status).toBe(0);
    for (const { name, version } of needed) expect(read('docs/licences.md')).toContain(`| ${name} | ${version} |`);
  });

  it('stands whole, and alone, in the bill of materials', () => {
    const ran = runScript('sbom.mjs');
    const bill = JSON.parse(ran.stdout) as {
      bomFormat: string;
      metadata: { component: { name: string } };
      components: { name: string; version: string; licenses: unknown[] }[];
      dependencies: { ref: string; dependsOn: string[] }[];
    };
    expect(bill).toMatchObject({ bomFormat: 'CycloneDX', metadata: { component: { name: 'claude-code-router' } } });
    const listed = bill.components.map(({ name, version }) => `${name}@${version}`);
    expect(listed.sort()).toEqual(needed.map(({ name, version }) => `${name}@${version}`).sort());
    expect(bill.components.filter(({ licenses }) => licenses.length === 0)).toEqual([]);
    const known = new Set(bill.dependencies.map(({ ref }) => ref));
    for (const { dependsOn } of bill.dependencies) for (const ref of dependsOn) expect(known).toContain(ref);
  });

  it('has one install script, which may be blocked', () => {
    expect(needed.filter(({ hasInstallScript }) => hasInstallScript).map(({ name }) => name)).toEqual([
      '@photostructure/sqlite',
    ]);
  });
});

function runScript(script: string, ...args: string[]) {
  return spawnSync(process.execPath, [join(root, 'scripts', script), ...args], { encoding: 'utf8', timeout: 60_000 });
}
