import type { Environment } from '../config/env.ts';

/** Where a command talks: data goes to standard output, everything else to standard error. */
export interface Terminal {
  /** A line of data. */
  out(line: string): void;
  /** A line for the person. */
  say(line: string): void;
  /** JSON for a program, or for a person who asked for it. */
  json(value: unknown): void;
  /** Rows under a head, in columns as wide as they need be. */
  table(head: readonly string[], rows: readonly (readonly string[])[]): void;
  /** True where a person can be asked. */
  canAsk: boolean;
  paint: Paint;
}

/** Colours, which do nothing where they are not wanted. */
export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
}

export function createTerminal(environment: Environment): Terminal {
  const paint = paintFor(wantsColour(environment));
  // Who reads data may have enough of it: `router logs | head`. A router goes on when nobody hears what it says.
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => code === 'EPIPE' && process.exit());
  process.stderr.on('error', () => undefined);
  const out = (line: string) => void process.stdout.write(`${line}\n`);
  return {
    out,
    say: (line) => void process.stderr.write(`${line}\n`),
    json: (value) => out(JSON.stringify(value, undefined, 2)),
    table(head, rows) {
      for (const line of tableLines(head, rows, paint)) out(line);
    },
    canAsk: process.stdin.isTTY === true && process.stderr.isTTY === true,
    paint,
  };
}

function wantsColour({ get }: Environment): boolean {
  if (get('NO_COLOR')) return false;
  if (get('FORCE_COLOR')) return get('FORCE_COLOR') !== '0';
  return process.stdout.isTTY === true && get('TERM') !== 'dumb';
}

function paintFor(colours: boolean): Paint {
  const code = (open: number, close: number) => (text: string) =>
    colours ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return { bold: code(1, 22), dim: code(2, 22), red: code(31, 39), green: code(32, 39), yellow: code(33, 39) };
}

function tableLines(head: readonly string[], rows: readonly (readonly string[])[], paint: Paint): string[] {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (column === cells.length - 1 ? cell : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd();
  return [paint.dim(line(head)), ...rows.map(line)];
}
