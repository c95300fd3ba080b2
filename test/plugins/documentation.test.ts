import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as library from '../../src/index.ts';
import { type FakeUpstream, startFakeUpstream } from '../support/fake-upstream.ts';
import { messagesBody } from '../support/http.ts';
import { startInProcess } from '../support/in-process-router.ts';
import { answering, ask, configWith, say, textOf } from './bed.ts';

const [example, program] = [
  ...readFileSync(new URL('../../docs/plugins.md', import.meta.url), 'utf8').matchAll(/```js\n([\s\S]*?)\n```/g),
].map(([, code]) => code!);

let upstream: FakeUpstream;
let folder: string;
beforeAll(async () => {
  upstream = await startFakeUpstream();
  folder = mkdtempSync(join(tmpdir(), 'documented-'));
  process.env.ROUTER_HOME = folder;
});
afterAll(async () => {
  await upstream?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('the documentation of plugins', () => {
  it('has an example that does what it says', async () => {
    const plugins = [{ path: './team-rules.mjs', config: { forbidden: 'top secret' } }];
    const running = await startInProcess(configWith(upstream, { plugins }), { 'team-rules.mjs': example! }, 'silent');
    try {
      const marker = answering(upstream, () => ({
        ...say(''),
        blocks: [{ type: 'text', text: 'a colour', pieces: ['a colour'] }],
      }));
      expect(textOf(await ask(running.url, marker, { stream: true }))).toBe('a color');
      expect(upstream.calls(marker)[0]!.asked.system).toContain('Answer in English.');
      const refused = await ask(running.url, `${marker} top secret`);
      expect([refused.status, refused.text]).toEqual([403, expect.stringContaining('must not leave the house')]);
    } finally {
      await running.stop();
    }
  });

  it('has a program that runs', async () => {
    const file = join(folder, 'program.mjs');
    const said: unknown[] = [];
    Object.assign(globalThis, { library, said });
    const body = program!
      .replace(/^import (\{.*\}) from .*;$/m, 'const $1 = globalThis.library;')
      .replace('console.log(', 'globalThis.said.push(');
    writeFileSync(file, body);
    await import(/* @vite-ignore */ pathToFileURL(file).href);
    expect(said).toEqual([200]);
  });
});

describe('a router in another program', () => {
  it('answers requests without a port: whole, as a stream, and as errors', async () => {
    const router = library.createRouter(configWith(upstream, { plugins: [{ onResponse: () => ({ mine: true }) }] }));
    const post = (body: unknown, more: RequestInit = {}) =>
      router.handle(
        new Request('http://anything.example/v1/messages', { method: 'POST', body: JSON.stringify(body), ...more }),
      );
    try {
      const marker = answering(upstream, () => say('hello'));
      const whole = await post(messagesBody(marker, { model: 'gpt-4' }));
      expect([whole.status, whole.headers.get('x-router-model'), await whole.json()]).toEqual([
        200,
        'gpt-4',
        { mine: true },
      ]);
      const stream = await post(messagesBody(marker, { model: 'gpt-4', stream: true }));
      expect(stream.headers.get('content-type')).toMatch(/^text\/event-stream/);
      expect(await stream.text()).toContain('message_stop');
      expect((await post({ model: 5 })).status).toBe(400);
      expect((await router.handle(new Request('http://x/health'))).status).toBe(200);
      expect((await router.handle(new Request('http://x/none'))).status).toBe(404);
    } finally {
      await router.close(100);
    }
  });

  it('tells the upstream when nobody reads any more', async () => {
    const router = library.createRouter(configWith(upstream));
    try {
      const never = new Promise(() => {});
      const marker = answering(upstream, () => say('one two three four', { hold: { after: 1, until: never } }));
      const body = JSON.stringify(messagesBody(marker, { model: 'gpt-4', stream: true }));
      const reply = await router.handle(new Request('http://x/v1/messages', { method: 'POST', body }));
      const reader = reply.body!.getReader();
      await reader.read();
      await reader.cancel();
      const { closed } = await upstream.arrival(marker);
      expect((await closed).whole).toBe(false);
    } finally {
      await router.close(100);
    }
  });

  it('says what is wrong with its configuration', async () => {
    const router = library.createRouter({ modles: {} });
    await expect(router.handle(new Request('http://x/health'))).rejects.toThrow(/modles.*did you mean "models"/);
    await router.close();
  });
});
