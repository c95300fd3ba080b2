import { spawn } from 'node:child_process';
import type { Command } from 'commander';
import { resolvePaths } from '../config/paths.ts';
import { readRunState } from '../daemon/run-state.ts';
import type { CommandContext } from './command.ts';
import { connectionTo } from './credential.ts';
import { CliFailure } from './exit.ts';
import { startNew } from './start.ts';

export function define(command: Command, context: CommandContext): void {
  command
    .argument('[arguments...]', "Claude Code's own arguments")
    .passThroughOptions()
    .allowUnknownOption()
    .addHelpText('after', '\nExample:\n  router code -- --model opus "explain this repository"')
    .action((args: string[]) => code(args, context));
}

/** Starts the router where it does not run, and Claude Code with its environment set for that process alone. */
async function code(args: string[], context: CommandContext): Promise<void> {
  const { environment, terminal } = context;
  let url = readRunState(resolvePaths(environment).pidFile)?.url;
  if (url === undefined) {
    const started = await startNew([], context);
    url = started.url;
    terminal.say(`Started the router at ${url} (pid ${started.pid}); \`router stop\` stops it.`);
  }
  const { variables, missing } = await connectionTo(url, context);
  if (missing !== undefined) throw new CliFailure(missing);
  context.exitWith(await runClaude(args, variables, context));
}

function runClaude(
  args: string[],
  variables: Record<string, string>,
  { environment }: CommandContext,
): Promise<number> {
  const inherited = Object.fromEntries(environment.names().map((name) => [name, environment.get(name)]));
  // A key for Anthropic itself would be sent beside the router's.
  if (variables.ANTHROPIC_AUTH_TOKEN !== undefined) delete inherited.ANTHROPIC_API_KEY;
  const child = spawn(environment.get('CLAUDE_BIN') ?? 'claude', args, {
    stdio: 'inherit',
    env: { ...inherited, ...variables },
    shell: process.platform === 'win32',
  });
  // The keyboard's signals reach Claude Code by themselves; it decides when to end.
  const ignore = () => undefined;
  process.on('SIGINT', ignore).on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') return reject(error);
      const message = 'Claude Code (`claude`) is not installed: npm install -g @anthropic-ai/claude-code';
      reject(new CliFailure(message));
    });
    child.once('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1)));
  });
}
