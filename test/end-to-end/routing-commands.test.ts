import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Home, newHome } from '../support/command.ts';

let home: Home;
beforeEach(() => {
  home = newHome();
  const demo = { type: 'demo', models: { small: {}, large: {} } };
  const rule = { name: 'code', condition: { messageContains: 'implement' }, targetModel: 'large' };
  const config = { providers: { demo }, routing: { defaultModel: 'small' }, routingRules: [rule] };
  writeFileSync(join(home.path, 'config.json'), JSON.stringify(config));
});
afterEach(() => home.remove());

const file = (name: string, text: string) => {
  const path = join(home.path, name);
  writeFileSync(path, text);
  return path;
};

describe('router explain', () => {
  it('tells where a text or a file goes, the same whether the router runs or not', async () => {
    const text = await home.run('explain', '--text', 'implement it');
    expect([text.exitCode, text.stdout]).toEqual([0, expect.stringContaining('large at demo, decided by code')]);
    const body = JSON.stringify({ model: 'claude-9', messages: [{ role: 'user', content: 'hello' }] });
    const path = file('request.json', body);
    const before = await home.run('explain', path, '--json');
    expect(JSON.parse(before.stdout)).toMatchObject({ winner: { model: 'small' }, rule: 'default' });
    await home.run('start', '--port', '0');
    expect((await home.run('explain', path, '--json')).stdout).toBe(before.stdout);
    expect((await home.run('explain', path, '-H', 'X-Router-Model: large')).stdout).toContain('hard-choice');
  });

  it.each([
    [['explain'], 2],
    [['explain', 'a.json', '--text', 'x'], 2],
    [['explain', 'nothing.json'], 1],
    [['explain', '--text', 'x', '--header', 'nonsense'], 2],
  ])('%j exits with %i', async (args, code) => expect((await home.run(...args)).exitCode).toBe(code));
});

describe('router test', () => {
  const passing = '- { name: code, text: implement, expect: { model: large, fallbacks: [small] } }\n';

  it('exits with 0 where all goes as it should', async () => {
    const ran = await home.run('test', file('a.yaml', passing));
    expect([ran.exitCode, ran.stdout, ran.stderr]).toEqual([0, 'ok    code\n', '1 of 1 cases pass.\n']);
  });

  it('exits with 1 where it does not, and shows the difference', async () => {
    const failing = file('b.yaml', '- { name: other, text: hello, expect: { model: large } }\n');
    const ran = await home.run('test', file('a.yaml', passing), failing);
    expect(ran.exitCode).toBe(1);
    expect(ran.stdout).toContain('FAIL  other\n        - model: large\n        + model: small\n');
    expect(ran.stderr).toBe('1 of 2 cases pass.\n');
  });

  it.each(['- name: x', 'text'])('tells what is wrong with a file: %s', async (text) => {
    expect((await home.run('test', file('c.yaml', text))).exitCode).toBe(1);
  });
});
