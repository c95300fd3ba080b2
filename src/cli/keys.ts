import type { Command } from 'commander';
import { type CommandContext, subcommands } from './command.ts';
import { type CreateOptions, create } from './keys/create.ts';
import { list } from './keys/list.ts';
import { revoke } from './keys/revoke.ts';
import { withSharedKeys } from './keys/shared-keys.ts';

export interface KeyOptions {
  config?: string;
  json?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  const sub = (name: string, summary: string, example: string) =>
    subcommands(command)(name, summary, example).option('--json', 'print it as JSON');
  command.addHelpText('after', '\nExample:\n  router keys create ci --permissions write --expires-at 90d');
  sub('create [name]', 'Make a key and print it, this once', 'router keys create ci --models fast --budget 20')
    .option('-n, --name <name>', 'the same as the argument')
    .option('--permissions <list>', 'read, write, admin; read,write where left out')
    .option('--models <list>', 'the models it may use; all where left out')
    .option('--rate-limit <limit>', 'requests an hour, or in another window: 100/1m')
    .option('--budget <amount>', 'US dollars a month')
    .option('--budget-daily <amount>', 'US dollars a day')
    .option('--expires-at <when>', 'a date, a time, or from now on: 90d, 12h')
    .action((name: string | undefined, options: CreateOptions) =>
      withSharedKeys(options.config, context, () => create(name ?? options.name, options, context)),
    );
  sub('list', 'List the keys; they themselves are nowhere kept', 'router keys list').action((options: KeyOptions) =>
    list(options, context),
  );
  sub('revoke <name>', 'Refuse a key from now on', 'router keys revoke ci').action(
    (name: string, options: KeyOptions) =>
      withSharedKeys(options.config, context, () => revoke(name, options, context)),
  );
}
