import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Home, newHome } from '../support/command.ts';
import { canRunOnTerminal, keys, runOnTerminal, type Typed } from '../support/on-terminal.ts';

let home: Home;
beforeEach(() => {
  home = newHome();
});
afterEach(() => home.remove());

const configFile = () => join(home.path, 'config.json');
const written = () => readFileSync(configFile(), 'utf8');

describe('router init', () => {
  it('writes a commented configuration of what the flags say, for its user alone', async () => {
    const ran = await home.run('init', '--provider', 'openai', '--model', 'gpt-4.1');
    expect([ran.exitCode, ran.stdout]).toEqual([0, '']);
    expect(ran.stderr).toContain('OPENAI_API_KEY is not set');
    expect(written()).toContain('// ');
    expect(written()).toContain('"apiKey": "${OPENAI_API_KEY}"');
    expect(statSync(configFile()).mode & 0o777).toBe(0o600);
    expect((await home.run('config', 'validate')).exitCode).toBe(0);
    expect((await home.run('config', 'get', 'routing.defaultModel')).stdout).toBe('openai/gpt-4.1\n');
  });

  it('makes a configuration that answers without any key', async () => {
    expect((await home.run('init', '--yes')).exitCode).toBe(0);
    expect((await home.run('models', 'test')).exitCode).toBe(0);
  });

  it('takes the services whose keys are in the environment, and no key into the file', async () => {
    const keys = { OPENAI_API_KEY: 'sk-made-up-1', GROQ_API_KEY: 'sk-made-up-2' };
    expect((await home.runWith(keys, 'init', '--yes')).exitCode).toBe(0);
    expect(written()).toContain('"groq"');
    expect(written()).not.toContain('sk-made-up');
    const models = JSON.parse((await home.runWith(keys, 'models', 'list', '--json')).stdout) as { provider: string }[];
    expect(models.map(({ provider }) => provider)).toEqual(['openai', 'groq']);
  });

  it('writes where it is told, with an address', async () => {
    const file = join(home.path, 'elsewhere', 'router.json');
    const flags = ['--provider', 'openai-compatible', '--endpoint', 'http://127.0.0.1:9/v1', '--model', 'mine'];
    expect((await home.run('init', '--config', file, ...flags)).exitCode).toBe(0);
    expect(existsSync(configFile())).toBe(false);
    expect((await home.run('config', 'get', '-c', file, 'providers.openai-compatible.baseUrl')).stdout).toBe(
      'http://127.0.0.1:9/v1\n',
    );
  });

  it('replaces nothing without being told', async () => {
    writeFileSync(configFile(), '{} // mine');
    const refused = await home.run('init', '--provider', 'demo');
    expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining('--force')]);
    expect(written()).toBe('{} // mine');
    expect((await home.run('init', '--provider', 'demo', '--force')).exitCode).toBe(0);
    expect(written()).toContain('"demo"');
  });

  it.each([
    ['without a terminal and without a word', [], '--provider'],
    ['of a service that nobody knows', ['--provider', 'nobody'], 'nobody'],
    ['of a key whose service is not said', ['--api-key', 'k'], '--provider'],
    ['of a service without a usual model', ['--provider', 'vllm'], '--model'],
  ])('%s is a wrong use, and writes nothing', async (_case, flags, told) => {
    const ran = await home.run('init', ...flags);
    expect([ran.exitCode, ran.stdout]).toEqual([2, '']);
    expect(ran.stderr).toContain(told);
    expect(existsSync(configFile())).toBe(false);
  });
});

describe.runIf(canRunOnTerminal())('router init on a terminal', () => {
  const answer = (environment: Record<string, string>, ...typed: Typed[]) =>
    runOnTerminal(home.path, environment, ['init'], typed);

  it('asks for the service, the variable of its key and the model, and offers what is likely', async () => {
    const { exitCode, shown } = await answer(
      { GROQ_API_KEY: 'sk-made-up' },
      ['Which service answers?', keys.enter],
      ['Which environment variable', keys.enter],
      ['Which model of Groq?', keys.enter],
    );
    expect([exitCode, shown]).toEqual([0, expect.stringContaining(`Wrote ${configFile()}.`)]);
    expect(written()).toContain('"apiKey": "${GROQ_API_KEY}"');
    expect(shown + written()).not.toContain('sk-made-up');
    expect((await home.runWith({ GROQ_API_KEY: 'sk-made-up' }, 'config', 'validate')).exitCode).toBe(0);
  });

  it('takes the name of a variable, and no key', async () => {
    const { exitCode, shown } = await answer(
      {},
      ['Which service answers?', keys.enter],
      ['Which environment variable', `${keys.clearLine}sk-ant-1234${keys.enter}`],
      ['not the key itself', `${keys.clearLine}MY_KEY${keys.enter}`],
      ['Which model of Anthropic?', `${keys.clearLine}claude-mine${keys.enter}`],
    );
    expect([exitCode, shown]).toEqual([0, expect.stringContaining('To do: ')]);
    expect(written()).toContain('"apiKey": "${MY_KEY}"');
    expect(written()).toContain('"claude-mine": {}');
  });

  it('writes nothing for a person who gives up', async () => {
    const { exitCode, shown } = await answer({}, ['Which service answers?', keys.interrupt]);
    expect([exitCode, shown]).toEqual([1, expect.stringContaining('Nothing was written.')]);
    expect(existsSync(configFile())).toBe(false);
  });
});

describe('a wrong use', () => {
  it.each([
    [['models', 'add', 'x', '--provider', 'opnai'], 'did you mean "openai"?'],
    [['models', 'add', 'x', '--provider', 'demo', '--max-tokens', 'many'], 'expected a whole number'],
    [['models', 'nothing'], 'nothing'],
    [['config', 'nothing'], 'no command "nothing"; it has show'],
    [['stat'], 'did you mean "status", "stats", "statusline"?'],
    [['replai'], '`router --help` lists the commands'],
  ])('%j is told, with exit code 2', async (args, told) => {
    const ran = await home.run(...args);
    expect([ran.exitCode, ran.stdout]).toEqual([2, '']);
    expect(ran.stderr).toContain(told);
    expect(existsSync(configFile())).toBe(false);
  });

  it.each([
    ...['start', 'stop', 'status', 'config', 'models add', 'code', 'env', 'statusline', 'init', 'import', 'doctor'],
    ...['service install', 'service uninstall', 'service status', 'ui', 'completion', 'replay', 'explain', 'stats'],
  ])('of %s is prevented by its help, which has an example', async (command) => {
    const ran = await home.run(...command.split(' '), '--help');
    expect([ran.exitCode, ran.stderr]).toEqual([0, '']);
    expect(ran.stdout).toMatch(/Examples?:/);
  });
});

describe('what is not there yet', () => {
  it('router ui tells where the dashboard will be', async () => {
    expect((await home.run('ui')).exitCode).toBe(3);
    await home.run('start', '--port', '0');
    const { url } = JSON.parse((await home.run('status', '--json')).stdout) as { url: string };
    const ran = await home.run('ui');
    expect([ran.exitCode, ran.stdout]).toEqual([1, '']);
    expect(ran.stderr).toContain(`${url}/ui`);
    expect(JSON.parse((await home.run('ui', '--json')).stdout)).toEqual({ url: `${url}/ui`, available: false });
  });

  it('router replay says so, and is not listed', async () => {
    const ran = await home.run('replay', '--since', '24h');
    expect([ran.exitCode, ran.stderr]).toEqual([1, expect.stringContaining('can’t replay')]);
    expect((await home.run('--help')).stdout).not.toContain('replay');
  });
});
