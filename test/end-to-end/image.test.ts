import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { http, messagesBody } from '../support/http.ts';
import { ImageBuilder, megabytesOf } from '../support/image.ts';
import { withConfig } from '../support/router.ts';
import { describeWithClaudeCode } from './claude-code/as-installed.ts';

const isWanted = process.env.BUILD_IMAGE === '1';
if (!isWanted) process.stderr.write('\nSKIP: the image is not built; `npm run test:image` builds and runs it\n');

describe.runIf(isWanted)('the image, built by the Dockerfile over a base of Debian', () => {
  let builder: ImageBuilder;
  let image = '';
  let container: { name: string; files: string };

  beforeAll(() => {
    builder = new ImageBuilder();
    builder.makeBase();
    image = builder.build();
    container = builder.container(image);
  }, 500_000);
  afterAll(() => builder.remove(), 240_000);

  it('says how it is run: without rights, its port, its health, how it stops', () => {
    expect(builder.settings(image)).toMatchObject({
      User: '1000:1000',
      Entrypoint: ['router'],
      ExposedPorts: { '8080/tcp': {} },
      Healthcheck: { Test: ['CMD', 'router', 'health'] },
      Volumes: { '/app/state': {}, '/app/logs': {} },
      StopSignal: 'SIGTERM',
    });
  });

  it('adds at most 170 MB to its base', () => {
    const added = megabytesOf(container.files) - megabytesOf(builder.container(builder.base).files);
    process.stderr.write(`\nthe image adds ${added.toFixed(1)} MB to its base\n`);
    expect(added).toBeGreaterThan(1);
    expect(added).toBeLessThan(170);
  });

  it('can write nowhere but to its volumes and /tmp', () => {
    const find = 'find / -xdev -type d -writable -not -path "/proc/*" -not -path "/dev/*" 2>/dev/null || true';
    const writable = builder.run(container.name, find);
    expect(writable).toMatch(/^\/app\/state$/m);
    const own = writable.split('\n').filter((path) => !/^\/(tmp|var\/tmp|run\/lock|home\/node)(\/|$)/.test(path));
    expect(own.filter((path) => !/^\/app\/(state|logs)(\/|$)/.test(path))).toEqual([]);
  });

  it('finds the models of the keys in its environment', () => {
    const list = builder.run(container.name, 'router models list --json', 'OPENAI_API_KEY=your-key');
    expect(list).toContain('"openai"');
  });

  it('makes a key at its first start, answers who has it, is healthy, and drains when it is stopped', async () => {
    const line = 'router --port 0 & until router health; do sleep 0.2; done; echo healthy; wait $!; echo "ended $?"';
    const [command, ...args] = builder.command(container.name, line);
    const child = spawn(command!, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });
    let printed = '';
    const closed = new Promise((resolve) => child.once('close', resolve));
    const healthy = new Promise<void>((resolve, reject) => {
      void closed.then(() => reject(new Error(`ended too soon:\n${printed}`)));
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          printed += text;
          if (/^healthy$/m.test(printed)) resolve();
        });
      }
    });
    await healthy;
    const [, url, pid] = /answers at (\S+) \(pid (\d+)\)/.exec(printed)!;
    const [, key] = /A key was made, shown only now: (\S+)/.exec(printed)!;
    const body = messagesBody('Hello', { stream: true });
    expect((await http(`${url}/v1/messages`, { body })).status).toBe(401);
    const reply = await http(`${url}/v1/messages`, { body, headers: { 'x-api-key': key! } });
    expect(reply.text).toContain('event: message_stop');
    process.kill(Number(pid), 'SIGTERM');
    await closed;
    expect(printed).toContain('ended 0');
  });

  describeWithClaudeCode(async (config) => {
    const { name, files } = builder.container(image);
    writeFileSync(join(files, 'app/config/config.json'), JSON.stringify(config));
    const router = await withConfig(config, {
      command: builder.command(name, 'exec router "$0" "$@"'),
      args: ['--config', '/app/config/config.json'],
    });
    const [, pid] = /answers at \S+ \(pid (\d+)\)/.exec(router.output())!;
    const stop = () => {
      process.kill(Number(pid), 'SIGTERM');
      return router.stop();
    };
    return { ...router, stop };
  });
});
