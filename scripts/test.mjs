// `npm test`: installs and builds, brings up what the tests need, then checks and tests everything. What this machine
// lacks is named loudly, and only that is left out. Arguments go to the test runner.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build, checkNode, install, root, run } from './setup.mjs';

checkNode();
install();
build({ always: true });
installClients();
installServices();
const given = process.argv.slice(2);
if (given.length === 0) {
  run('npm', ['run', '--silent', 'check'], { cwd: root, shell: process.platform === 'win32' });
  for (const script of ['reference', 'surface'])
    run(process.execPath, [`scripts/${script}.mjs`, '--check'], { cwd: root });
}
const runner = join(createRequire(import.meta.url).resolve('vitest/package.json'), '../vitest.mjs');
run(process.execPath, [runner, 'run', ...given], { cwd: root });

/** The real clients that the tests drive, and newer Nodes; they are large, so they have folders of their own. */
function installClients() {
  const { status } = spawnSync(process.platform === 'win32' ? 'npm.cmd' : 'npm', ['--version'], {
    stdio: 'ignore',
    shell: process.platform === 'win32',
  });
  if (status !== 0) return skip('the real clients', 'npm is not there to install them');
  for (const folder of ['test/claude-code', 'test/nodes']) install(join(root, folder));
}

/** Redis, PostgreSQL, Prometheus' own judge and a browser, from Debian's packages where this is Debian and we may install them. */
function installServices() {
  const missing = [
    { what: 'Redis', package: 'redis-server', isThere: () => has('redis-server') },
    { what: 'PostgreSQL', package: 'postgresql', isThere: hasPostgres },
    { what: 'promtool', package: 'prometheus', isThere: () => has('promtool') },
    { what: 'Chromium', package: 'chromium', isThere: () => has('chromium') },
    {
      what: 'the Python wheel',
      package: 'python3-pip python3-venv python3-setuptools python3-wheel',
      isThere: hasPythonPackaging,
    },
  ].filter(({ isThere }) => !isThere());
  if (missing.length === 0) return;
  if (process.getuid?.() === 0 && has('apt-get')) {
    const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const options = { stdio: ['ignore', 2, 2], env: environment };
    spawnSync('apt-get', ['-qq', 'update'], options);
    spawnSync(
      'apt-get',
      ['-qq', '-y', '--no-install-recommends', 'install', ...missing.flatMap((service) => service.package.split(' '))],
      options,
    );
  }
  for (const { what, package: name, isThere } of missing) if (!isThere()) skip(what, `install ${name}`);
}

function has(program) {
  const folders = (process.env.PATH ?? '').split(process.platform === 'win32' ? ';' : ':');
  return folders.some((folder) => existsSync(join(folder, program)));
}

function hasPostgres() {
  const versions = '/usr/lib/postgresql';
  return (
    existsSync(versions) && readdirSync(versions).some((version) => existsSync(join(versions, version, 'bin/initdb')))
  );
}

/** What makes wheels without a network. */
function hasPythonPackaging() {
  const check = ['-c', 'import setuptools, wheel, pip, ensurepip'];
  return spawnSync('/usr/bin/python3', check, { stdio: 'ignore', timeout: 20_000 }).status === 0;
}

function skip(what, remedy) {
  process.stderr.write(`\nSKIP: the tests with ${what} do not run: ${remedy}\n\n`);
}
