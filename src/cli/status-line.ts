import { type Environment, environmentFrom, readEnvironment } from '../config/env.ts';
import { resolvePaths } from '../config/paths.ts';
import { readRunState } from '../daemon/run-state.ts';
import { readSessionNotes, type SessionNote } from '../daemon/session-notes.ts';

/** What Claude Code tells a status line on standard input; any part may be missing. */
interface StatusInput {
  session_id?: string;
  model?: { id?: string; display_name?: string };
  cost?: { total_cost_usd?: number };
  context_window?: { used_percentage?: number | null };
}

/** Claude Code has written its JSON before this program runs; who writes nothing must not make it wait. */
const inputLimitMs = 100;

/** Prints one line on the session that standard input tells of. Never throws, and needs nothing but a small file. */
export async function printStatusLine(): Promise<void> {
  process.stdout.on('error', () => undefined);
  const input = await readInput().catch(() => ({}));
  process.stdout.write(`${statusLine(input, environmentOrNone())}\n`);
}

/** `gpt-4.1 · openai · $0.0123 · 12% of 1M`: the model that really answered, what the session cost, how full its window is. */
export function statusLine(input: StatusInput, environment: Environment): string {
  try {
    const { pidFile, sessionsFile } = resolvePaths(environment);
    const note = noteFor(input, readSessionNotes(sessionsFile));
    const isRunning = readRunState(pidFile) !== undefined;
    const parts = note?.model === undefined ? clientsParts(input, isRunning) : noteParts(note, input);
    if (!isRunning) parts.push('router not running');
    return parts
      .filter((part) => part !== undefined)
      .map(printable)
      .join(' · ');
  } catch {
    return 'router';
  }
}

function environmentOrNone(): Environment {
  try {
    return readEnvironment();
  } catch {
    // A variable that makes no sense is for the other commands to tell.
    return environmentFrom({});
  }
}

/** Without a session, the latest: so that the command shows something when it is tried by hand. */
function noteFor({ session_id: id }: StatusInput, notes: Map<string, SessionNote>): SessionNote | undefined {
  if (typeof id === 'string') return notes.get(id);
  return [...notes.values()].sort((a, b) => b.at - a.at)[0];
}

function noteParts(note: SessionNote, input: StatusInput): (string | undefined)[] {
  const { model, provider, contextTokens, contextWindow } = note;
  return [model, provider, costText(note), contextText(contextTokens, contextWindow) ?? clientsContext(input)];
}

/** What Claude Code knows itself, where nothing of the session came through the router. */
function clientsParts(input: StatusInput, isRunning: boolean): (string | undefined)[] {
  const { model, cost } = input;
  const name = [model?.display_name, model?.id].find((text) => typeof text === 'string' && text !== '');
  const spent = typeof cost?.total_cost_usd === 'number' && cost.total_cost_usd > 0 ? cost.total_cost_usd : undefined;
  return [
    String(name ?? 'router'),
    isRunning ? 'not through the router yet' : undefined,
    spent === undefined ? undefined : dollars(spent),
    clientsContext(input),
  ];
}

function costText({ costMicroUsd, unpricedCalls }: SessionNote): string | undefined {
  const unpriced = `${unpricedCalls} ${unpricedCalls === 1 ? 'call' : 'calls'} of unknown price`;
  if (unpricedCalls > 0) return costMicroUsd > 0 ? `${dollars(costMicroUsd / 1e6)} + ${unpriced}` : unpriced;
  return costMicroUsd > 0 ? dollars(costMicroUsd / 1e6) : undefined;
}

function dollars(amount: number): string {
  return `$${amount < 1 ? amount.toFixed(4) : amount.toFixed(2)}`;
}

function contextText(tokens: number | undefined, window: number | undefined): string | undefined {
  if (tokens === undefined) return undefined;
  return window === undefined ? `${short(tokens)} tokens` : `${percent((100 * tokens) / window)} of ${short(window)}`;
}

function clientsContext({ context_window: context }: StatusInput): string | undefined {
  const used = context?.used_percentage;
  return typeof used === 'number' && Number.isFinite(used) ? `${percent(used)} of context` : undefined;
}

function percent(value: number): string {
  return value > 0 && value < 1 ? '<1%' : `${Math.round(value)}%`;
}

function short(tokens: number): string {
  if (tokens < 1000) return String(tokens);
  return tokens < 999_500 ? `${Math.round(tokens / 1000)}k` : `${Math.round(tokens / 100_000) / 10}M`;
}

/** Names come from files and clients: nothing in them may move the cursor. */
function printable(text: string): string {
  return text.replaceAll(/[^\P{C}]/gu, '').slice(0, 80);
}

/** The JSON on standard input; an empty object where there is none in time. */
async function readInput(): Promise<StatusInput> {
  const { stdin } = process;
  if (stdin.isTTY) return {};
  let text = '';
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      stdin.removeAllListeners('data').on('error', () => undefined);
      stdin.destroy();
      resolve(parsed(text) ?? {});
    };
    const timer = setTimeout(finish, inputLimitMs);
    stdin.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (parsed(text) !== undefined) finish();
    });
    stdin.once('end', finish).once('error', finish);
  });
}

function parsed(text: string): StatusInput | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as StatusInput) : undefined;
  } catch {
    return undefined;
  }
}
