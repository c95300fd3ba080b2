import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Home, newHome } from '../support/command.ts';

let home: Home;
beforeEach(() => {
  home = newHome();
});
afterEach(() => home.remove());

const unitFile = () => join(home.path, '.config/systemd/user/claude-code-router.service');
const onLinux = process.platform === 'linux';

/** A `systemctl` that writes down how it was called, and the environment that finds it first. */
function withSystemctl(exitCode = 0) {
  const folder = join(home.path, 'programs');
  mkdirSync(folder, { recursive: true });
  const log = join(home.path, 'systemctl.log');
  const script = `#!/bin/sh\necho "$*" >> '${log}'\n[ ${exitCode} = 0 ] || echo "no bus" >&2\nexit ${exitCode}\n`;
  writeFileSync(join(folder, 'systemctl'), script, { mode: 0o755 });
  const environment = { PATH: `${folder}${delimiter}${process.env.PATH}` };
  const calls = () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []);
  return { environment, calls };
}

describe('router service', () => {
  it.each([
    ['linux', ['[Service]', 'Type=exec', 'Restart=on-failure', 'dist/main.js']],
    ['macos', ['<key>KeepAlive</key>', '<key>RunAtLoad</key>', 'dist/main.js</string>']],
    ['windows', ['<LogonTrigger>', '<Command>', 'dist/main.js']],
  ])('prints the file for %s, and writes nothing', async (system, parts) => {
    const ran = await home.run('service', 'install', '--print', '--system', system);
    expect(ran.exitCode, ran.stderr).toBe(0);
    for (const part of parts) expect(ran.stdout).toContain(part);
    expect(ran.stderr).toContain('would be written to');
    expect(existsSync(join(home.path, '.config'))).toBe(false);
    expect(existsSync(join(home.path, 'Library'))).toBe(false);
  });

  it('takes the configuration with it, whatever its name', async () => {
    const file = join(home.path, 'a & "b" 100% $x.json');
    const print = async (system: string) =>
      (await home.run('service', 'install', '--print', '--system', system, '--config', file)).stdout;
    expect(await print('linux')).toContain(String.raw`a & \"b\" 100%% $$x.json"`);
    expect(await print('macos')).toContain('a &amp; &quot;b&quot; 100% $x.json</string>');
    expect(await print('windows')).toContain(String.raw`a &amp; \&quot;b\&quot; 100% $x.json&quot;`);
  });

  it.runIf(onLinux && spawnSync('systemd-analyze', ['--version']).status === 0)(
    'is a unit that systemd finds nothing wrong with',
    async () => {
      const file = join(home.path, 'claude-code-router.service');
      writeFileSync(file, (await home.run('service', 'install', '--print')).stdout);
      const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--user', file], {
        encoding: 'utf8',
        env: { ...process.env, XDG_RUNTIME_DIR: home.path },
      });
      expect([status, stderr]).toEqual([0, '']);
    },
  );

  it.runIf(onLinux)('is installed, found and removed', async () => {
    const { environment, calls } = withSystemctl();
    expect((await home.runWith(environment, 'service', 'status')).exitCode).toBe(3);
    const installed = await home.runWith(environment, 'service', 'install', '--yes');
    expect(installed.exitCode, installed.stderr).toBe(0);
    expect(readFileSync(unitFile(), 'utf8')).toContain(`Environment=ROUTER_HOME=${home.path}`);
    expect(calls()).toEqual([
      '--user daemon-reload',
      '--user enable claude-code-router.service',
      '--user restart claude-code-router.service',
    ]);
    const status = await home.runWith(environment, 'service', 'status', '--json');
    expect(JSON.parse(status.stdout)).toEqual({ installed: true, active: true, file: unitFile() });
    expect((await home.runWith(environment, 'service', 'uninstall', '--yes')).exitCode).toBe(0);
    expect(existsSync(unitFile())).toBe(false);
    expect(calls()).toContain('--user disable --now claude-code-router.service');
    const again = await home.runWith(environment, 'service', 'uninstall', '--yes');
    expect([again.exitCode, again.stderr]).toEqual([0, expect.stringContaining('No service is installed')]);
  });

  it.runIf(onLinux)('says why the system refuses it', async () => {
    const { environment } = withSystemctl(1);
    const ran = await home.runWith(environment, 'service', 'install', '--yes');
    expect([ran.exitCode, ran.stderr]).toEqual([1, expect.stringContaining('daemon-reload` failed: no bus')]);
    rmSync(unitFile());
  });

  it.runIf(onLinux)('shows what it would write and stops, where nobody can be asked', async () => {
    const ran = await home.run('service', 'install');
    expect([ran.exitCode, ran.stdout]).toEqual([2, '']);
    expect(ran.stderr).toContain('[Service]');
    expect(ran.stderr).toContain('--yes');
    expect(existsSync(unitFile())).toBe(false);
  });

  it('does not take the place of a router that runs', async () => {
    await home.run('start', '--port', '0');
    const ran = await home.run('service', 'install', '--yes');
    expect([ran.exitCode, ran.stderr]).toEqual([1, expect.stringContaining('router stop')]);
    expect(existsSync(unitFile())).toBe(false);
  });

  it('is of this system alone where something is written', async () => {
    expect((await home.run('service', 'install', '--system', 'windows', '--yes')).exitCode).toBe(2);
  });
});
