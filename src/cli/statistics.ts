import { type Command, Option } from 'commander';
import { groupKeys } from '../ledger/ledger.ts';
import { CliFailure, exitCodes } from './exit.ts';
import type { Terminal } from './terminal.ts';

/** What commands that show statistics are told. */
export interface StatisticsOptions {
  since: string;
  until?: string;
  groupBy?: string;
  json?: boolean;
  csv?: boolean;
}

export function statisticsOptions(command: Command): Command {
  return command
    .option('--since <time>', 'from when on: 24h, 7d, 2026-11-24, 2026-11-24T13:00:00Z', '24h')
    .option('--until <time>', 'until when; now where left out')
    .addOption(new Option('--group-by <what>', 'tell the numbers apart').choices([...groupKeys]))
    .option('--json', 'print it as JSON')
    .option('--csv', 'print the table as CSV');
}

/** The query that asks for it, with its `?`. Throws CliFailure where the options contradict each other. */
export function queryOf({ since, until, groupBy, json, csv }: StatisticsOptions): string {
  if (json && csv) throw new CliFailure('--json and --csv: only one of them', exitCodes.usage);
  const query = new URLSearchParams({ since });
  if (until !== undefined) query.set('until', until);
  if (groupBy !== undefined) query.set('groupBy', groupBy);
  return `?${query}`;
}

export type Cell = string | number | null;

/** Rows as a table for a person, or as CSV for a program. What is not known is a question mark there, empty here. */
export function showRows(head: readonly string[], rows: readonly Cell[][], csv: boolean, terminal: Terminal): void {
  if (csv) {
    for (const row of [head.map((title) => title.toLowerCase().replaceAll(' ', '_')), ...rows])
      terminal.out(csvLine(row));
    return;
  }
  terminal.table(
    head,
    rows.map((row) => row.map((cell) => (cell === null ? '?' : String(cell)))),
  );
}

/** One line of RFC 4180. */
export function csvLine(cells: readonly Cell[]): string {
  return cells
    .map((cell) => {
      const text = cell === null ? '' : String(cell);
      return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    })
    .join(',');
}

/** An amount with its currency: `$0.001250`, `0.001250 EUR`; unknown where it is null. */
export function amountText(amount: string | null, currency: string): string {
  if (amount === null) return 'unknown';
  return currency === 'USD'
    ? `${amount.startsWith('-') ? '-' : ''}$${amount.replace('-', '')}`
    : `${amount} ${currency}`;
}
