import type { Command } from 'commander';
import { resolvePaths } from '../config/paths.ts';
import type { CommandContext } from './command.ts';
import { configFileOf } from './config-file.ts';
import { checkClaudeCode, checkClientSettings } from './doctor/claude-code.ts';
import { checkConfiguration } from './doctor/configuration.ts';
import type { Finding } from './doctor/finding.ts';
import { checkNode, checkStateDirectory } from './doctor/machine.ts';
import { checkProviders } from './doctor/providers.ts';
import { checkRunning } from './doctor/running.ts';
import { exitCodes } from './exit.ts';
import type { Paint, Terminal } from './terminal.ts';

interface DoctorOptions {
  config?: string;
  json?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .option('-c, --config <file>', 'the configuration to look at')
    .option('--json', 'print it as JSON')
    .addHelpText(
      'after',
      '\nAsks providers for their lists of models, which costs nothing, and changes nothing. Exits with 1 where there is a problem.\n\nExample:\n  router doctor',
    )
    .action((options: DoctorOptions) => doctor(options, context));
}

async function doctor(options: DoctorOptions, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const findings = await examine(options, context);
  const count = (status: Finding['status']) => findings.filter((finding) => finding.status === status).length;
  const problems = count('problem');
  if (options.json) terminal.json({ ok: problems === 0, findings });
  else {
    for (const finding of findings) tell(finding, terminal);
    terminal.say(`${counted(problems, 'problem')}, ${counted(count('warning'), 'warning')}.`);
  }
  if (problems > 0) context.exitWith(exitCodes.failed);
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

async function examine({ config }: DoctorOptions, context: CommandContext): Promise<Finding[]> {
  const { environment } = context;
  const { stateDirectory } = resolvePaths(environment);
  const claudeCode = checkClaudeCode(environment);
  const { findings, assembly } = await checkConfiguration(configFileOf(context, config), context);
  try {
    const [providers, running, client] = await Promise.all([
      assembly ? checkProviders(assembly) : [],
      checkRunning(assembly, context),
      claudeCode,
    ]);
    const machine = [checkNode(), ...checkStateDirectory(stateDirectory)];
    return [...machine, ...findings, ...providers, ...running, client, ...checkClientSettings(environment)];
  } finally {
    await assembly?.transport.destroy();
  }
}

function tell({ area, status, text, remedy }: Finding, { out, paint }: Terminal): void {
  const colour = { ok: 'green', warning: 'yellow', problem: 'red' } as const satisfies Record<string, keyof Paint>;
  out(`${paint[colour[status]](status.padEnd(7))}  ${area}: ${text}`);
  if (remedy !== undefined) out(`${' '.repeat(9)}-> ${remedy}`);
}
