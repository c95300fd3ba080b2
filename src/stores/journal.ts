import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

interface KeptAccount {
  name: string;
  spent: number;
  /** Milliseconds since the epoch. */
  keptUntil: number;
}

interface Change {
  name: string;
  amount: number;
  keptMs: number;
  look?: boolean;
}

/** Account, amount, and until when it is kept. */
type Entry = [string, number, number];

/** A line: set aside under an id (`r`), settled under an id (`s`), spent (`a`). */
type Line = { r: [string, Entry[]] } | { s: [string, Entry[]] } | { a: Entry[] };

/** Lines after which the file is written anew, as short as it can be. */
const longest = 5000;

/**
 * Accounts in a file: every change is a line that is handed to the operating system before the call goes on, so that a process
 * that is killed loses none. What was set aside and never settled was under way when the process died, and counts as spent.
 */
export class Journal {
  readonly #path: string;
  #file: number | undefined;
  #lines = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** What the file says of every account that is still kept. Lines that were cut short say nothing. */
  accounts(now: number): KeptAccount[] {
    if (!existsSync(this.#path)) return [];
    const { accounts, open } = this.#read();
    for (const entries of open.values()) for (const entry of entries) add(accounts, entry);
    const kept = [...accounts.values()].filter(({ keptUntil }) => keptUntil > now);
    this.#rewrite(kept, new Map());
    return kept;
  }

  setAside(id: string, changes: readonly Change[], now: number): void {
    const entries = entriesOf(changes, now);
    if (entries.length > 0) this.#append({ r: [id, entries] }, now);
  }

  settle(id: string, changes: readonly Change[], now: number): void {
    if (changes.length > 0) this.#append({ s: [id, entriesOf(changes, now)] }, now);
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #append(line: Line, now: number): void {
    if (this.#file === undefined) {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
      this.#file = openSync(this.#path, 'a', 0o600);
    }
    writeSync(this.#file, `${JSON.stringify(line)}\n`);
    this.#lines += 1;
    if (this.#lines < longest) return;
    const { accounts, open } = this.#read();
    this.#rewrite(
      [...accounts.values()].filter(({ keptUntil }) => keptUntil > now),
      open,
    );
  }

  #read(): { accounts: Map<string, KeptAccount>; open: Map<string, Entry[]> } {
    const accounts = new Map<string, KeptAccount>();
    const open = new Map<string, Entry[]>();
    for (const text of readFileSync(this.#path, 'utf8').split('\n')) {
      const line = parse(text);
      if (line === undefined) continue;
      if ('r' in line) {
        open.set(...line.r);
        continue;
      }
      if ('s' in line) open.delete(line.s[0]);
      for (const entry of 's' in line ? line.s[1] : line.a) add(accounts, entry);
    }
    return { accounts, open };
  }

  /** As one: whoever reads it finds the old file or the new one. */
  #rewrite(accounts: readonly KeptAccount[], open: ReadonlyMap<string, Entry[]>): void {
    const spent: Line = { a: accounts.map(({ name, spent, keptUntil }) => [name, spent, keptUntil]) };
    const lines: Line[] = [spent, ...[...open].map((entry): Line => ({ r: entry }))];
    writeFileSync(`${this.#path}.new`, lines.map((line) => `${JSON.stringify(line)}\n`).join(''), { mode: 0o600 });
    this.close();
    renameSync(`${this.#path}.new`, this.#path);
    this.#lines = lines.length;
  }
}

function add(accounts: Map<string, KeptAccount>, [name, amount, keptUntil]: Entry): void {
  accounts.set(name, { name, spent: (accounts.get(name)?.spent ?? 0) + amount, keptUntil });
}

function entriesOf(changes: readonly Change[], now: number): Entry[] {
  return changes.filter(({ look }) => !look).map(({ name, amount, keptMs }): Entry => [name, amount, now + keptMs]);
}

function parse(text: string): Line | undefined {
  try {
    return text === '' ? undefined : (JSON.parse(text) as Line);
  } catch {
    return undefined;
  }
}
