import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { sayMissing } from '../support/clients.ts';
import type { Ran } from '../support/command.ts';
import { installedProgram, liveOnce, runProgram } from '../support/installed-program.ts';
import { withConfig } from '../support/router.ts';
import { describeWithClaudeCode } from './claude-code/as-installed.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'router-npm-'));
const prefix = join(folder, 'prefix');
const [packed] = JSON.parse(
  (await npm('pack', root, '--ignore-scripts', '--json', '--pack-destination', folder)).stdout,
);
const tarball = join(folder, packed.filename);
const files: string[] = packed.files.map(({ path }: { path: string }) => path);
const installed = await install();
const mebibyte = 2 ** 20;

afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));

describe('the npm package', () => {
  it('is small', () => {
    expect(packed.size).toBeLessThan(2 * mebibyte);
    expect(packed.unpackedSize).toBeLessThan(10 * mebibyte);
  });

  it('holds the built program and its papers, no tests, no sources, no leftovers', () => {
    const papers = ['CHANGELOG.md', 'config.schema.json', 'docs/configuration.md', 'docs/licences.md'];
    const named = manifest.files.filter((path: string) => path !== 'dist' && !path.startsWith('!'));
    expect(named).toEqual(expect.arrayContaining(papers));
    const others = files.filter((path) => !path.startsWith('dist/'));
    expect(others.sort()).toEqual([...named, 'LICENSE', 'README.md', 'package.json'].sort());
    expect(files).toContain('dist/models/catalog.NOTICE');
    expect(files.filter((path) => /\.test\.|\.map$|(?<!\.d)\.ts$|\/\.|(^|\/)(test|cases)\//.test(path))).toEqual([]);
  });

  it('holds every file that its manifest names, and its program can be executed', () => {
    const named = [manifest.main, manifest.types, ...pathsIn(manifest.exports), ...pathsIn(manifest.bin)];
    expect(named.filter((path) => !files.includes(path.replace('./', '')))).toEqual([]);
    const main = packed.files.find(({ path }: { path: string }) => path === manifest.bin.router);
    expect(main.mode & 0o111).toBe(0o111);
    expect(readFileSync(join(root, manifest.bin.router), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });
});

describe.runIf(installed)('installed into an empty folder, with install scripts blocked', () => {
  const router = installedProgram(folder, [programOf('router')]);

  it('runs under both of its names', async () => {
    for (const name of ['router', 'claude-code-router']) {
      const ran = await installedProgram(folder, [programOf(name)]).run(['--version']);
      expect(ran).toMatchObject({ exitCode: 0, stdout: `${manifest.version}\n`, stderr: '' });
    }
  });

  it('starts, answers in a stream, and stops', async () => {
    const life = await liveOnce(router);
    expect(life.events[0]).toBe('message_start');
    expect(life.events.at(-1)).toBe('message_stop');
    expect(life.running.exitCode).toBe(0);
    expect(life.stop.exitCode).toBe(0);
    expect(life.stopped.exitCode).toBe(3);
    router.remove();
  });

  describeWithClaudeCode((config) => withConfig(config, { command: [programOf('router')] }));

  it.each(newerNodes())('starts, answers in a stream, keeps its records and stops on %s', async (_name, node) => {
    const main = join(
      prefix,
      process.platform === 'win32' ? '' : 'lib',
      'node_modules/claude-code-router/dist/main.js',
    );
    const onNode = installedProgram(folder, [node, main]);
    const life = await liveOnce(onNode);
    expect([life.events[0], life.events.at(-1)]).toEqual(['message_start', 'message_stop']);
    expect([life.start.stderr, life.stop.exitCode]).toEqual([expect.not.stringMatching(/warn|error/i), 0]);
    const { stdout } = await onNode.run(['start', '--port', '0', '--json']);
    const stats = await onNode.run(['stats', '--json']);
    await onNode.run(['stop']);
    expect(JSON.parse(stdout)).toMatchObject({ url: expect.stringContaining('http://') });
    expect(JSON.parse(stats.stdout)).toMatchObject({ requests: { total: 1, succeeded: 1 } });
    onNode.remove();
  });

  it('gives programs its API, with types', async () => {
    const project = process.platform === 'win32' ? prefix : join(prefix, 'lib');
    const source = [
      "import { createRouter } from 'claude-code-router';",
      'const router = await createRouter({});',
      "const reply = await router.handle(new Request('http://localhost/health'));",
      'console.log(reply.status);',
      'await router.close();',
      'const wrong: number = createRouter;',
    ];
    mkdirSync(project, { recursive: true });
    writeFileSync(join(project, 'use.mts'), source.join('\n'));
    writeFileSync(join(project, 'use.mjs'), source.slice(0, -1).join('\n'));
    const checked = await runProgram(process.execPath, [compiler(), ...compilerFlags, 'use.mts'], project);
    expect(checked.stdout.match(/use\.mts\(\d+,\d+\): error TS\d+/g)).toEqual(['use.mts(6,7): error TS2322']);
    const environment = { PATH: process.env.PATH, HOME: folder, ROUTER_HOME: folder };
    const used = await runProgram(process.execPath, ['use.mjs'], project, environment);
    expect(used).toMatchObject({ exitCode: 0, stdout: '200\n' });
  });

  it('runs by npx without being installed', async () => {
    const flags = ['--yes', '--ignore-scripts', '--prefer-offline', '--package', tarball];
    const ran = await npm('exec', ...flags, '--', 'claude-code-router', '--version');
    expect(ran).toMatchObject({ exitCode: 0, stdout: `${manifest.version}\n` });
  });
});

/** False, and said, where the registry of packages can't be reached. */
async function install(): Promise<boolean> {
  const ran = await npm('install', '--global', '--prefix', prefix, '--ignore-scripts', '--prefer-offline', tarball);
  if (ran.exitCode === 0) return existsSync(prefix) && statSync(prefix).isDirectory();
  if (!/\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENOTCACHED)\b/.test(ran.stderr)) {
    throw new Error(`the package can't be installed:\n${ran.stderr}`);
  }
  sayMissing('the npm package as somebody installs it, since no registry can be reached');
  return false;
}

/** The newer Nodes that the tests have, by name. */
function newerNodes(): [string, string][] {
  const nodes = ['22', '24'].map((major): [string, string] => [
    `Node ${major}`,
    join(root, `test/nodes/node_modules/node-${major}/bin/node`),
  ]);
  const found = nodes.filter(([, program]) => existsSync(program));
  if (found.length < nodes.length) sayMissing('the npm package on newer versions of Node');
  return found;
}

/** Where npm puts the commands of a package that is installed for all. */
function programOf(name: string): string {
  return process.platform === 'win32' ? join(prefix, `${name}.cmd`) : join(prefix, 'bin', name);
}

function npm(...args: string[]): Promise<Ran> {
  return runProgram(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, folder);
}

function pathsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(pathsIn) : [];
}

function compiler(): string {
  return join(createRequire(import.meta.url).resolve('typescript/package.json'), '../bin/tsc');
}

const compilerFlags = [
  ...['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--pretty', 'false'],
  ...['--typeRoots', join(root, 'node_modules/@types'), '--types', 'node', '--skipLibCheck'],
];
