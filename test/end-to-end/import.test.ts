import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Home, newHome } from '../support/command.ts';

let home: Home;
beforeEach(() => {
  home = newHome();
});
afterEach(() => home.remove());

const earlier = {
  APIKEY: 'a-key',
  CUSTOM_ROUTER_PATH: '$HOME/custom-router.js',
  Providers: [
    {
      name: 'deepseek',
      api_base_url: 'https://api.deepseek.com/chat/completions',
      api_key: 'sk-made-up',
      models: ['deepseek-chat'],
      transformer: { use: ['deepseek'] },
    },
  ],
  Router: { default: 'deepseek,deepseek-chat', background: 'gone,model' },
};

function writeEarlier(value: unknown = earlier, name = 'before.json'): string {
  const file = join(home.path, name);
  writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
  return file;
}

describe('router import', () => {
  it('prints a configuration that can be used, and says apart what became of the earlier one', async () => {
    const ran = await home.run('import', writeEarlier());
    expect(ran.exitCode, ran.stderr).toBe(0);
    const config = JSON.parse(ran.stdout) as { routing: unknown };
    expect(config.routing).toEqual({ defaultModel: 'deepseek,deepseek-chat' });
    expect(ran.stderr).toMatch(/Carried over:\n {2}Providers\.deepseek/);
    expect(ran.stderr).toMatch(/Changed:\n[\s\S]*APIKEY/);
    expect(ran.stderr).toMatch(/Not carried over:\n[\s\S]*Router\.background/);
    writeFileSync(join(home.path, 'config.json'), ran.stdout);
    expect((await home.run('config', 'validate')).exitCode).toBe(0);
  });

  it('leaves out a routing file that is gone, and says so', async () => {
    const ran = await home.run('import', writeEarlier());
    expect(ran.stderr).toMatch(/routing\.router: the file can’t be loaded/);
  });

  it('keeps a routing file that is there, and the router asks it', async () => {
    writeFileSync(
      join(home.path, 'custom-router.js'),
      'module.exports = async (req, config) => req.body.messages.length > 0 ? "deepseek,deepseek-chat" : null;',
    );
    const output = join(home.path, 'config.json');
    expect((await home.run('import', writeEarlier(), '--output', output)).exitCode).toBe(0);
    const explained = await home.run('explain', '--text', 'hello', '--json');
    expect(explained.exitCode, explained.stderr).toBe(0);
    expect(JSON.parse(explained.stdout)).toMatchObject({ winner: { provider: 'deepseek' } });
  });

  it('writes the file it is told, for its user alone, and replaces none without being told', async () => {
    const before = writeEarlier();
    const output = join(home.path, 'out.json');
    expect((await home.run('import', before, '--output', output)).stdout).toBe('');
    expect(statSync(output).mode & 0o777).toBe(0o600);
    const first = readFileSync(output, 'utf8');
    const again = await home.run('import', before, '--output', output);
    expect([again.exitCode, again.stderr]).toEqual([1, expect.stringContaining('--force')]);
    expect(readFileSync(output, 'utf8')).toBe(first);
    expect((await home.run('import', before, '--output', output, '--force')).exitCode).toBe(0);
  });

  it('finds the file where those versions kept it', async () => {
    mkdirSync(join(home.path, '.claude-code-router'));
    writeEarlier(earlier, '.claude-code-router/config.json');
    expect((await home.run('import')).exitCode).toBe(0);
  });

  it.each([
    ['no file named', undefined, 2, 'import FILE'],
    ['a file that is not JSON', '{ "Providers": [', 78, 'not valid JSON'],
    ['a file of something else', '{ "name": "x" }', 1, 'neither Providers nor Router'],
    ['a list', '[1]', 1, 'neither Providers nor Router'],
  ])('of %s prints nothing', async (_case, text, exitCode, told) => {
    const ran = await home.run('import', ...(text === undefined ? [] : [writeEarlier(text)]));
    expect([ran.exitCode, ran.stdout]).toEqual([exitCode, '']);
    expect(ran.stderr).toContain(told);
  });

  it('of a file that is gone says so', async () => {
    const ran = await home.run('import', 'gone.json');
    expect([ran.exitCode, ran.stderr]).toEqual([1, 'There is no file gone.json.\n']);
  });
});
