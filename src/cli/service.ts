import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Command, Option } from 'commander';
import { resolvePaths } from '../config/paths.ts';
import { readRunState } from '../daemon/run-state.ts';
import type { CommandContext } from './command.ts';
import { confirm } from './confirm.ts';
import { CliFailure, exitCodes } from './exit.ts';
import { type ServicePlan, type ServiceSystem, type Step, servicePlan, thisSystem } from './service/plan.ts';

interface ServiceOptions {
  config?: string;
  print?: boolean;
  yes?: boolean;
  json?: boolean;
  system?: ServiceSystem;
}

export function define(command: Command, context: CommandContext): void {
  const sub = (name: string, summary: string, example: string) =>
    command.command(name).description(summary).addHelpText('after', `\nExample:\n  ${example}`);
  const system = () =>
    new Option('--system <name>', 'with --print: for another system').choices(['linux', 'macos', 'windows']);
  command.addHelpText('after', '\nExample:\n  router service install --print');
  sub('install', 'Start the router now and whenever you log in', 'router service install --print')
    .option('-c, --config <file>', 'the configuration it runs with')
    .option('--print', 'print what would be written, and write nothing')
    .option('-y, --yes', 'do not ask')
    .addOption(system())
    .action((options: ServiceOptions) => install(options, context));
  sub('uninstall', 'Stop the service and remove it', 'router service uninstall')
    .option('--print', 'print what would be done, and do nothing')
    .option('-y, --yes', 'do not ask')
    .addOption(system())
    .action((options: ServiceOptions) => uninstall(options, context));
  sub('status', 'Say whether the service is installed and runs', 'router service status --json')
    .option('--json', 'print it as JSON')
    .action((options: ServiceOptions) => status(options, context));
}

async function install(options: ServiceOptions, context: CommandContext): Promise<void> {
  const { terminal, environment } = context;
  const plan = planFor(options, context);
  if (options.print) return printPlan(plan, context);
  const running = readRunState(resolvePaths(environment).pidFile);
  if (running?.background) {
    throw new CliFailure(
      `A router runs already (pid ${running.pid}); \`router stop\` it first, and the service takes its place.`,
    );
  }
  terminal.say(`${existsSync(plan.file) ? 'Replace' : 'Write'} ${plan.file}:\n\n${plan.shown}`);
  for (const { words } of plan.install) terminal.say(`Run: ${shownWords(words)}`);
  await confirm('Do this?', options.yes === true, context);
  mkdirSync(dirname(plan.file), { recursive: true });
  writeFileSync(plan.file, plan.text, { mode: 0o644 });
  mkdirSync(resolvePaths(environment).logDirectory, { recursive: true, mode: 0o700 });
  terminal.say(`Wrote ${plan.file}.`);
  runSteps(plan.install);
  terminal.say(`The service runs. What it says: ${plan.logs}`);
  if (plan.environmentFile !== undefined) {
    terminal.say(
      `It does not see the variables of your shell: put keys into ${plan.environmentFile}, as NAME=value, and keep that file to yourself (chmod 600).`,
    );
  }
}

async function uninstall(options: ServiceOptions, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const plan = planFor(options, context);
  const { before, after } = plan.uninstall;
  if (!options.print && !existsSync(plan.file)) return terminal.say(`No service is installed (${plan.file}).`);
  const say = options.print ? terminal.out : terminal.say;
  for (const { words } of before) say(`Run: ${shownWords(words)}`);
  say(`Remove ${plan.file}`);
  for (const { words } of after) say(`Run: ${shownWords(words)}`);
  if (options.print) return;
  await confirm('Do this?', options.yes === true, context);
  runSteps(before);
  rmSync(plan.file, { force: true });
  runSteps(after);
  terminal.say('The service is removed.');
}

async function status({ json }: ServiceOptions, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const { file, status: step } = planFor({}, context);
  const installed = existsSync(file);
  const active = installed && spawnSync(step.words[0]!, step.words.slice(1), { timeout: 10_000 }).status === 0;
  if (json) terminal.json({ installed, active, file });
  else if (installed) terminal.out(`${active ? 'active' : 'installed, but not active'} (${file})`);
  if (!installed && !json) terminal.say('No service is installed; `router service install` installs one.');
  if (!active) context.exitWith(exitCodes.notRunning);
}

function planFor({ system, config, print }: ServiceOptions, { environment }: CommandContext): ServicePlan {
  if (system !== undefined && !print) {
    throw new CliFailure('--system prints a service for another system: use it with --print', exitCodes.usage);
  }
  const wanted = system ?? thisSystem();
  if (wanted !== undefined) return servicePlan(wanted, config, environment);
  throw new CliFailure(
    `There is no service for ${process.platform} here; run \`router start\` when the system starts.`,
  );
}

/** The file on standard output, so that it can be kept; what to do with it for the person. */
function printPlan({ file, shown, install, environmentFile }: ServicePlan, { terminal }: CommandContext): void {
  terminal.out(shown.trimEnd());
  terminal.say(`This would be written to ${file}. Then:`);
  for (const { words } of install) terminal.say(`  ${shownWords(words)}`);
  if (environmentFile !== undefined) terminal.say(`Keys for it go into ${environmentFile}, as NAME=value.`);
}

function runSteps(steps: readonly Step[]): void {
  for (const { words, mayFail } of steps) {
    const [program = '', ...args] = words;
    const { status: code, error, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: 60_000 });
    if (code === 0 || mayFail) continue;
    const why = error ? (error as NodeJS.ErrnoException).code : stderr.trim();
    throw new CliFailure(`\`${shownWords(words)}\` failed: ${why || `it ended with ${code}`}`);
  }
}

function shownWords(words: readonly string[]): string {
  return words.map((word) => (/^[\w./:@=,+-]+$/.test(word) ? word : JSON.stringify(word))).join(' ');
}
