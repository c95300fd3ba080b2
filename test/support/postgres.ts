import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';

/** A PostgreSQL of the test's own. */
export interface Postgres {
  url: string;
  /** Ends it as a machine that fails would. */
  kill(): Promise<void>;
  /** Starts it again with the same data on the same port. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

const versions = '/usr/lib/postgresql';

/** The folder of PostgreSQL's programs; undefined where it is not installed, which is said loudly. */
export function postgresPrograms(): string | undefined {
  const found = existsSync(versions) ? readdirSync(versions).sort().reverse() : [];
  const programs = found
    .map((version) => join(versions, version, 'bin'))
    .find((path) => existsSync(join(path, 'initdb')));
  if (!programs)
    process.stderr.write('\nSKIP: the tests with PostgreSQL do not run: install the package postgresql\n\n');
  return programs;
}

/** Makes a database in a new folder and serves it on a free port of this machine. */
export async function startPostgres(programs: string): Promise<Postgres> {
  const folder = mkdtempSync(join(tmpdir(), 'postgres-'));
  const owner = ownerOf(folder);
  const data = join(folder, 'data');
  const made = spawnSync(join(programs, 'initdb'), ['-D', data, '-U', 'router', '-A', 'trust', '--no-sync'], {
    ...owner,
    encoding: 'utf8',
    cwd: folder,
  });
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`);
  const port = await freePort();
  const settings = ['-c', 'fsync=off', '-c', 'listen_addresses=127.0.0.1', '-k', folder, '-p', String(port)];
  let child: ChildProcess | undefined;
  const end = async (signal: NodeJS.Signals) => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child!.once('exit', resolve));
    child.kill(signal);
    await ended;
  };
  const postgres: Postgres = {
    url: `postgres://router@127.0.0.1:${port}/postgres`,
    kill: () => end('SIGQUIT'),
    async start() {
      child = spawn(join(programs, 'postgres'), ['-D', data, ...settings], { ...owner, cwd: folder });
      await readiness(child);
    },
    async stop() {
      await end('SIGQUIT');
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await postgres.start();
  return postgres;
}

/** It refuses to run as root: then it runs as the user that its package made. */
function ownerOf(folder: string): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const idOf = (flag: string) => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout.trim());
  const owner = { uid: idOf('-u'), gid: idOf('-g') };
  chownSync(folder, owner.uid, owner.gid);
  return owner;
}

function readiness(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const timer = setTimeout(() => reject(new Error(`PostgreSQL did not start:\n${said}`)), 30_000);
    child.once('exit', (code) => reject(new Error(`PostgreSQL ended (${code}):\n${said}`)));
    child.stderr!.setEncoding('utf8');
    child.stderr!.on('data', (text: string) => {
      said += text;
      if (!said.includes('ready to accept connections')) return;
      clearTimeout(timer);
      resolve();
    });
  });
}
