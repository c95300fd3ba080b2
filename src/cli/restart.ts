import type { Command } from 'commander';
import { resolvePaths } from '../config/paths.ts';
import { readRunState } from '../daemon/run-state.ts';
import type { CommandContext } from './command.ts';
import { argumentsOf, type RunOptions } from './run.ts';
import { runOptions } from './run-options.ts';
import { start, startNew } from './start.ts';
import { startText } from './start-text.ts';
import { stop } from './stop.ts';

export function define(command: Command, context: CommandContext): void {
  runOptions(command)
    .addHelpText('after', '\nWithout options it starts with those it ran with.\n\nExample:\n  router restart')
    .action((options: RunOptions) => restart(options, context));
}

async function restart(options: RunOptions, context: CommandContext): Promise<void> {
  const state = readRunState(resolvePaths(context.environment).pidFile);
  if (!state) return start(options, context);
  const given = argumentsOf(options);
  await stop(context);
  const started = await startNew(given.length > 0 ? given : state.args, context);
  for (const line of startText(started, context.terminal.paint)) context.terminal.say(line);
}
