import type { Command } from 'commander';
import type { CommandContext } from './command.ts';
import { encrypt } from './secrets/encrypt.ts';
import { rotate } from './secrets/rotate.ts';

export interface SecretsOptions {
  config?: string;
  json?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command.addHelpText('after', '\nExample:\n  router secrets encrypt < key.txt');
  command
    .command('encrypt [value]')
    .description('Print a value, or what standard input holds, as it may stand in the configuration')
    .option('--json', 'print it as JSON')
    .addHelpText('after', '\nExample:\n  printf %s "$OPENAI_API_KEY" | router secrets encrypt')
    .action((value: string | undefined, options: SecretsOptions) => encrypt(value, options, context));
  command
    .command('rotate')
    .description('Make a new master key, and encrypt anew what the configuration and the ledger hold')
    .option('-c, --config <file>', 'another configuration file')
    .option('--json', 'print what was done as JSON')
    .addHelpText('after', '\nExample:\n  router secrets rotate')
    .action((options: SecretsOptions) => rotate(options, context));
}
