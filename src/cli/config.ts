import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { writeConfigFile } from '../config/edit.ts';
import { ConfigError, loadConfig, problemText } from '../config/load.ts';
import { redactConfig } from '../config/secret.ts';
import { checkConfig } from '../daemon/check-config.ts';
import { type CommandContext, subcommands } from './command.ts';
import { changeConfig, configFileOf, parsePath, readWritten, valueAt } from './config-file.ts';
import { CliFailure, exitCodes } from './exit.ts';

interface FileOption {
  config?: string;
  json?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  const sub = subcommands(command);
  command
    .option('-c, --config <file>', 'another configuration file')
    .allowExcessArguments()
    .addHelpText('after', '\nExample:\n  router config set routing.defaultModel gpt-4')
    .action((options: FileOption) => {
      const [unknown] = command.args;
      if (unknown === undefined) return show(options, context);
      const names = command.commands.map((each) => each.name()).join(', ');
      throw new CliFailure(`router config has no command "${unknown}"; it has ${names}`, exitCodes.usage);
    });
  sub('show', 'Print the configuration, secrets hidden', 'router config show').action((options: FileOption) =>
    show(options, context),
  );
  sub('path', 'Print where the configuration is', 'router config path').action((options: FileOption) =>
    context.terminal.out(configFileOf(context, options.config)),
  );
  sub('validate [file]', 'Say what is wrong with a configuration', 'router config validate new.json').action(
    (file: string | undefined, options: FileOption) => validate(file ?? options.config, context),
  );
  sub('edit', 'Open the configuration in your editor, and check it before it is taken', 'router config edit').action(
    (options: FileOption) => edit(options, context),
  );
  sub('get <key>', 'Print one value, secrets hidden', 'router config get routing.defaultModel').action(
    (key: string, options: FileOption) => get(key, options, context),
  );
  sub('set <key> <value>', 'Set one value: JSON, or a text', 'router config set router.port 8181').action(
    (key: string, value: string, options: FileOption) => set(key, value, options, context),
  );
  sub('unset <key>', 'Remove one value', 'router config unset router.port').action((key: string, options: FileOption) =>
    unset(key, options, context),
  );
}

async function show({ config }: FileOption, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const file = configFileOf(context, config);
  const written = await readWritten(file);
  terminal.say(written === undefined ? `There is no configuration at ${file}; every setting has its default.` : file);
  terminal.json(redactConfig(written ?? {}));
  if (written !== undefined) for (const line of await lacksOf(file, context)) terminal.say(terminal.paint.yellow(line));
}

/** What a router that is started here would lack of it. */
async function lacksOf(file: string, { environment }: CommandContext): Promise<string[]> {
  try {
    const { missingVariables } = await loadConfig({ path: file, environment });
    return missingVariables.map(({ name, path }) => `environment variable ${name} is not set (${path})`);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return ["It can't be used as it is:", ...error.problems.map((problem) => `  ${problemText(problem)}`)];
  }
}

async function validate(given: string | undefined, context: CommandContext): Promise<void> {
  const { environment, terminal } = context;
  const file = configFileOf(context, given);
  if (given === undefined && !existsSync(file)) return terminal.say(`There is no configuration at ${file}.`);
  const { warnings, problems } = await checkConfig({ path: file, environment });
  terminal.out(`${file} can be used.`);
  for (const line of [...warnings, ...problems]) terminal.say(terminal.paint.yellow(line));
}

async function get(key: string, { config }: FileOption, context: CommandContext): Promise<void> {
  const file = configFileOf(context, config);
  const written = redactConfig(await readWritten(file));
  const value = valueAt(written, parsePath(key, written));
  if (value === undefined) throw new CliFailure(`${key} is not set in ${file}.`);
  if (typeof value === 'string') context.terminal.out(value);
  else context.terminal.json(value);
}

async function set(key: string, text: string, { config }: FileOption, context: CommandContext): Promise<void> {
  const file = configFileOf(context, config);
  const path = parsePath(key, await readWritten(file));
  await changeConfig(file, [{ path, value: jsonOrText(text) }], context);
  context.terminal.say(`Set ${key} in ${file}.`);
}

async function unset(key: string, { config }: FileOption, context: CommandContext): Promise<void> {
  const file = configFileOf(context, config);
  const written = await readWritten(file);
  const path = parsePath(key, written);
  if (valueAt(written, path) === undefined) throw new CliFailure(`${key} is not set in ${file}.`);
  await changeConfig(file, [{ path, value: undefined }], context);
  context.terminal.say(`Removed ${key} from ${file}.`);
}

/** JSON where it is JSON, else the text itself. */
function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function edit({ config }: FileOption, context: CommandContext): Promise<void> {
  const { environment, terminal } = context;
  const editor = environment.get('VISUAL') || environment.get('EDITOR');
  const file = configFileOf(context, config);
  if (!editor) throw new CliFailure(`Set EDITOR to the editor you want, or edit ${file} yourself.`);
  if (!existsSync(file)) writeConfigFile(file, '{\n}\n');
  const before = readFileSync(file, 'utf8');
  await runEditor(editor, file);
  if (readFileSync(file, 'utf8') === before) return terminal.say('Nothing was changed.');
  await checkConfig({ path: file, environment });
  terminal.say(`${file} can be used; a running router follows.`);
}

function runEditor(editor: string, file: string): Promise<void> {
  const [program = editor, ...args] = editor.split(' ').filter((part) => part !== '');
  return new Promise((resolve, reject) => {
    spawn(program, [...args, file], { stdio: 'inherit', shell: process.platform === 'win32' })
      .once('error', (error) => reject(new CliFailure(`The editor ${program} can't be started: ${error.message}`)))
      .once('exit', (code) => (code === 0 ? resolve() : reject(new CliFailure(`The editor ended with ${code}.`))));
  });
}
