import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

describe('the flag that makes full collections rare', () => {
  it('is one of this V8, which would tell of any other in every start', () => {
    const { stdout } = spawnSync(process.execPath, ['--v8-options'], { encoding: 'utf8' });
    expect(stdout).toContain('--heap-growing-percent');
  });
});
