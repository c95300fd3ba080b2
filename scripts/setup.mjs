// What `npm start` and `npm test` need first: the dependencies and the built program. Each is done only where it is due.
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../', import.meta.url));
const wanted = [20, 19];

/** Ends the process where this Node is too old to run the program. */
export function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > wanted[0] || (major === wanted[0] && minor >= wanted[1])) return;
  process.stderr.write(
    `Node ${wanted.join('.')} or newer is needed; this is ${process.versions.node}. See https://nodejs.org\n`,
  );
  process.exit(1);
}

/** Installs what package-lock.json names, where that is not there or older. */
export function install(folder = root) {
  const lock = join(folder, 'package-lock.json');
  const installed = join(folder, 'node_modules/.package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  process.stderr.write(`Installing dependencies${folder === root ? '' : ` of ${folder.slice(root.length)}`}…\n`);
  run(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder, shell: process.platform === 'win32' });
  const now = new Date();
  if (existsSync(installed)) utimesSync(installed, now, now);
}

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

/** Builds dist/ where a source is newer. */
export function build({ always = false } = {}) {
  const stamp = join(root, 'dist/.built');
  const sources = ['src', 'scripts/bundle.mjs', 'tsconfig.json', 'tsconfig.build.json', 'package.json'];
  if (!always && existsSync(stamp) && sources.every((path) => newest(join(root, path)) <= statSync(stamp).mtimeMs))
    return;
  process.stderr.write('Building…\n');
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  const compiler = join(createRequire(import.meta.url).resolve('typescript/package.json'), '../bin/tsc');
  run(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { cwd: root });
  for (const file of ['catalog.json', 'catalog.NOTICE']) {
    copyFileSync(join(root, 'src/models', file), join(root, 'dist/models', file));
  }
  run(process.execPath, [join(root, 'scripts/bundle.mjs'), join(root, 'dist')], { cwd: root });
  chmodSync(join(root, 'dist/main.js'), 0o755);
  writeFileSync(stamp, '');
}

/** Runs a program and ends this one with it where it fails. What it prints goes to standard error: standard output is data. */
export function run(program, args, options = {}) {
  const { status, error } = spawnSync(program, args, { stdio: ['inherit', 2, 2], ...options });
  if (error) process.stderr.write(`${program}: ${error.message}\n`);
  if (status !== 0) process.exit(status ?? 1);
}

function newest(path) {
  const { mtimeMs } = statSync(path);
  if (!statSync(path).isDirectory()) return mtimeMs;
  return Math.max(mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}
