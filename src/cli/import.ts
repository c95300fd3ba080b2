import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { editConfig, writeConfigFile } from '../config/edit.ts';
import type { Environment } from '../config/env.ts';
import { ConfigError } from '../config/problems.ts';
import { readJson } from '../config/source.ts';
import { type CheckedConfig, checkConfig } from '../daemon/check-config.ts';
import type { CommandContext } from './command.ts';
import { type ConfigPath, parsePath, valueAt } from './config-file.ts';
import { CliFailure, exitCodes } from './exit.ts';
import { convertEarlierConfig, isEarlierConfig } from './import/convert.ts';
import type { ImportReport } from './import/report.ts';

interface ImportOptions {
  output?: string;
  force?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .argument('[file]', 'the earlier configuration; ~/.claude-code-router/config.json where left out')
    .option('-o, --output <file>', 'where to write ours; standard output where left out')
    .option('--force', 'replace the file that is there')
    .addHelpText(
      'after',
      '\nSays on standard error what was carried over, what was changed and what was not carried over.\n\nExample:\n  router import ~/.claude-code-router/config.json --output config.json',
    )
    .action((file: string | undefined, options: ImportOptions) => importConfig(file, options, context));
}

async function importConfig(given: string | undefined, options: ImportOptions, context: CommandContext): Promise<void> {
  const { terminal, environment } = context;
  const file = given ?? usualFile(environment);
  const output = options.output === undefined ? undefined : resolve(options.output);
  if (output !== undefined && existsSync(output) && !options.force) {
    throw new CliFailure(`${output} exists and was left as it is; --force replaces it.`);
  }
  const { config, report } = convertEarlierConfig(readEarlier(file));
  const directory = output === undefined ? process.cwd() : dirname(output);
  const { text, checked } = await withoutWhatCannotBe(
    JSON.stringify(config, undefined, 2),
    directory,
    report,
    environment,
  );
  if (output === undefined) terminal.out(text.trimEnd());
  else writeConfigFile(output, `${text.trimEnd()}\n`);
  for (const line of report.lines()) terminal.say(line);
  for (const line of [...checked.warnings, ...checked.problems]) terminal.say(terminal.paint.yellow(`Then: ${line}`));
  if (output !== undefined) {
    terminal.say(
      `Wrote ${output}. It holds the keys that were in ${file}; \`router start --config ${output}\` runs it.`,
    );
  }
}

function usualFile(environment: Environment): string {
  const home = environment.get('HOME') || environment.get('USERPROFILE') || homedir();
  const file = join(home, '.claude-code-router', 'config.json');
  if (existsSync(file)) return file;
  throw new CliFailure('Name the file to import: router import FILE', exitCodes.usage);
}

function readEarlier(file: string) {
  const { value, problems } = readJson(readText(file));
  if (problems.length > 0) throw new ConfigError(file, problems);
  if (isEarlierConfig(value)) return value;
  throw new CliFailure(
    `${file} is no configuration of claude-code-router 1 or 2: it has neither Providers nor Router.`,
  );
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/^\ufeff/, '');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CliFailure(code === 'ENOENT' ? `There is no file ${file}.` : `${file} can't be read (${code}).`);
  }
}

/** More parts than a file can have wrong; each round takes one away. */
const maxRounds = 200;

/** Takes away what a router could not start with, such as a routing file that is gone, and reports it. */
async function withoutWhatCannotBe(
  first: string,
  directory: string,
  report: ImportReport,
  environment: Environment,
): Promise<{ text: string; checked: CheckedConfig }> {
  let text = first;
  for (let round = 0; round < maxRounds; round += 1) {
    try {
      return { text, checked: await checkConfig({ text, format: 'json', directory, environment }) };
    } catch (error) {
      if (!(error instanceof ConfigError) || error.problems[0] === undefined) throw error;
      const { path: told, message } = error.problems[0];
      const written: unknown = JSON.parse(text);
      const path = existingPart(written, parsePath(told, written));
      if (path.length === 0) throw error;
      text = await editConfig('config.json', text, path, undefined);
      report.drop(told, message);
    }
  }
  throw new CliFailure('The result could not be made into a configuration that can be used.');
}

/** The part of a path that is there: what is missing can't be removed, but what holds it can. */
function existingPart(written: unknown, path: ConfigPath): ConfigPath {
  let part = path;
  while (part.length > 0 && valueAt(written, part) === undefined) part = part.slice(0, -1);
  return part;
}
