import type { Command } from 'commander';
import type { Environment } from '../config/env.ts';
import type { Terminal } from './terminal.ts';

/** What every command works with. */
export interface CommandContext {
  environment: Environment;
  terminal: Terminal;
  /** Says with which code the program ends; 0 where nobody does. */
  exitWith(code: number): void;
  /** The program with the options of every command, for completion. */
  wholeProgram(): Promise<Command>;
}

/** Gives a command its options and its action. Each file of a command exports one as `define`. */
export type DefineCommand = (command: Command, context: CommandContext) => void;

/** Makes commands below a command, each with its example; all of them may read another configuration file. */
export function subcommands(command: Command) {
  return (name: string, summary: string, example: string): Command =>
    command
      .command(name)
      .description(summary)
      .option('-c, --config <file>', 'another configuration file')
      .addHelpText('after', `\nExample:\n  ${example}`);
}
