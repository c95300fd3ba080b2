import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';

/** A Redis of the test's own, without anything on disk. */
export interface RedisServer {
  url: string;
  /** Ends it; its data is gone. */
  stop(): Promise<void>;
  /** Starts it again on the same port, empty. */
  start(): Promise<void>;
  /** It neither answers nor closes connections until it is resumed. */
  pause(): void;
  resume(): void;
  /** Ends it for good. */
  remove(): Promise<void>;
}

/** True where redis-server is installed; where not, that is said loudly. */
export function redisInstalled(): boolean {
  const found = spawnSync('redis-server', ['--version']).status === 0;
  if (!found) process.stderr.write('\nSKIP: the tests with Redis do not run: install the package redis-server\n\n');
  return found;
}

/** Starts a Redis on a free port of this machine. */
export async function startRedis(): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'redis-'));
  const port = await freePort();
  let child: ChildProcess | undefined;
  const stop = async () => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child!.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  };
  const redis: RedisServer = {
    url: `redis://127.0.0.1:${port}`,
    stop,
    async start() {
      const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
      child = spawn('redis-server', [...settings, '--dir', folder], { stdio: 'ignore' });
      await answering(port);
    },
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    async remove() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await redis.start();
  return redis;
}

async function answering(port: number): Promise<void> {
  const until = Date.now() + 10_000;
  while (!(await ping(port))) {
    if (Date.now() > until) throw new Error('Redis did not start within 10 s');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function ping(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.once('data', (data) => {
      socket.destroy();
      resolve(data.toString().startsWith('+PONG'));
    });
    socket.once('error', () => resolve(false));
  });
}
