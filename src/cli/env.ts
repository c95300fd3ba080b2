import type { Command } from 'commander';
import { Option } from 'commander';
import { resolvePaths } from '../config/paths.ts';
import { readRunState } from '../daemon/run-state.ts';
import type { CommandContext } from './command.ts';
import { connectionTo } from './credential.ts';

export function define(command: Command, context: CommandContext): void {
  command
    .addOption(
      new Option('--shell <name>', 'the shell to write for').choices(['bash', 'zsh', 'sh', 'fish', 'powershell']),
    )
    .option('--unset', 'print the lines that take the connection away')
    .option('--json', 'print the variables as JSON')
    .addHelpText('after', '\nExample:\n  eval "$(router env)"')
    .action((options: EnvOptions) => env(options, context));
}

interface EnvOptions {
  shell?: string;
  unset?: boolean;
  json?: boolean;
}

async function env({ shell, unset, json }: EnvOptions, context: CommandContext): Promise<void> {
  const { environment, terminal } = context;
  const state = readRunState(resolvePaths(environment).pidFile);
  const url = state?.url ?? `http://localhost:${environment.router.port ?? 8080}`;
  const { variables, missing } = await connectionTo(url, context);
  if (json) return terminal.json(variables);
  const write = (unset ? unsetLines : setLines)[shell ?? shellOf(environment.get('SHELL'))] ?? setLines.sh!;
  for (const [name, value] of Object.entries(variables)) terminal.out(write(name, value));
  if (unset) return;
  if (!state) terminal.say('The router does not run; `router start` starts it.');
  else if (missing !== undefined) terminal.say(`${missing} Then run this again.`);
}

function shellOf(path: string | undefined): string {
  const name = path?.split('/').at(-1) ?? '';
  return name in setLines ? name : process.platform === 'win32' ? 'powershell' : 'sh';
}

type Line = (name: string, value: string) => string;

const posix: Line = (name, value) => `export ${name}='${value.replaceAll("'", String.raw`'\''`)}'`;
const unsetPosix: Line = (name) => `unset ${name}`;

const setLines: Record<string, Line> = {
  bash: posix,
  zsh: posix,
  sh: posix,
  fish: (name, value) => `set -gx ${name} '${value.replaceAll(/['\\]/g, String.raw`\$&`)}'`,
  powershell: (name, value) => `$env:${name} = '${value.replaceAll("'", "''")}'`,
};

const unsetLines: Record<string, Line> = {
  bash: unsetPosix,
  zsh: unsetPosix,
  sh: unsetPosix,
  fish: (name) => `set -e ${name}`,
  powershell: (name) => `Remove-Item Env:${name}`,
};
