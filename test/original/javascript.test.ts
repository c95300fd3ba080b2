import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as router from '../../src/index.ts';
import { answering, ask, configWith, messageOf, say, textOf } from '../plugins/bed.ts';
import { type FakeUpstream, startFakeUpstream } from '../support/fake-upstream.ts';
import { startInProcess } from '../support/in-process-router.ts';

const text = readFileSync(new URL('original.txt', import.meta.url), 'utf8');
const [transformers, plugins] = [...text.matchAll(/```javascript\n([\s\S]*?)\n```/g)].map(([, code]) => code!);

let upstream: FakeUpstream;
let folder: string;
beforeAll(async () => {
  upstream = await startFakeUpstream();
  folder = mkdtempSync(join(tmpdir(), 'original-'));
  process.env.ROUTER_HOME = folder;
});
afterAll(async () => {
  await upstream?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('the transformers of the original text', () => {
  it.each([
    ['ESM', 'mjs', (name: string) => `export default ${name};`],
    ['CommonJS', 'cjs', (name: string) => `module.exports = ${name};`],
    ['both in one file', 'mjs', () => 'export { requestTransformer, responseTransformer };'],
    ['both in one file of CommonJS', 'cjs', () => 'module.exports = { requestTransformer, responseTransformer };'],
  ])('work as they stand: %s', async (_, ending, exporting) => {
    const files = {
      [`request.${ending}`]: `${transformers}\n${exporting('requestTransformer')}`,
      [`response.${ending}`]: `${transformers}\n${exporting('responseTransformer')}`,
    };
    const named = { request: [`./request.${ending}`], response: [`./response.${ending}`] };
    const running = await startInProcess(configWith(upstream, { transformers: named }), files);
    try {
      const marker = answering(upstream, () => say('hello'));
      const [one, two] = [await ask(running.url, marker), await ask(running.url, marker, { model: 'claude-3-sonnet' })];
      expect(upstream.calls(marker).map(({ body }) => [body.temperature, body.max_tokens])).toEqual([
        [0.3, 1000],
        [undefined, 4096],
      ]);
      expect(one.json()).toEqual({
        content: [{ type: 'text', text: 'hello' }],
        model: 'gpt-4',
        usage: expect.objectContaining({ output_tokens: 10 }),
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      });
      expect(two.json()).toMatchObject({ model: 'claude-3-sonnet' });
      expect(textOf(await ask(running.url, marker, { stream: true }))).toBe('hello');
    } finally {
      await running.stop();
    }
  });

  it('give legal streams where they are to see them whole', async () => {
    const response = [{ path: './response.mjs', stream: 'message' }];
    const files = { 'response.mjs': `${transformers}\nexport default responseTransformer;` };
    const running = await startInProcess(configWith(upstream, { transformers: { response } }), files);
    try {
      const reply = await ask(
        running.url,
        answering(upstream, () => say('hello')),
        { stream: true },
      );
      expect(messageOf(reply)).toMatchObject({
        model: 'gpt-4',
        content: [{ type: 'text', text: 'hello' }],
        stop_reason: 'end_turn',
      });
    } finally {
      await running.stop();
    }
  });
});

describe('the plugins of the original text', () => {
  /** The example, with the names that it takes for granted. */
  async function example(): Promise<{ RouterPlugin: new (config: object) => object; plugins: object[] }> {
    (globalThis as { router?: typeof router }).router = router;
    const names = 'const { CostTrackingPlugin, CachePlugin, RateLimitPlugin } = globalThis.router;';
    const file = join(folder, 'plugins.mjs');
    writeFileSync(file, `${names}\n${plugins}\nexport { RouterPlugin, plugins };`);
    return import(/* @vite-ignore */ pathToFileURL(file).href);
  }

  it('work as they stand', async () => {
    const { RouterPlugin, plugins: listed } = await example();
    const made = router.createRouter(
      configWith(upstream, { plugins: [...listed, new RouterPlugin({ a: 1 }), RouterPlugin] }),
    );
    try {
      const marker = answering(upstream, () => say('hello'));
      const { url } = await made.listen({ port: 0 });
      const [one, two] = [await ask(url, marker), await ask(url, marker, { stream: true })];
      expect([textOf(one), textOf(two)]).toEqual(['hello', 'hello']);
      expect([one.headers['x-router-cache'], two.headers['x-router-cache']]).toEqual(['miss', 'hit']);
      // A router inside a program is stopped by that program alone.
      expect((await fetch(`${url}/api/control/stop`, { method: 'POST' })).status).toBe(401);
      const [costs] = listed as [router.CostTrackingPlugin];
      expect([...costs.totals]).toEqual([
        ['gpt-4', { requests: 1, inputTokens: 1000, outputTokens: 10, costUsd: 0.0105, unknownPrice: 0 }],
      ]);
    } finally {
      await made.close(100);
    }
  });

  it('work from a file: the class, and the list', async () => {
    await example();
    const names = 'const { CostTrackingPlugin, CachePlugin, RateLimitPlugin } = globalThis.router;';
    const files = {
      'class.mjs': `${names}\n${plugins}\nexport default RouterPlugin;`,
      'list.mjs': `${names}\n${plugins}\nexport { plugins };`,
    };
    const running = await startInProcess(configWith(upstream, { plugins: ['./class.mjs', './list.mjs'] }), files);
    try {
      const marker = answering(upstream, () => say('hello'));
      expect((await ask(running.url, marker)).headers['x-router-cache']).toBe('miss');
      expect((await ask(running.url, marker)).headers['x-router-cache']).toBe('hit');
    } finally {
      await running.stop();
    }
  });
});
