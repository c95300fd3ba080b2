import { fork, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** The upstream of all gateways, in a process of its own. */
export async function startUpstream() {
  const child = fork(here('./upstream.mjs'));
  const port = await new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', () => reject(new Error('the upstream did not start')));
  });
  return { port, stop: () => child.kill('SIGKILL') };
}

/** A built router (`root/dist`) before the upstream, with everything on that is on without being asked for, but what `more` changes. */
export async function startRouter(upstream, root, name = 'router', more = {}) {
  const port = await freePort();
  const origin = `http://127.0.0.1:${upstream}`;
  const provider = (type, baseUrl) => ({ type, baseUrl, apiKey: 'sk-upstream', models: { m: {} } });
  const config = {
    providers: {
      anthropic: provider('anthropic', origin),
      openai: provider('openai-compatible', `${origin}/v1`),
      responses: provider('openai-compatible', `${origin}/v1/responses`),
      gemini: provider('google', origin),
    },
    routing: { defaultModel: 'anthropic/m' },
    ...more,
  };
  return inNewHome(name, port, (home) => {
    writeFileSync(join(home, 'config.json'), JSON.stringify(config));
    const args = [join(root, 'dist/main.js'), '--config', join(home, 'config.json'), '--port', String(port)];
    return { command: process.execPath, args, env: { ROUTER_HOME: home } };
  });
}

/** nginx as a bare proxy that buffers nothing and logs nothing; undefined where it is not installed. */
export async function startNginx(upstream) {
  if (spawnSync('nginx', ['-v']).error) return undefined;
  const port = await freePort();
  return inNewHome('nginx', port, (home) => {
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${home}/${name};`,
    );
    writeFileSync(
      join(home, 'nginx.conf'),
      `daemon off; worker_processes 1; pid ${home}/pid; error_log /dev/null;
     events { worker_connections 4096; }
     http { access_log off; ${paths.join(' ')} client_max_body_size 64m; keepalive_requests 1000000;
       upstream provider { server 127.0.0.1:${upstream}; keepalive 128; keepalive_requests 1000000; }
       server { listen 127.0.0.1:${port}; location / { proxy_pass http://provider; proxy_http_version 1.1;
         proxy_set_header connection ""; proxy_buffering off; proxy_request_buffering off; tcp_nodelay on; } } }`,
    );
    return { command: 'nginx', args: ['-c', join(home, 'nginx.conf'), '-p', home] };
  });
}

/**
 * Runs a gateway in a home of its own until it answers on its port. `prepare` is given that folder and tells the command.
 * Resolves to `{name, home, port, pid, startMs, stop()}`.
 */
export async function inNewHome(name, port, prepare) {
  const home = mkdtempSync(join(tmpdir(), 'bench-gateway-'));
  const { command, args, env } = prepare(home);
  const startedAt = performance.now();
  const child = spawn(command, args, {
    cwd: home,
    env: { PATH: process.env.PATH, HOME: home, ...env },
    stdio: 'ignore',
  });
  await answering(port, child);
  return { name, home, port, pid: child.pid, startMs: performance.now() - startedAt, stop: () => stop(child, home) };
}

async function answering(port, child) {
  for (let tries = 0; child.exitCode === null && tries < 4000; tries += 1) {
    const there = await fetch(`http://127.0.0.1:${port}/health`).then(
      () => true,
      () => false,
    );
    if (there) return;
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
  child.kill('SIGKILL');
  throw new Error('a gateway did not start');
}

async function stop(child, home) {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 3000);
  await gone;
  clearTimeout(timer);
  rmSync(home, { recursive: true, force: true });
}

export function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
