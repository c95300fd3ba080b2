import { existsSync, statSync } from 'node:fs';
import type { Command } from 'commander';
import { Option } from 'commander';
import { logLevels } from '../config/env.ts';
import { resolvePaths } from '../config/paths.ts';
import { durationMs } from '../config/schema/values.ts';
import { readRunState } from '../daemon/run-state.ts';
import { prettyLine } from '../telemetry/call-line.ts';
import { linesOf, rotatedFiles } from '../telemetry/log-files.ts';
import { LogTail } from '../telemetry/log-tail.ts';
import type { CommandContext } from './command.ts';
import { CliFailure, exitCodes } from './exit.ts';

interface LogOptions {
  follow?: boolean;
  lines: number;
  level?: string;
  since?: number;
  json?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .option('-f, --follow', 'go on with what is written from now on')
    .option('-n, --lines <count>', 'how many lines of what was written', readCount, 50)
    .addOption(new Option('--level <level>', 'nothing below it').choices([...logLevels]))
    .option('--since <time>', 'nothing older: `10m`, `2h`, or a date', readSince)
    .option('--json', 'lines as they were written')
    .addHelpText('after', '\nExample:\n  router logs -f --level warn')
    .action((options: LogOptions) => logs(options, context));
}

async function logs(options: LogOptions, { environment, terminal }: CommandContext): Promise<void> {
  const paths = resolvePaths(environment);
  const file = readRunState(paths.pidFile)?.logFile ?? paths.logFile;
  if (!existsSync(file)) {
    throw new CliFailure(`There is no log yet at ${file}; a router in the background writes one.`);
  }
  const tail = options.follow ? new LogTail(file) : undefined;
  const end = tail?.position ?? statSync(file).size;
  for (const line of await lastLines(file, end, options)) terminal.out(shown(line, options));
  if (tail) await follow(tail, (line) => isWanted(line, options) && terminal.out(shown(line, options)));
}

/** The latest lines that are wanted: of the current file, and of those before it as far as they are needed. */
async function lastLines(file: string, end: number, options: LogOptions): Promise<string[]> {
  if (options.lines === 0) return [];
  let kept = await lastWanted(linesOf(file, { start: 0, end }), options.lines, options);
  for (const { path } of rotatedFiles(file).reverse()) {
    if (kept.length >= options.lines) break;
    kept = [...(await lastWanted(linesOf(path), options.lines - kept.length, options)), ...kept];
  }
  return kept;
}

async function lastWanted(lines: AsyncIterable<string>, count: number, options: LogOptions): Promise<string[]> {
  const kept: string[] = [];
  for await (const line of lines) {
    if (!isWanted(line, options)) continue;
    kept.push(line);
    if (kept.length > count) kept.shift();
  }
  return kept;
}

/** Shows what is written from now on, until it is interrupted. */
function follow(tail: LogTail, onLine: (line: string) => void): Promise<void> {
  let reading = Promise.resolve();
  const readOn = () => {
    reading = reading.then(async () => {
      for await (const line of tail.read()) onLine(line);
    });
  };
  const timer = setInterval(readOn, 200);
  return new Promise((resolve) => {
    process.once('SIGINT', () => {
      clearInterval(timer);
      resolve();
    });
  });
}

function isWanted(line: string, { level, since }: LogOptions): boolean {
  if (line.trim() === '') return false;
  const entry = parse(line);
  if (!entry) return level === undefined && since === undefined;
  if (level !== undefined && rank(String(entry.level)) < rank(level)) return false;
  return since === undefined || Date.parse(String(entry.time)) >= since;
}

function rank(level: string): number {
  return (logLevels as readonly string[]).indexOf(level);
}

/** What is no line of the log, such as a stack of a process that died, is shown as it is. */
function shown(line: string, { json }: LogOptions): string {
  return json || !parse(line) ? line : prettyLine(line).trimEnd();
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function readCount(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new CliFailure(`--lines: expected a number, got "${text}"`, exitCodes.usage);
}

function readSince(text: string): number {
  const ago = durationMs(text);
  if (ago !== undefined) return Date.now() - ago;
  const date = Date.parse(text);
  if (!Number.isNaN(date)) return date;
  throw new CliFailure(`--since: expected a duration such as 10m or 2h, or a date, got "${text}"`, exitCodes.usage);
}
