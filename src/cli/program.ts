import { Command, CommanderError } from 'commander';
import { type Environment, environmentFrom, readEnvironment } from '../config/env.ts';
import { nearest } from '../config/nearest.ts';
import { ConfigError, problemText } from '../config/problems.ts';
import { version } from '../daemon/version.ts';
import type { CommandContext, DefineCommand } from './command.ts';
import { CliFailure, exitCodes } from './exit.ts';
import { runOptions } from './run-options.ts';
import { createTerminal, type Terminal } from './terminal.ts';

interface Entry {
  summary: string;
  /** Not listed: it can only say that it can't do anything yet. */
  hidden?: boolean;
  load(): Promise<{ define: DefineCommand }>;
}

/** Every command; the file of one is read only when it is called. */
const commands: Readonly<Record<string, Entry>> = {
  start: { summary: 'Start the router in the background', load: () => import('./start.ts') },
  stop: { summary: 'Let running calls finish, then stop the router', load: () => import('./stop.ts') },
  restart: { summary: 'Stop the router and start it as it was', load: () => import('./restart.ts') },
  status: { summary: 'Say whether the router runs, where, and with what', load: () => import('./status.ts') },
  health: { summary: 'Ask the running router how it is', load: () => import('./health.ts') },
  logs: { summary: 'Show what the router wrote down', load: () => import('./logs.ts') },
  stats: { summary: 'Show requests, tokens, cost and speed', load: () => import('./stats.ts') },
  costs: { summary: 'Show what was spent, and on what', load: () => import('./costs.ts') },
  config: { summary: 'Show, check and change the configuration', load: () => import('./config.ts') },
  explain: { summary: 'Say where a request would go, and why', load: () => import('./explain.ts') },
  test: { summary: 'Check where requests go against files of expectations', load: () => import('./test.ts') },
  models: { summary: 'List, add, remove, test and switch models', load: () => import('./models.ts') },
  keys: { summary: 'Make, list and revoke keys of the router', load: () => import('./keys.ts') },
  secrets: { summary: 'Encrypt values of the configuration, and change the keys', load: () => import('./secrets.ts') },
  code: { summary: 'Run Claude Code through the router', load: () => import('./code.ts') },
  env: { summary: 'Print the lines that connect Claude Code', load: () => import('./env.ts') },
  statusline: { summary: "Print Claude Code's status line", load: () => import('./statusline.ts') },
  init: { summary: 'Make a first configuration', load: () => import('./init.ts') },
  import: { summary: 'Turn a configuration of claude-code-router 1 or 2 into ours', load: () => import('./import.ts') },
  doctor: { summary: 'Look for what is wrong, and say what to do', load: () => import('./doctor.ts') },
  service: { summary: 'Start the router whenever you log in', load: () => import('./service.ts') },
  ui: { summary: 'Say where the dashboard is', load: () => import('./ui.ts') },
  completion: { summary: 'Print the completion of your shell', load: () => import('./completion.ts') },
  replay: {
    summary: 'Ask again what was asked, under another configuration',
    hidden: true,
    load: () => import('./replay.ts'),
  },
};

/** Runs the program with its arguments; resolves with the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  let environment: Environment;
  try {
    environment = readEnvironment();
  } catch (error) {
    return tell(error, (line) => void process.stderr.write(`${line}\n`));
  }
  const terminal = createTerminal(environment);
  let exitCode: number = exitCodes.ok;
  const context: CommandContext = {
    environment,
    terminal,
    exitWith: (code) => {
      exitCode = code;
    },
    wholeProgram: () => createProgram(Object.keys(commands), context),
  };
  try {
    const called = commandIn(args);
    const program = await createProgram(called === undefined ? [] : [called], context);
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    return tell(error, (line) => terminal.say(line));
  }
}

/** The program with the options of every command, for the reference. */
export function describedProgram(): Promise<Command> {
  const environment = environmentFrom({});
  const context: CommandContext = {
    environment,
    terminal: createTerminal(environment),
    exitWith: () => undefined,
    wholeProgram: () => createProgram(Object.keys(commands), context),
  };
  return context.wholeProgram();
}

/** The program with all its commands; those named have their options, too. */
async function createProgram(defined: readonly string[], context: CommandContext): Promise<Command> {
  const program = new Command('router')
    .description('A gateway between Claude Code and any model of any provider.')
    .usage('[options]\n       router COMMAND [options]')
    .version(version, '-V, --version')
    .enablePositionalOptions()
    .exitOverride()
    .allowExcessArguments()
    .helpCommand(true);
  for (const [name, entry] of Object.entries(commands)) {
    const hidden = entry.hidden === true;
    const command = program.command(name, { hidden }).description(entry.summary).allowExcessArguments(false);
    if (defined.includes(name)) (await entry.load()).define(command, context);
  }
  runOptions(program).action(async (options) => {
    const [unknown] = program.args;
    if (unknown !== undefined) throw unknownCommand(unknown);
    await (await import('./run.ts')).run(options, context);
  });
  program.addHelpText('after', '\nExample:\n  router --config config.json --port 8080\n  router start');
  return program;
}

/** The command that the arguments call: the first that is neither an option nor the value of one. */
function commandIn(args: readonly string[]): string | undefined {
  const withValue = new Set(['-c', '--config', '-p', '--port', '--host', '-m', '--models', '--log-level']);
  for (let at = 0; at < args.length; at += 1) {
    const argument = args[at]!;
    if (withValue.has(argument)) at += 1;
    else if (argument === 'help') return args[at + 1];
    else if (!argument.startsWith('-')) return argument;
  }
  return undefined;
}

function unknownCommand(name: string): CliFailure {
  const names = Object.keys(commands).filter((each) => commands[each]?.hidden !== true);
  const begun = names.filter((each) => each.startsWith(name));
  const meant = begun.length > 0 ? begun.join('", "') : nearest(name, names);
  const hint = meant === undefined ? '`router --help` lists the commands' : `did you mean "${meant}"?`;
  return new CliFailure(`there is no command "${name}"; ${hint}`, exitCodes.usage);
}

/** Tells why the program ends; returns its exit code. */
function tell(error: unknown, say: Terminal['say']): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  if (error instanceof CliFailure) {
    say(error.message);
    return error.exitCode;
  }
  if (error instanceof ConfigError) {
    say(`The configuration can't be used (${error.file}):`);
    for (const problem of error.problems) say(`  ${problemText(problem)}`);
    return exitCodes.badConfig;
  }
  say(error instanceof Error ? error.message : String(error));
  return exitCodes.failed;
}
