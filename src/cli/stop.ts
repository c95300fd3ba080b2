import type { Command } from 'commander';
import { resolvePaths } from '../config/paths.ts';
import { stopRouter } from '../daemon/control.ts';
import { readRunState } from '../daemon/run-state.ts';
import { drainLimitMs } from '../daemon/serve.ts';
import type { CommandContext } from './command.ts';
import { CliFailure } from './exit.ts';

export function define(command: Command, context: CommandContext): void {
  command.addHelpText('after', '\nExample:\n  router stop').action(() => stop(context));
}

/** Stops the router that runs, and waits until it has. */
export async function stop({ environment, terminal }: CommandContext): Promise<void> {
  const state = readRunState(resolvePaths(environment).pidFile);
  if (!state) {
    terminal.say('The router does not run.');
    return;
  }
  const waiting = setTimeout(() => terminal.say('Waiting for running calls to finish…'), 1000);
  try {
    if (!(await stopRouter(state, drainLimitMs + 10_000))) {
      throw new CliFailure(`The router (pid ${state.pid}) did not stop; end that process by hand.`);
    }
  } finally {
    clearTimeout(waiting);
  }
  terminal.say(`Stopped (pid ${state.pid}).`);
}
