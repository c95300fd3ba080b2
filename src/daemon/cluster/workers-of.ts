import { availableParallelism } from 'node:os';
import type { Config } from '../../config/schema.ts';
import { isSwitchedOff } from '../../config/switches.ts';

/** How many workers a configuration wants; undefined where one process is to serve alone. */
export function workersOf({ performance: { clustering } }: Config): number | undefined {
  if (clustering === undefined || isSwitchedOff(clustering)) return undefined;
  return clustering.workers === 'auto' ? availableParallelism() : clustering.workers;
}
