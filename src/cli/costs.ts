import type { Command } from 'commander';
import type { CommandContext } from './command.ts';
import { askJson, requireRunning } from './running.ts';
import { amountText, queryOf, type StatisticsOptions, showRows, statisticsOptions } from './statistics.ts';

export function define(command: Command, context: CommandContext): void {
  statisticsOptions(command)
    .addHelpText('after', '\nExample:\n  router costs --since 30d --group-by day --csv')
    .action((options: StatisticsOptions) => costs(options, context));
}

interface Cost {
  total: string | null;
  saved: string;
  unknownPriceCalls: number;
}

interface Budget {
  limit: string;
  spent: string;
  reserved: string;
  resetsAt: string;
}

interface Costs extends Cost {
  since: string;
  until: string;
  currency: string;
  budget: Record<string, Budget | null>;
  groups: (Cost & { group: string | null })[];
}

/** By model where nothing else is asked for. */
async function costs(options: StatisticsOptions, context: CommandContext): Promise<void> {
  const groupBy = options.groupBy ?? 'model';
  const query = queryOf({ ...options, groupBy });
  const { terminal } = context;
  const all = (await askJson(requireRunning(context), `/api/stats/costs${query}`, context)) as Costs;
  if (options.json) return terminal.json(all);
  if (!options.csv) {
    for (const line of summaryLines(all)) terminal.out(line);
    terminal.out('');
  }
  showRows(
    [groupBy.toUpperCase(), 'COST', 'SAVED', 'UNKNOWN PRICE CALLS'],
    all.groups.map(({ group, total, saved, unknownPriceCalls }) => [group ?? 'none', total, saved, unknownPriceCalls]),
    options.csv === true,
    terminal,
  );
}

function summaryLines({ since, until, total, saved, currency, unknownPriceCalls, budget }: Costs): string[] {
  const unknown = unknownPriceCalls > 0 ? `; ${unknownPriceCalls} calls of unknown price are not in it` : '';
  const budgets = Object.entries(budget).flatMap(([name, entry]) =>
    entry === null
      ? []
      : [
          `Budget ${name}: ${amountText(entry.spent, currency)} of ${amountText(entry.limit, currency)} spent, ${amountText(entry.reserved, currency)} reserved; begins anew ${entry.resetsAt}`,
        ],
  );
  return [
    `From ${since} to ${until}`,
    `Cost   ${amountText(total, currency)}${unknown}`,
    `Saved  ${amountText(saved, currency)} against the default model`,
    ...budgets,
  ];
}
