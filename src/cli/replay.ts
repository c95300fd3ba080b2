import type { Command } from 'commander';
import { CliFailure } from './exit.ts';

export function define(command: Command): void {
  command
    .allowUnknownOption()
    .allowExcessArguments()
    .addHelpText('after', '\nExample:\n  router replay --config new.json --since 24h')
    .action(() => {
      throw new CliFailure(
        'This version can’t replay calls yet. `router explain` and `router test` show where requests would go under another configuration.',
      );
    });
}
