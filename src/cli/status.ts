import type { Command } from 'commander';
import type { RunState } from '../daemon/run-state.ts';
import type { CommandContext } from './command.ts';
import { askJson, requireRunning } from './running.ts';

export function define(command: Command, context: CommandContext): void {
  command
    .option('--json', 'print it as JSON')
    .addHelpText('after', '\nExample:\n  router status --json')
    .action((options: { json?: boolean }) => status(options, context));
}

interface Details {
  status: string;
  activeCalls: number;
  models: { name: string; provider: string; status: string; problem?: string }[];
  workers: { pid: number; activeCalls: number; leaving?: boolean }[];
  sharedState: 'none' | 'here' | 'away';
  catalogue: { asOf: string; from: 'shipped' | 'kept' };
  configError?: string;
}

async function status({ json }: { json?: boolean }, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const state = requireRunning(context);
  const details = (await askJson(state, '/health/detailed', context)) as Details;
  if (json) return terminal.json(statusOf(state, details));
  const { paint } = terminal;
  terminal.out(`${paint.bold(details.status)} at ${state.url} (pid ${state.pid}, version ${state.version})`);
  terminal.out(`Started: ${state.startedAt}`);
  terminal.out(`Configuration: ${state.configFile ?? 'none; the models come from the environment'}`);
  if (state.logFile !== null) terminal.out(`Log: ${state.logFile}`);
  if (details.workers.some(({ pid }) => pid !== state.pid)) {
    const shown = details.workers.map(
      (worker) => `${worker.pid} (${worker.activeCalls} calls${worker.leaving ? ', leaving' : ''})`,
    );
    terminal.out(`Workers: ${shown.join(', ')}`);
  }
  terminal.out(`Calls on their way: ${details.activeCalls}`);
  const usable = details.models.filter(({ problem }) => problem === undefined);
  terminal.out(`Models: ${usable.map(({ name }) => name).join(', ') || 'none that can be called'}`);
  for (const { name, problem } of details.models) {
    if (problem !== undefined) terminal.out(paint.yellow(`Model ${name} can't be called: ${problem}`));
  }
  const { asOf, from } = details.catalogue;
  terminal.out(`Prices of the catalogue: of ${asOf}${from === 'kept' ? ', taken by `router models update`' : ''}`);
  if (details.sharedState === 'away') {
    const told =
      'The shared state is away: this router counts by itself, and hears of no keys that others make or revoke.';
    terminal.out(paint.yellow(told));
  }
  if (details.configError !== undefined) {
    terminal.out(paint.red(`The configuration on disk is not used: ${details.configError}`));
  }
}

function statusOf(state: RunState, details: Details) {
  const { pid, url, version, startedAt, configFile, logFile, background } = state;
  const { configError, ...rest } = details;
  return {
    ...{ pid, url, version, startedAt, configFile, logFile, background },
    workers: rest.workers,
    ...(configError === undefined ? {} : { configError }),
    status: rest.status,
    activeCalls: rest.activeCalls,
    models: rest.models,
    sharedState: rest.sharedState,
    catalogue: rest.catalogue,
  };
}
