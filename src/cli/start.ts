import { resolve } from 'node:path';
import type { Command } from 'commander';
import { resolvePaths } from '../config/paths.ts';
import { readRunState } from '../daemon/run-state.ts';
import { type StartReport, startInBackground } from '../daemon/start-background.ts';
import type { CommandContext } from './command.ts';
import { CliFailure } from './exit.ts';
import { argumentsOf, type RunOptions } from './run.ts';
import { runOptions } from './run-options.ts';
import { startText } from './start-text.ts';

export function define(command: Command, context: CommandContext): void {
  runOptions(command)
    .option('--json', 'print what was started as JSON')
    .addHelpText('after', '\nExample:\n  router start --port 8080')
    .action(async (options: RunOptions & { json?: boolean }) => start(options, context));
}

/** Starts the router in the background and returns when it answers. One that runs already is left alone. */
export async function start(options: RunOptions & { json?: boolean }, context: CommandContext): Promise<void> {
  const { terminal, environment } = context;
  const running = readRunState(resolvePaths(environment).pidFile);
  if (running) {
    if (options.json) terminal.json({ pid: running.pid, url: running.url, alreadyRunning: true });
    else
      terminal.say(
        `The router already runs at ${running.url} (pid ${running.pid}); \`router restart\` starts it anew.`,
      );
    return;
  }
  const started = await startNew(argumentsOf(absolute(options)), context);
  if (options.json) terminal.json(started);
  else for (const line of startText(started, terminal.paint)) terminal.say(line);
}

/** Starts a router in the background with these flags. Throws CliFailure where it does not answer. */
export async function startNew(args: readonly string[], { environment }: CommandContext) {
  const report: StartReport = await startInBackground(args, resolvePaths(environment));
  if ('failed' in report) throw new CliFailure(report.failed, report.exitCode);
  return report.ready;
}

/** The same from any folder. */
function absolute(options: RunOptions): RunOptions {
  return options.config === undefined ? options : { ...options, config: resolve(options.config) };
}
