import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { CallRecord } from '../call/record.ts';
import type { Usage } from '../protocol/messages.ts';

/** What a client's session was answered with. */
export interface SessionNote {
  /** When the latest call was over, in milliseconds since 1970. */
  at: number;
  /** The configured name of the target that answered the person last, and its provider. */
  model?: string;
  provider?: string;
  calls: number;
  /** What all calls of known price cost, subagents' too; whole micro-dollars. */
  costMicroUsd: number;
  /** Calls that used tokens and whose price is not known. */
  unpricedCalls: number;
  /** Tokens of the latest prompt and its answer: what the next prompt begins with. */
  contextTokens?: number;
  /** The window of the target that answered; absent where it is not known. */
  contextWindow?: number;
}

const writeAfterMs = 300;
const maxSessions = 100;

/**
 * Keeps a small file of the latest sessions for `router statusline`, which can't wait for an HTTP call. It is written some
 * time after a call is over, once for all that came meanwhile; what the file holds already is added to.
 */
export class SessionNotes {
  readonly #file: string | undefined;
  #news = new Map<string, SessionNote>();
  #timer: NodeJS.Timeout | undefined;

  constructor(file: string | undefined) {
    this.#file = file;
  }

  /** Notes a call that is over; `contextWindow` tells the window of the target that answered. */
  add(record: CallRecord, contextWindow: () => number | undefined): void {
    const { sessionId, outcome } = record;
    if (this.#file === undefined || !sessionId || sessionId.length > 200 || outcome === 'refused') return;
    const known = this.#news.get(sessionId);
    if (known === undefined && this.#news.size >= maxSessions) return;
    const note = noteOf(record, contextWindow);
    this.#news.set(sessionId, known ? added(known, note) : note);
    this.#timer ??= setTimeout(() => this.flush(), writeAfterMs).unref();
  }

  /** Writes what is not written yet. Nothing depends on it, so a full disk stops nothing. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#file === undefined || this.#news.size === 0) return;
    const news = this.#news;
    this.#news = new Map();
    const notes = readSessionNotes(this.#file);
    for (const [id, note] of news) {
      const before = notes.get(id);
      notes.set(id, before ? added(before, note) : note);
    }
    const latest = [...notes].sort(([, a], [, b]) => b.at - a.at).slice(0, maxSessions);
    writeWhole(this.#file, JSON.stringify(Object.fromEntries(latest)));
  }
}

/** The sessions in the file, by their id; none where it can't be read. */
export function readSessionNotes(file: string): Map<string, SessionNote> {
  try {
    const notes = JSON.parse(readFileSync(file, 'utf8')) as Record<string, SessionNote>;
    return new Map(Object.entries(notes).filter(([, note]) => Number.isFinite(note?.at)));
  } catch {
    return new Map();
  }
}

function noteOf(record: CallRecord, contextWindow: () => number | undefined): SessionNote {
  const { startedAt, durationMs, costMicroUsd, usage } = record;
  return {
    at: startedAt + durationMs,
    calls: 1,
    costMicroUsd: costMicroUsd ?? 0,
    unpricedCalls: costMicroUsd === null && usage ? 1 : 0,
    ...(isAnswerToPerson(record) ? shownParts(record, contextWindow()) : {}),
  };
}

/** Subagents and titles have models of their own, which would only make the line flicker. */
function isAnswerToPerson({ askedBy, outcome, model }: CallRecord): boolean {
  return askedBy === 'person' && outcome === 'succeeded' && model !== undefined;
}

function shownParts({ model, provider, attempts }: CallRecord, contextWindow: number | undefined) {
  const usage = attempts.findLast((attempt) => attempt.usage !== undefined)?.usage;
  const contextTokens = usage ? tokensOf(usage) : undefined;
  return {
    ...(model === undefined ? {} : { model }),
    ...(provider === undefined ? {} : { provider }),
    ...(contextTokens === undefined ? {} : { contextTokens }),
    ...(contextWindow === undefined ? {} : { contextWindow }),
  };
}

function tokensOf(usage: Usage): number {
  const { input_tokens, output_tokens, cache_read_input_tokens, cache_creation_input_tokens } = usage;
  return [input_tokens, output_tokens, cache_read_input_tokens, cache_creation_input_tokens].reduce<number>(
    (sum, tokens) => sum + (tokens ?? 0),
    0,
  );
}

/** What the later note shows goes together: the model of one must not stand beside the window of another. */
function added(before: SessionNote, later: SessionNote): SessionNote {
  const shown = later.model === undefined ? before : later;
  return {
    ...shown,
    at: Math.max(before.at, later.at),
    calls: before.calls + later.calls,
    costMicroUsd: before.costMicroUsd + later.costMicroUsd,
    unpricedCalls: before.unpricedCalls + later.unpricedCalls,
  };
}

function writeWhole(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.new`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(temporary, text, { mode: 0o600 });
    renameSync(temporary, file);
  } catch {
    rmSync(temporary, { force: true });
  }
}
