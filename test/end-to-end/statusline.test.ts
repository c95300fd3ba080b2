import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Home, newHome } from '../support/command.ts';
import { http, messagesBody } from '../support/http.ts';
import { program } from '../support/router.ts';

let home: Home;
beforeEach(() => {
  home = newHome();
});
afterEach(() => home.remove());

interface Line {
  exitCode: number | null;
  stdout: string;
  stderr: string;
  milliseconds: number;
}

/** What the status line prints for this standard input; `undefined` leaves it open. */
function statusLine(input: string | undefined, environment: Record<string, string> = {}): Promise<Line> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [program, 'statusline'], {
    env: { PATH: process.env.PATH ?? '', HOME: home.path, ROUTER_HOME: home.path, ...environment },
    timeout: 10_000,
  });
  const line: Line = { exitCode: null, stdout: '', stderr: '', milliseconds: 0 };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    line.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    line.stderr += text;
  });
  child.stdin.on('error', () => undefined);
  if (input !== undefined) child.stdin.end(input);
  return new Promise((resolve) => {
    child.once('close', (exitCode) => resolve({ ...line, exitCode, milliseconds: performance.now() - startedAt }));
  });
}

const session = (id: string, rest: object = {}) => JSON.stringify({ session_id: id, ...rest });

async function startWithPrices(): Promise<string> {
  const model = { provider: 'demo', contextWindow: 100_000, pricing: { input: 100, output: 100 } };
  writeFileSync(join(home.path, 'config.json'), JSON.stringify({ models: { first: model, second: model } }));
  expect((await home.run('start', '--port', '0')).exitCode).toBe(0);
  return (JSON.parse((await home.run('status', '--json')).stdout) as { url: string }).url;
}

describe('router statusline', () => {
  it('names the model that really answered, its provider, what the session cost and how full its window is', async () => {
    const url = await startWithPrices();
    const headers = { 'x-claude-code-session-id': 'one', 'x-router-model': 'second' };
    await http(`${url}/v1/messages`, { body: messagesBody('hello'), headers });
    await expect
      .poll(async () => (await statusLine(session('one', { model: { display_name: 'Opus' } }))).stdout)
      .toMatch(/^second · demo · \$\d+\.\d{4} · \S+% of 100k\n$/);
    expect((await statusLine(session('other', { model: { display_name: 'Opus' } }))).stdout).toBe(
      'Opus · not through the router yet\n',
    );
    await home.run('stop');
    expect((await statusLine(session('one'))).stdout).toMatch(/^second .* router not running\n$/);
  });

  it('adds up what a session costs, over a restart too, and keeps to the model of the person', async () => {
    const url = await startWithPrices();
    const ask = (at: string, headers: Record<string, string>) =>
      http(`${at}/v1/messages`, {
        body: messagesBody('hello'),
        headers: { 'x-claude-code-session-id': 's', ...headers },
      });
    const cost = async () => Number(/\$([\d.]+)/.exec((await statusLine(session('s'))).stdout)?.[1] ?? 0);
    await ask(url, {});
    await expect.poll(cost).toBeGreaterThan(0);
    const once = await cost();
    await ask(url, { 'x-router-model': 'second', 'x-claude-code-agent-id': 'a0123456789abcdef' });
    await home.run('restart');
    expect(await cost()).toBeCloseTo(2 * once, 3);
    expect((await statusLine(session('s'))).stdout).toMatch(/^first /);
  });

  it.each([
    ['nothing', ''],
    ['what is not JSON', 'hello'],
    ['a list', '[1]'],
    [
      'fields of other types',
      '{"session_id": 5, "model": "x", "cost": null, "context_window": {"used_percentage": "x"}}',
    ],
    ['null', 'null'],
    ['nothing, never', undefined],
  ])('never fails: it is given %s', async (_case, input) => {
    const line = await statusLine(input);
    expect([line.exitCode, line.stderr]).toEqual([0, '']);
    expect(line.stdout).toMatch(/^[^\n]+\n$/);
  });

  it.each([['{'], ['[]'], ['{"a": null, "b": 1, "c": {"at": "x"}}'], ['{"s":{"at":1,"model":"\\u001b[31mred\\n2"}}']])(
    'never fails: its file holds %s',
    async (text) => {
      mkdirSync(join(home.path, 'state'), { recursive: true });
      writeFileSync(join(home.path, 'state/sessions.json'), text);
      const line = await statusLine(session('s'));
      expect([line.exitCode, line.stderr]).toEqual([0, '']);
      expect(line.stdout).toMatch(/^[^\p{Cc}]+\n$/u);
    },
  );

  it('never fails: a variable makes no sense', async () => {
    const line = await statusLine('{}', { ROUTER_PORT: 'x', ROUTER_LOG_LEVEL: 'y' });
    expect([line.exitCode, line.stderr]).toEqual([0, '']);
  });

  it('loads next to nothing: the best of five takes less than 150 ms', async () => {
    const times: number[] = [];
    for (let round = 0; round < 5; round += 1) times.push((await statusLine('{}')).milliseconds);
    expect(Math.min(...times)).toBeLessThan(150);
  });
});
