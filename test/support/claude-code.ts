import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isObject } from './formats/format.ts';

export interface ClaudeRun {
  /** The program to run. */
  program: string;
  url: string;
  key: string;
  prompt: string;
  model?: string;
  /** The folder it works in; one of its own where none is given. */
  folder?: string;
  args?: string[];
  environment?: Record<string, string>;
  onSpawn?: (child: ChildProcess) => void;
}

export interface ClaudeOutcome {
  exitCode: number | null;
  timedOut: boolean;
  /** The answer as the client shows it. */
  result: string | undefined;
  isError: boolean;
  /** As the client counted it over the whole run. */
  usage: Record<string, unknown>;
  /** The content of every assistant message, in order. */
  blocks: Record<string, unknown>[];
  toolResults: Record<string, unknown>[];
  printed: string;
}

const limitMs = 60_000;
const allowedTools = 'Bash,Read,Write,Edit,Agent,Task,ToolSearch,ListAgents,TaskList,CronList,TaskCreate,WebFetch';

/** Runs Claude Code once, headless, in a home of its own, and tells all that it showed. */
export function runClaudeCode(run: ClaudeRun): Promise<ClaudeOutcome> {
  const home = mkdtempSync(join(tmpdir(), 'claude-home-'));
  const folder = run.folder ?? newFolder();
  const child = spawn(run.program, argumentsOf(run), {
    cwd: folder,
    env: environmentOf(run, home),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  run.onSpawn?.(child);
  return new Promise((resolve, reject) => {
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, limitMs);
    child.once('error', reject);
    child.once('close', (exitCode) => {
      clearTimeout(timer);
      rmSync(home, { recursive: true, force: true, maxRetries: 3 });
      resolve({ exitCode, timedOut, ...read(output), printed: errors + output });
    });
  });
}

const folders: string[] = [];

/** A folder for one run. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'claude-work-'));
  folders.push(folder);
  return folder;
}

export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

function argumentsOf(run: ClaudeRun): string[] {
  return [
    ...['-p', run.prompt, '--output-format', 'stream-json', '--verbose', '--include-partial-messages'],
    ...['--model', run.model ?? 'claude-opus-5-5', '--permission-mode', 'acceptEdits', '--allowedTools', allowedTools],
    ...(run.args ?? []),
  ];
}

function environmentOf(run: ClaudeRun, home: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    HOME: home,
    CLAUDE_CONFIG_DIR: join(home, '.claude'),
    TMPDIR: tmpdir(),
    TERM: 'dumb',
    LANG: 'C.UTF-8',
    ANTHROPIC_BASE_URL: run.url,
    ANTHROPIC_API_KEY: run.key,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_TELEMETRY: '1',
    DISABLE_AUTOUPDATER: '1',
    DISABLE_ERROR_REPORTING: '1',
    IS_SANDBOX: '1',
    CLAUDE_CODE_MAX_RETRIES: '4',
    ...run.environment,
  };
}

function read(output: string) {
  const events = output.split('\n').flatMap((line) => {
    const event = parsed(line);
    return isObject(event) ? [event] : [];
  });
  const last = events.findLast((event) => event.type === 'result') ?? {};
  const contentOf = (type: string) =>
    events
      .filter((event) => event.type === type)
      .flatMap((event) =>
        isObject(event.message) && Array.isArray(event.message.content) ? event.message.content : [],
      )
      .filter(isObject);
  return {
    result: typeof last.result === 'string' ? last.result : undefined,
    isError: last.is_error === true,
    usage: isObject(last.usage) ? last.usage : {},
    blocks: contentOf('assistant'),
    toolResults: contentOf('user').filter((block) => block.type === 'tool_result'),
  };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
