import type { CommandContext } from '../command.ts';
import type { ModelOptions } from '../models.ts';
import { askJson, requireRunning } from '../running.ts';

interface ModelState {
  name: string;
  provider: string;
  status: string;
  latencyMs: number | null;
  lastChecked: string | null;
  circuit: string;
  problem?: string;
}

/** Tells what the running router knows of its models. */
export async function modelStatus({ json }: ModelOptions, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const state = requireRunning(context);
  const { models } = (await askJson(state, '/health/models', context)) as { models: ModelState[] };
  if (json) return terminal.json({ models });
  terminal.table(
    ['NAME', 'PROVIDER', 'STATUS', 'CIRCUIT', 'LATENCY', 'CHECKED', ''],
    models.map(({ name, provider, status, circuit, latencyMs, lastChecked, problem }) => [
      ...[name, provider, status, circuit],
      latencyMs === null ? 'unknown' : `${Math.round(latencyMs)} ms`,
      lastChecked ?? 'never',
      problem ?? '',
    ]),
  );
}
