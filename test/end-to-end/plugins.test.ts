import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answering, ask, configWith, say, textOf } from '../plugins/bed.ts';
import { type FakeUpstream, startFakeUpstream } from '../support/fake-upstream.ts';
import { withConfig } from '../support/router.ts';

let upstream: FakeUpstream;
beforeAll(async () => {
  upstream = await startFakeUpstream();
});
afterAll(() => upstream?.stop());

describe('the process', () => {
  it('outlives whatever a plugin throws where nobody catches it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'plugins-'));
    const path = join(folder, 'bad.cjs');
    writeFileSync(
      path,
      `module.exports = class {
        onRequest() {
          Promise.reject(new Error('nobody awaits this'));
          setTimeout(() => { throw new Error('in a timer'); }, 1);
          setImmediate(() => { throw { not: 'an error' }; });
          return new Promise((_, reject) => setTimeout(() => reject(new Error('too late')), 60));
        }
      };`,
    );
    const router = await withConfig(configWith(upstream, { plugins: [{ path, timeout: 30 }] }));
    try {
      const marker = answering(upstream, () => say('still here'));
      for (let time = 0; time < 10; time += 1) expect(textOf(await ask(router.url, marker))).toBe('still here');
      await expect.poll(() => router.output()).toContain('in a timer');
      expect(router.output()).toContain('is switched off');
      expect(await router.stop()).toBe(0);
    } finally {
      await router.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('the package', () => {
  it('gives what plugins are written with', async () => {
    const names = async (specifier: string) => Object.keys(await import(/* @vite-ignore */ specifier)).sort();
    const plugin = ['CachePlugin', 'CostTrackingPlugin', 'RateLimitPlugin', 'RouterPlugin'];
    expect(await names('claude-code-router/plugin')).toEqual(plugin);
    expect(await names('claude-code-router')).toEqual([...plugin, 'createRouter'].sort());
  });
});
