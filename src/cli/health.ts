import type { Command } from 'commander';
import type { CommandContext } from './command.ts';
import { exitCodes } from './exit.ts';
import { askJson, requireRunning } from './running.ts';

export function define(command: Command, context: CommandContext): void {
  command
    .option('--json', 'print it as JSON')
    .addHelpText('after', '\nExits with 1 where the router can take no calls.\n\nExample:\n  router health')
    .action((options: { json?: boolean }) => health(options, context));
}

async function health({ json }: { json?: boolean }, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const state = requireRunning(context);
  const reply = (await askJson(state, '/health', context)) as { status: string; version: string; uptime: number };
  if (json) terminal.json(reply);
  else terminal.out(`${reply.status} (version ${reply.version}, up for ${reply.uptime} s, ${state.url})`);
  if (reply.status === 'unavailable' || reply.status === 'draining') context.exitWith(exitCodes.failed);
}
