import { spawn, spawnSync } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { program } from './router.ts';

/** What a person types when a text stands on the terminal. */
export type Typed = readonly [seen: string, keys: string];

export const keys = { enter: '\r', down: '\u001b[B', interrupt: '\u0003', clearLine: '\u0015' };

/** Whether commands can be run on a terminal here: `script` of util-linux makes one. Says it where not. */
export function canRunOnTerminal(): boolean {
  const found = process.platform === 'linux' && spawnSync('script', ['--version']).status === 0;
  if (!found)
    process.stderr.write('\nSKIP: what asks on a terminal is not tried: `script` of util-linux is missing\n\n');
  return found;
}

/** Runs the program on a terminal, and types what is given, each when its text has appeared behind the one before. */
export function runOnTerminal(
  home: string,
  environment: Record<string, string>,
  args: readonly string[],
  typed: readonly Typed[],
): Promise<{ exitCode: number | null; shown: string }> {
  const quoted = [process.execPath, program, ...args].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['-qfec', `stty cols 120 rows 40; exec ${quoted}`, '/dev/null'], {
    cwd: home,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: home,
      ROUTER_HOME: home,
      LANG: 'C.UTF-8',
      TERM: 'xterm',
      ...environment,
    },
    timeout: 40_000,
  });
  let shown = '';
  let from = 0;
  let next = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown = stripVTControlCharacters(shown + text);
    for (const [seen, pressed] of typed.slice(next)) {
      const at = shown.indexOf(seen, from);
      if (at === -1) return;
      from = at + seen.length;
      next += 1;
      child.stdin.write(pressed);
    }
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode, shown }));
  });
}
