import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { resolvePaths } from '../../config/paths.ts';
import type { Assembly } from '../../daemon/assemble.ts';
import { portOwner } from '../../daemon/process-info.ts';
import { type RunState, readRunState } from '../../daemon/run-state.ts';
import type { CommandContext } from '../command.ts';
import { ask } from '../running.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

/** Whether a router runs and answers; where none does, whether it could listen where it should. */
export async function checkRunning(assembly: Assembly | undefined, context: CommandContext): Promise<Finding[]> {
  const { environment } = context;
  const { pidFile } = resolvePaths(environment);
  const state = readRunState(pidFile);
  if (state) return [await checkAnswer(state, context)];
  const stale = existsSync(pidFile)
    ? [warning('router', `${pidFile} was left by a router that is gone`, 'Nothing: the next start takes its place.')]
    : [];
  const port = environment.router.port ?? assembly?.config.router.port ?? 8080;
  const host = environment.router.host ?? assembly?.config.router.host ?? 'localhost';
  return [...stale, ok('router', 'none runs; `router start` starts one'), await checkPort(host, port)];
}

async function checkAnswer(state: RunState, context: CommandContext): Promise<Finding> {
  const { url, pid, version } = state;
  try {
    const reply = await ask(state, '/health', context);
    const { status } = (await reply.json()) as { status?: string };
    const text = `it runs at ${url} (pid ${pid}, version ${version}): ${status ?? reply.status}`;
    if (status === 'ok') return ok('router', text);
    return warning('router', text, '`router status` and `router models status` tell more.');
  } catch (error) {
    return problem('router', error instanceof Error ? error.message : String(error), '`router restart`');
  }
}

async function checkPort(host: string, port: number): Promise<Finding> {
  if (port === 0) return ok('port', 'any free one is taken');
  const code = await whyNotFree(host, port);
  if (code === undefined) return ok('port', `${port} is free`);
  if (code === 'EADDRINUSE') {
    const owner = portOwner(port);
    const by = owner === undefined ? 'another process' : `process ${owner}`;
    return problem(
      'port',
      `${port} is taken by ${by}`,
      'Set another `router.port` (router config set router.port 8181), or stop that process.',
    );
  }
  return problem(
    'port',
    `${host}:${port} can't be listened on (${code})`,
    'Set another `router.port` or `router.host`.',
  );
}

/** The code of the error that listening there ends with; undefined where it works. */
function whyNotFree(host: string, port: number): Promise<string | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, host === 'localhost' ? '127.0.0.1' : host, () => server.close(() => resolve(undefined)));
  });
}
