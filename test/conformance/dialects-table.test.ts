import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('docs/dialects.md tells what the golden cases show', () => {
  const script = fileURLToPath(new URL('../../scripts/dialects-table.mjs', import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8', timeout: 10_000 });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});
