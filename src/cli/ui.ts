import type { Command } from 'commander';
import type { CommandContext } from './command.ts';
import { CliFailure } from './exit.ts';
import { ask, requireRunning } from './running.ts';

export function define(command: Command, context: CommandContext): void {
  command
    .option('--json', 'print it as JSON')
    .addHelpText('after', '\nExits with 1 where the running router has no dashboard.\n\nExample:\n  router ui')
    .action((options: { json?: boolean }) => ui(options, context));
}

/** Prints the address of the dashboard, where the running router has one. */
async function ui({ json }: { json?: boolean }, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const state = requireRunning(context);
  const url = `${state.url}/ui`;
  const reply = await ask(state, '/ui', context);
  await reply.body?.cancel();
  const available = reply.status !== 404;
  if (json) terminal.json({ url, available });
  else if (available) terminal.out(url);
  if (!available) {
    throw new CliFailure(
      `Version ${state.version} has no dashboard yet; it will be at ${url}. Until then: \`router stats\`, \`router costs\`, \`router status\`.`,
    );
  }
}
