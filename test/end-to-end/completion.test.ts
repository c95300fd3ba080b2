import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Home, newHome } from '../support/command.ts';

let home: Home;
beforeEach(() => {
  home = newHome();
});
afterEach(() => home.remove());

const present = (shell: string) => spawnSync(shell, ['-c', 'exit 0'], { timeout: 10_000 }).status === 0;

function run(shell: string, flags: string[], script: string): string {
  const { stdout, stderr, status } = spawnSync(shell, [...flags, '-c', script], { encoding: 'utf8', timeout: 20_000 });
  expect([status, stderr]).toEqual([0, '']);
  return stdout;
}

const lines: [typed: string, offered: string[], notOffered: string[]][] = [
  ['router st', ['start', 'stop', 'status', 'stats', 'statusline'], ['config']],
  ['router models ', ['list', 'add', 'remove', 'test', 'switch', 'status', 'update'], ['start']],
  ['router models add gpt --max', ['--max-tokens'], ['--help']],
  ['router env --shell ', ['bash', 'zsh', 'fish', 'powershell'], ['--json']],
  ['router completion ', ['bash', 'zsh', 'fish'], ['start']],
  ['router --log-level d', ['debug'], ['info']],
];

describe('router completion', () => {
  it.each(lines)('in bash, "%s" offers what fits', async (typed, offered, notOffered) => {
    const script = (await home.run('completion', 'bash')).stdout;
    const words = typed.split(' ');
    const program = `${script}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
_router; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const found = run('bash', ['--norc', '--noprofile'], program).split('\n');
    expect(found).toEqual(expect.arrayContaining(offered));
    for (const word of notOffered) expect(found).not.toContain(word);
  });

  it('in bash, offers files behind an option that takes one', async () => {
    const script = (await home.run('completion', 'bash')).stdout;
    const program = `${script}\nCOMP_WORDS=(router start --config c); COMP_CWORD=3; _router; echo "\${#COMPREPLY[@]}"; complete -p router`;
    expect(run('bash', ['--norc', '--noprofile'], program)).toMatch(/^0\n.*-o default.*_router router\n$/s);
  });

  it.runIf(present('fish')).each(lines)('in fish, "%s" offers what fits', async (typed, offered, notOffered) => {
    const script = (await home.run('completion', 'fish')).stdout;
    const found = run('fish', ['--no-config'], `${script}\ncomplete -C '${typed}'\n`)
      .split('\n')
      .map((line) => line.split('\t')[0]);
    expect(found).toEqual(expect.arrayContaining(offered));
    for (const word of notOffered) expect(found).not.toContain(word);
  });

  it.runIf(present('zsh')).each(lines)('in zsh, "%s" offers what fits', async (typed, offered, notOffered) => {
    const script = (await home.run('completion', 'zsh')).stdout;
    const words = typed.split(' ');
    // Stand-ins for the editor's own functions: they print what they are told to offer.
    const program = `compdef() { :; }
compadd() { shift; printf '%s\\n' "$@" }
_files() { :; }
_describe() { local list="\${@[-1]}" item; for item in "\${(@P)list}"; do print -r -- "\${item%%:*}"; done }
${script}
words=(${words.map((word) => `'${word}'`).join(' ')}); CURRENT=${words.length}
_router`;
    const current = words.at(-1)!;
    const found = run('zsh', ['-f'], program)
      .split('\n')
      .filter((word) => word.startsWith(current));
    expect(found).toEqual(expect.arrayContaining(offered));
    for (const word of notOffered) expect(found).not.toContain(word);
  });

  it('knows every command that the program lists', async () => {
    const listed = [...(await home.run('--help')).stdout.matchAll(/^ {2}([a-z]+) {2,}/gm)].map(([, name]) => name);
    expect(listed.length).toBeGreaterThan(15);
    for (const shell of ['bash', 'zsh', 'fish']) {
      const script = (await home.run('completion', shell)).stdout;
      for (const name of listed) expect(script, shell).toContain(name);
      expect(script).not.toContain('replay');
    }
  });

  it.each([[[]], [['tcsh']]])('with %j is a wrong use', async (args) => {
    const ran = await home.run('completion', ...args);
    expect([ran.exitCode, ran.stdout]).toEqual([2, '']);
  });
});
