import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { Explanation } from '../call/explanation.ts';
import { Failure } from '../call/failure.ts';
import { resolvePaths } from '../config/paths.ts';
import { readRunState } from '../daemon/run-state.ts';
import { explainCall } from '../gateway/route-call.ts';
import type { CommandContext } from './command.ts';
import { CliFailure, exitCodes } from './exit.ts';
import { callFor, offlineRouting } from './offline-routing.ts';
import { askJson } from './running.ts';
import type { Terminal } from './terminal.ts';

interface ExplainOptions {
  text?: string;
  model: string;
  header: string[];
  config?: string;
  json?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .argument('[file]', 'a Messages body, or {request, headers}, as JSON; - is standard input')
    .option('-t, --text <text>', 'what a person types, instead of a file')
    .option('-m, --model <name>', 'the model that the client names, with --text', 'claude-opus-5-5')
    .option('-H, --header <name: value>', 'a header of the request; may be repeated', collect, [])
    .option('-c, --config <file>', 'a configuration, instead of the running router’s')
    .option('--json', 'print it as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  router explain --text "debug this function"\n  router explain request.json --json',
    )
    .action((file: string | undefined, options: ExplainOptions) => explain(file, options, context));
}

function collect(header: string, before: string[]): string[] {
  return [...before, header];
}

async function explain(file: string | undefined, options: ExplainOptions, context: CommandContext): Promise<void> {
  const asked = requestOf(file, options);
  const explanation = await explanationOf(asked, options, context);
  if (options.json) context.terminal.json(explanation);
  else show(explanation, context.terminal);
  if (explanation.winner === null) context.exitWith(exitCodes.failed);
}

interface Asked {
  request: unknown;
  headers: Record<string, string>;
}

function requestOf(file: string | undefined, { text, model, header }: ExplainOptions): Asked {
  if ((file === undefined) === (text === undefined)) {
    throw new CliFailure('Give either a file (or -) or --text "…".', exitCodes.usage);
  }
  const given = Object.fromEntries(header.map(readHeader));
  if (text !== undefined) {
    return { request: { model, max_tokens: 4096, messages: [{ role: 'user', content: text }] }, headers: given };
  }
  const written = readJson(file!) as Partial<Asked> & { messages?: unknown };
  const wrapped = written.request !== undefined && written.messages === undefined;
  if (!wrapped) return { request: written, headers: given };
  const lower = Object.entries(written.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]);
  return { request: written.request, headers: { ...Object.fromEntries(lower), ...given } };
}

function readHeader(written: string): [string, string] {
  const [, name, value] = /^([^:]+):\s*(.*)$/.exec(written) ?? [];
  if (name === undefined || value === undefined) {
    throw new CliFailure(`--header: expected "name: value", got "${written}"`, exitCodes.usage);
  }
  return [name.trim().toLowerCase(), value];
}

function readJson(file: string): object {
  let text: string;
  try {
    text = readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new CliFailure(`${file} can't be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Told below.
  }
  throw new CliFailure(`${file === '-' ? 'standard input' : file} is not a JSON object`);
}

/** The running router knows which models rest at the moment; without one, or for another configuration, none do. */
async function explanationOf(asked: Asked, options: ExplainOptions, context: CommandContext): Promise<Explanation> {
  const running = readRunState(resolvePaths(context.environment).pidFile);
  if (running && options.config === undefined) {
    return (await askJson(running, '/api/explain', context, JSON.stringify(asked))) as Explanation;
  }
  const assembly = await offlineRouting(options.config, context);
  try {
    return await explainCall(assembly.routing, callFor(assembly, asked.request, asked.headers));
  } catch (error) {
    throw new CliFailure(Failure.from(error).message);
  } finally {
    await assembly.transport.destroy();
  }
}

function show({ winner, rule, reason, steps, candidates, facts }: Explanation, terminal: Terminal): void {
  const { paint } = terminal;
  const goes = winner ? `${paint.bold(winner.model)} at ${winner.provider}` : paint.red('no model can take it');
  terminal.out(`${goes}, decided by ${rule}: ${reason}`);
  terminal.out('');
  const askedSteps = steps.filter(({ why }) => !why.startsWith('not asked'));
  terminal.table(
    ['STEP', 'NAME', '', 'WHY'],
    askedSteps.map(({ step, name, matched, why }) => [step, name ?? '', matched ? 'yes' : 'no', why]),
  );
  terminal.out('');
  terminal.table(
    ['MODEL', 'PROVIDER', 'PRICE', ''],
    candidates.map(({ model, provider, priceUsd, refused }) => {
      const price = priceUsd === null ? 'unknown' : `$${priceUsd.toFixed(6)}`;
      return [model, provider ?? '-', price, refused ? `set aside: ${refused}` : ''];
    }),
  );
  terminal.out('');
  for (const [name, value] of Object.entries(facts)) {
    terminal.out(`${paint.dim(`${name}:`)} ${Array.isArray(value) ? value.join(', ') : String(value)}`);
  }
}
