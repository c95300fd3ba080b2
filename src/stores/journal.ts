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

/** `[id, [[account, amount, keptUntil], …]]`: set aside under `r`, settled under `s`, and whole accounts under `a`. */
type Line = { r: Entries } | { s: Entries } | { a: [string, number, number][] };
type Entries = [string, [string, number, number][]];

/** Lines after which the file is written anew, as short as it can be. */
const longest = 20_000;

/**
 * Accounts in a file: every change is a line that is handed to the operating system before the call goes on, so that a process
 * that is killed loses none. What was set aside and never settled was under way when the process died, and counts as spent.
 */
export class Journal {
  readonly #path: string;
  #file: number | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** What the file says of every account that is still kept. Lines that were cut short say nothing. */
  accounts(now: number): KeptAccount[] {
    if (!existsSync(this.#path)) return [];
    const lines = readFileSync(this.#path, 'utf8').split('\n');
    const accounts = [...read(lines).values()].filter(({ keptUntil }) => keptUntil > now);
    if (lines.length > longest) this.#rewrite(accounts);
    return accounts;
  }

  setAside(id: string, changes: readonly Change[], now: number): void {
    const entries = entriesOf(changes, now);
    if (entries.length > 0) this.#append({ r: [id, entries] });
  }

  settle(id: string, changes: readonly Change[], now: number): void {
    if (changes.length > 0) this.#append({ s: [id, entriesOf(changes, now)] });
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #append(line: Line): void {
    if (this.#file === undefined) {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
      this.#file = openSync(this.#path, 'a', 0o600);
      // After a line that was cut short a new one begins.
      writeSync(this.#file, '\n');
    }
    writeSync(this.#file, `${JSON.stringify(line)}\n`);
  }

  #rewrite(accounts: readonly KeptAccount[]): void {
    const line: Line = { a: accounts.map(({ name, spent, keptUntil }) => [name, spent, keptUntil]) };
    writeFileSync(`${this.#path}.new`, `${JSON.stringify(line)}\n`, { mode: 0o600 });
    renameSync(`${this.#path}.new`, this.#path);
  }
}

function entriesOf(changes: readonly Change[], now: number): [string, number, number][] {
  return changes
    .filter(({ look }) => !look)
    .map(({ name, amount, keptMs }): [string, number, number] => [name, amount, now + keptMs]);
}

function read(lines: readonly string[]): Map<string, KeptAccount> {
  const accounts = new Map<string, KeptAccount>();
  const add = ([name, amount, keptUntil]: [string, number, number]) => {
    const known = accounts.get(name);
    accounts.set(name, { name, spent: (known?.spent ?? 0) + amount, keptUntil });
  };
  const open = new Map<string, [string, number, number][]>();
  for (const text of lines) {
    const line = parse(text);
    if (line === undefined) continue;
    if ('a' in line) for (const entry of line.a) add(entry);
    else if ('r' in line) open.set(...line.r);
    else {
      open.delete(line.s[0]);
      for (const entry of line.s[1]) add(entry);
    }
  }
  for (const entries of open.values()) for (const entry of entries) add(entry);
  return accounts;
}

function parse(text: string): Line | undefined {
  try {
    return text === '' ? undefined : (JSON.parse(text) as Line);
  } catch {
    return undefined;
  }
}
