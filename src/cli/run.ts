import { ConfigError, problemText } from '../config/problems.ts';
import type { RunningCluster } from '../daemon/cluster/run-cluster.ts';
import { portOwner } from '../daemon/process-info.ts';
import { serve } from '../daemon/serve.ts';
import { isInBackground, reportStart } from '../daemon/start-background.ts';
import type { CommandContext } from './command.ts';
import { CliFailure, exitCodes } from './exit.ts';
import { startText } from './start-text.ts';

/** What a router can be started with on the command line. */
export interface RunOptions {
  config?: string;
  port?: number;
  host?: string;
  models?: string[];
  logLevel?: string;
}

/** Runs the router until it is told to stop. */
export async function run(options: RunOptions, { environment, terminal }: CommandContext): Promise<void> {
  const background = isInBackground();
  try {
    await serve({
      configFile: options.config,
      port: options.port,
      host: options.host,
      models: options.models,
      logLevel: options.logLevel,
      environment,
      background,
      args: argumentsOf(options),
      async onReady(router) {
        const started = startedOf(router);
        if (background) await reportStart({ ready: started });
        else for (const line of startText(started, terminal.paint)) terminal.say(line);
      },
      onStopping: () => {
        if (!background) terminal.say('Stopping: running calls may finish; stop again to end them.');
      },
    });
  } catch (error) {
    const failure = explained(error, options, environment.router.port);
    if (background) await reportStart({ failed: failure.message, exitCode: failure.exitCode });
    throw failure;
  }
}

/** What others are told of a router that answers: plain data. */
function startedOf(router: RunningCluster) {
  const { url, host, port, version, configFile, logFile, warnings, targets, defaultModel, needsKey, firstKey } = router;
  const told = { url, host, port, version, configFile, logFile, warnings, targets, defaultModel, needsKey };
  return { ...told, ...(firstKey === undefined ? {} : { firstKey }), pid: process.pid };
}

/** The flags that say the same again. */
export function argumentsOf({ config, port, host, models, logLevel }: RunOptions): string[] {
  return [
    ...(config === undefined ? [] : ['--config', config]),
    ...(port === undefined ? [] : ['--port', String(port)]),
    ...(host === undefined ? [] : ['--host', host]),
    ...(models === undefined ? [] : ['--models', models.join(',')]),
    ...(logLevel === undefined ? [] : ['--log-level', logLevel]),
  ];
}

function explained(error: unknown, options: RunOptions, environmentPort: number | undefined): CliFailure {
  if (error instanceof ConfigError) {
    const lines = error.problems.map((problem) => `  ${problemText(problem)}`);
    const message = [`The configuration can't be used (${error.file}):`, ...lines].join('\n');
    return new CliFailure(message, exitCodes.badConfig);
  }
  const { code, port = options.port ?? environmentPort, message } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE' && port !== undefined) {
    const owner = portOwner(port);
    const by = owner === undefined ? 'by another process' : `by process ${owner}`;
    return new CliFailure(`Port ${port} is taken ${by}. Choose another with --port, or stop that process.`);
  }
  if (code === 'EACCES' && port !== undefined) {
    return new CliFailure(`This user may not listen on port ${port}. Choose one above 1023 with --port.`);
  }
  if (code === 'ENOTFOUND' || code === 'EADDRNOTAVAIL') {
    return new CliFailure(`This machine has no address ${options.host ?? 'of that name'}. Choose another with --host.`);
  }
  return new CliFailure(`The router can't be started: ${message ?? String(error)}`);
}
