import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { resolvePaths } from '../config/paths.ts';
import { clusterFileOf } from '../daemon/cluster/cluster-file.ts';
import { restartWorkers } from '../daemon/control.ts';
import { urlHost } from '../daemon/run-router.ts';
import { type RunState, readRunState } from '../daemon/run-state.ts';
import { version } from '../daemon/version.ts';
import type { CommandContext } from './command.ts';
import { CliFailure } from './exit.ts';
import { argumentsOf, type RunOptions } from './run.ts';
import { runOptions } from './run-options.ts';
import { askJson } from './running.ts';
import { start, startNew } from './start.ts';
import { startText } from './start-text.ts';
import { stop } from './stop.ts';

export function define(command: Command, context: CommandContext): void {
  runOptions(command)
    .addHelpText('after', '\nWithout options it starts with those it ran with.\n\nExample:\n  router restart')
    .action((options: RunOptions) => restart(options, context));
}

/** True where new workers are all it takes: the same program, which is still to serve by workers, and at the same address. */
async function hasReplaceableWorkers(state: RunState, { environment }: CommandContext): Promise<boolean> {
  if (!state.clustered || state.version !== version || state.configFile === null) return false;
  const file = await clusterFileOf(state.configFile, environment);
  if (!file) return false;
  const flag = (name: string) => (state.args.includes(name) ? state.args[state.args.indexOf(name) + 1] : undefined);
  const port = Number(flag('--port') ?? environment.router.port ?? file.config.router.port);
  const host = flag('--host') ?? environment.router.host ?? file.config.router.host;
  const { url } = state;
  return url === `http://${urlHost(host)}:${port === 0 ? new URL(url).port : port}`;
}

/** Each worker is replaced before it goes: no connection is refused meanwhile. */
async function replaceWorkers(state: RunState, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const workers = async () => ((await askJson(state, '/health/detailed', context)) as { workers: Worker[] }).workers;
  const before = new Set((await workers()).filter(({ leaving }) => !leaving).map(({ pid }) => pid));
  await restartWorkers(state);
  const until = Date.now() + restartLimitMs;
  for (;;) {
    const now = (await workers()).filter(({ leaving }) => !leaving);
    const fresh = now.filter(({ pid }) => !before.has(pid));
    if (fresh.length > 0 && fresh.length === now.length) {
      terminal.say(`Every worker was replaced at ${state.url}; those before finish their calls.`);
      return;
    }
    if (Date.now() > until) throw new CliFailure('Not every worker could be replaced; `router logs` tells why.');
    await delay(100);
  }
}

interface Worker {
  pid: number;
  leaving?: boolean;
}

const restartLimitMs = 60_000;

async function restart(options: RunOptions, context: CommandContext): Promise<void> {
  const state = readRunState(resolvePaths(context.environment).pidFile);
  if (!state) return start(options, context);
  const given = argumentsOf(options);
  if (given.length === 0 && (await hasReplaceableWorkers(state, context))) return replaceWorkers(state, context);
  await stop(context);
  const started = await startNew(given.length > 0 ? given : state.args, context);
  for (const line of startText(started, context.terminal.paint)) context.terminal.say(line);
}
