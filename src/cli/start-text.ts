import type { RunningCluster } from '../daemon/cluster/run-cluster.ts';
import { connectionLines } from './connection.ts';
import type { Paint } from './terminal.ts';

type Started = Omit<RunningCluster, 'close' | 'reload'> & { pid: number };

/** What a person is told when the router answers: where, how to connect, which models, and what is not as it should be. */
export function startText(started: Started, paint: Paint): string[] {
  const { url, pid, version, configFile, logFile, firstKey } = started;
  return [
    `${paint.bold(`Claude Code Router ${version}`)} answers at ${paint.bold(url)} (pid ${pid})`,
    `Configuration: ${configFile ?? 'none; the models come from the environment'}`,
    ...(logFile === undefined ? [] : [`Log: ${logFile}`]),
    ...modelLines(started, paint),
    ...(firstKey === undefined ? [] : ['', `A key was made, shown only now: ${paint.bold(firstKey)}`]),
    '',
    'Connect Claude Code:',
    ...connectionLines(started).map((line) => `  ${line}`),
    ...started.warnings.map((line) => paint.yellow(`Warning: ${line}`)),
  ];
}

function modelLines({ targets, defaultModel }: Started, paint: Paint): string[] {
  const usable = targets.filter(({ problem }) => problem === undefined);
  const shown = usable.slice(0, maxShown).map(({ name }) => name);
  const more = usable.length > shown.length ? `, and ${usable.length - shown.length} more` : '';
  const lines = [`Models: ${shown.length === 0 ? 'none that can be called' : `${shown.join(', ')}${more}`}`];
  if (defaultModel !== undefined) lines.push(`Default: ${defaultModel}`);
  for (const { name, problem } of targets) {
    if (problem !== undefined) lines.push(paint.yellow(`Model ${name} can't be called: ${problem}`));
  }
  if (usable.length > 0 && usable.every(({ provider }) => provider === 'demo')) lines.push(...demoLines);
  return lines;
}

const maxShown = 12;

const demoLines = [
  'Only the built-in demo model answers, since no key of a provider is set. For a real one, stop the router, set a key',
  '(ANTHROPIC_API_KEY, OPENAI_API_KEY, OPENROUTER_API_KEY, …) and start it again, or run `router models add`.',
];
