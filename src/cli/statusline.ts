import type { Command } from 'commander';
import { printStatusLine } from './status-line.ts';

const usage = `
It reads what Claude Code writes to a status line, and prints the model that really answered, its provider, what the session
cost, and how full the model's window is. In Claude Code's settings.json:
  "statusLine": { "type": "command", "command": "router statusline" }

Example:
  echo '{}' | router statusline`;

export function define(command: Command): void {
  command.addHelpText('after', usage).action(printStatusLine);
}
