import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
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

interface Status {
  pid: number;
  url: string;
  [field: string]: unknown;
}

const configFile = () => join(home.path, 'config.json');
const writeConfig = (text: string) => writeFileSync(configFile(), text);
const status = async () => JSON.parse((await home.run('status', '--json')).stdout) as Status;

describe('a router in the background', () => {
  it('is started, asked, found running, and stopped', async () => {
    const started = await home.run('start', '--port', '0');
    expect(started.exitCode, started.stderr).toBe(0);
    expect(started.stdout).toBe('');
    const { url, pid, ...rest } = await status();
    expect(started.stderr).toContain(url);
    expect(started.stderr).toContain(String(pid));
    expect(started.stderr).toContain(`export ANTHROPIC_BASE_URL=${url}`);
    expect(rest).toMatchObject({
      version: expect.any(String),
      startedAt: expect.stringMatching(/^\d{4}-/),
      configFile: null,
      workers: [{ pid }],
    });
    const reply = await http(`${url}/v1/messages`, { body: messagesBody('hello') });
    expect(reply.json()).toMatchObject({ type: 'message', stop_reason: 'end_turn' });
    const again = await home.run('start', '--port', '0');
    expect([again.exitCode, again.stderr]).toEqual([0, expect.stringContaining(`already runs at ${url}`)]);
    expect((await home.run('health')).stdout).toMatch(/^ok /);
    const stopped = await home.run('stop');
    expect([stopped.exitCode, stopped.stderr]).toEqual([0, `Stopped (pid ${pid}).\n`]);
    expect((await home.run('stop')).exitCode).toBe(0);
    await expect(http(`${url}/health`)).rejects.toThrow();
  });

  it('keeps its files to its user', async () => {
    await home.run('start', '--port', '0');
    for (const file of ['state/router.pid', 'logs/router.log']) {
      expect(statSync(join(home.path, file)).mode & 0o777, file).toBe(0o600);
    }
  });

  it('is restarted with the flags it had', async () => {
    await home.run('start', '--port', '0', '--models', 'demo', '--log-level', 'warn');
    const before = await status();
    expect((await home.run('restart')).exitCode).toBe(0);
    const after = await status();
    expect(after.pid).not.toBe(before.pid);
    expect(JSON.parse(readFileSync(join(home.path, 'state/router.pid'), 'utf8')).args).toEqual([
      ...['--port', '0', '--models', 'demo', '--log-level', 'warn'],
    ]);
  });

  it.each(['status', 'health', 'models status'])(
    'that is not there is told by %s with exit code 3',
    async (command) => {
      const ran = await home.run(...command.split(' '));
      expect([ran.exitCode, ran.stdout]).toEqual([3, '']);
      expect(ran.stderr).toContain('router start');
    },
  );

  it('leaves no trace that hinders the next when it is killed', async () => {
    await home.run('start', '--port', '0');
    const { pid } = await status();
    process.kill(pid, 'SIGKILL');
    await expect.poll(async () => (await home.run('status')).exitCode).toBe(3);
    expect(existsSync(join(home.path, 'state/router.pid'))).toBe(true);
    expect((await home.run('start', '--port', '0')).exitCode).toBe(0);
    expect((await status()).pid).not.toBe(pid);
  });

  it('names the process that has its port', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const ran = await home.run('start', '--port', String(port));
    server.close();
    expect(ran.exitCode).toBe(1);
    expect(ran.stderr).toContain(`Port ${port} is taken by process ${process.pid}`);
  });

  it('does not start with a configuration that makes no sense, and says where', async () => {
    writeConfig('{\n  "models": {\n    "a": { "provider": "opnai" }\n  }\n}\n');
    const ran = await home.run('start', '--port', '0');
    expect([ran.exitCode, ran.stdout]).toEqual([78, '']);
    expect(ran.stderr).toContain(configFile());
    expect(ran.stderr).toMatch(/models\.a\.provider \(line 3.*"opnai"/);
    expect((await home.run('status')).exitCode).toBe(3);
  });

  it('makes a key on an address that others reach, shows it once, and asks for it', async () => {
    const started = await home.run('start', '--port', '0', '--host', '0.0.0.0');
    const key = /ccr-[\w-]{20,}/.exec(started.stderr)?.[0];
    expect(key, started.stderr).toBeDefined();
    const { url } = JSON.parse(readFileSync(join(home.path, 'state/router.pid'), 'utf8')) as Status;
    expect((await http(`${url}/v1/models`)).status).toBe(401);
    expect((await http(`${url}/v1/models`, { headers: { 'x-api-key': key! } })).status).toBe(200);
    const restarted = await home.run('restart');
    expect(restarted.stderr).not.toContain(key);
    expect(JSON.stringify(readFileSync(join(home.path, 'state/keys/first-key.json'), 'utf8'))).not.toContain(key);
  });

  it('tells its owner how it is without a key, who needs one for calls all the same', async () => {
    await home.run('start', '--port', '0');
    expect((await home.run('keys', 'create', 'ci', '--permissions', 'write')).exitCode).toBe(0);
    const { url, controlToken } = JSON.parse(readFileSync(join(home.path, 'state/router.pid'), 'utf8'));
    const asked = async (path: string, headers: Record<string, string>, body?: unknown) =>
      (await http(`${url}${path}`, { headers, ...(body === undefined ? {} : { body }) })).status;
    await expect.poll(() => asked('/api/stats', {})).toBe(401);
    for (const command of ['status', 'stats', 'costs', 'models status', 'health', 'logs', 'keys list', 'doctor']) {
      const ran = await home.run(...command.split(' '));
      expect(ran.exitCode, `router ${command}: ${ran.stderr}`).toBe(0);
    }
    // A key of the environment that is for something else is in nobody's way.
    expect((await home.runWith({ ANTHROPIC_AUTH_TOKEN: 'of another service' }, 'status')).exitCode).toBe(0);
    const owner = { 'x-router-control': controlToken as string };
    expect(statSync(join(home.path, 'state/router.pid')).mode & 0o777).toBe(0o600);
    expect(await asked('/api/stats', owner)).toBe(200);
    expect(await asked('/debug/profile?seconds=1', owner)).toBe(200);
    expect(await asked('/api/stats', { 'x-router-control': `${controlToken}x` })).toBe(401);
    expect(await asked('/api/stats', { 'x-router-control': '' })).toBe(401);
    expect(await asked('/v1/messages', owner, messagesBody('spend'))).toBe(401);
    expect(await asked('/v1/messages/batches', owner, {})).toBe(401);
  });

  it('follows its configuration, and keeps the last good one', async () => {
    writeConfig('{ "models": { "first": { "provider": "demo" } } }');
    await home.run('start', '--port', '0');
    const { url } = await status();
    const modelThatAnswers = async () =>
      (await http(`${url}/v1/messages`, { body: messagesBody('hello') })).headers['x-router-model'];
    expect(await modelThatAnswers()).toBe('first');
    writeConfig('{ "models": { "second": { "provider": "demo" } } }');
    await expect.poll(modelThatAnswers).toBe('second');
    writeConfig('{ "modells": {} }');
    await expect.poll(async () => (await status()).configError).toMatch(/modells.*did you mean "models"/);
    expect(await modelThatAnswers()).toBe('second');
    writeConfig('{ "models": { "third": { "provider": "demo" } } }');
    await expect.poll(modelThatAnswers).toBe('third');
    expect((await status()).configError).toBeUndefined();
  });

  it('says why there are no statistics where the ledger can’t be asked', async () => {
    writeConfig('{ "storage": { "url": "postgres://me@127.0.0.1:1/router" } }');
    await home.run('start', '--port', '0');
    const ran = await home.run('stats');
    expect([ran.exitCode, ran.stdout, ran.stderr]).toEqual([
      1,
      '',
      expect.stringContaining('the ledger can not be read'),
    ]);
  });

  it('is stopped and reloaded without signals by who can read its state file, and by nobody else', async () => {
    writeConfig('{ "models": { "first": { "provider": "demo" } } }');
    await home.run('start', '--port', '0');
    const { url, pid } = await status();
    const state = JSON.parse(readFileSync(join(home.path, 'state/router.pid'), 'utf8')) as { controlToken: string };
    const control = (action: string, token: string) =>
      http(`${url}/api/control/${action}`, { method: 'POST', headers: { 'x-router-control': token } });
    expect((await control('stop', '')).status).toBe(401);
    expect((await control('stop', `${state.controlToken}x`)).status).toBe(401);
    expect((await control('reload', state.controlToken)).status).toBe(202);
    expect((await control('stop', state.controlToken)).status).toBe(202);
    await expect.poll(async () => (await home.run('status')).exitCode).toBe(3);
    expect(pid).toBeGreaterThan(0);
  });

  it('shows its log', async () => {
    await home.run('start', '--port', '0');
    const { url } = await status();
    const reply = await http(`${url}/v1/messages`, { body: messagesBody('a secret question') });
    const id = String(reply.headers['request-id']);
    const shown = await home.run('logs', '-n', '5');
    expect(shown.stdout).toContain(id);
    expect(shown.stdout).not.toContain('a secret question');
    const lines = (await home.run('logs', '--json')).stdout.trim().split('\n');
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ requestId: id, model: 'demo', status: 200 });
    expect((await home.run('logs', '--level', 'error')).stdout).toBe('');
    expect((await home.run('logs', '--since', '1h')).stdout).toContain(id);
  });
});

describe('the configuration', () => {
  const written = `{
  // what answers
  "models": {
    "big": { "provider": "demo" }, // the big one
  },
}
`;

  it('is changed in place, comments and all else kept', async () => {
    writeConfig(written);
    expect((await home.run('config', 'set', 'routing.defaultModel', 'big')).exitCode).toBe(0);
    expect((await home.run('models', 'add', 'small', '--provider', 'demo', '--context-window', '9000')).exitCode).toBe(
      0,
    );
    expect((await home.run('models', 'switch', 'small')).exitCode).toBe(0);
    const text = readFileSync(configFile(), 'utf8');
    expect(text).toContain('// what answers');
    expect(text).toContain('// the big one');
    expect((await home.run('config', 'get', 'models.small.contextWindow')).stdout).toBe('9000\n');
    expect((await home.run('config', 'get', 'routing.defaultModel')).stdout).toBe('small\n');
    expect((await home.run('models', 'switch', 'big')).exitCode).toBe(0);
    expect((await home.run('models', 'remove', 'small')).exitCode).toBe(0);
    expect((await home.run('config', 'get', 'models.small')).exitCode).toBe(1);
    expect((await home.run('config', 'unset', 'routing.defaultModel')).exitCode).toBe(0);
  });

  it.each([
    ['config set routing.defaultModel nobody', /routing\.defaultModel.*no such model.*"nobody"/],
    ['config set router.port many', /router\.port.*expected/],
    ['config set routr.port 8', /routr.*did you mean "router"/],
    ['models switch bigg', /did you mean "big"/],
  ])('is left alone by `%s`', async (command, said) => {
    writeConfig(written);
    const ran = await home.run(...command.split(' '));
    expect(ran.exitCode).toBe(78);
    expect(ran.stderr).toMatch(said);
    expect(readFileSync(configFile(), 'utf8')).toBe(written);
  });

  it('can lose no model that a rule names', async () => {
    writeConfig('{ "models": { "a": { "provider": "demo" } }, "routing": { "defaultModel": "a" } }');
    const ran = await home.run('models', 'remove', 'a');
    expect([ran.exitCode, ran.stderr]).toEqual([78, expect.stringContaining('routing.defaultModel')]);
  });

  it('is shown without its secrets', async () => {
    writeConfig(
      '{ "models": { "a": { "provider": "openai", "apiKey": "sk-secret" }, "b": { "provider": "openai", "apiKey": "${OPENAI_API_KEY}" } } }',
    );
    const shown = await home.runWith({ OPENAI_API_KEY: 'sk-in-the-environment' }, 'config');
    expect(shown.stdout).toContain('[hidden]');
    expect(shown.stdout).toContain('${OPENAI_API_KEY}');
    expect(shown.stdout + shown.stderr).not.toMatch(/sk-secret|sk-in-the/);
  });

  it('is shown and changed where addresses come from variables, and which are missing is told', async () => {
    const addresses = `"state": { "url": "\${STATE}" }, "storage": { "url": "postgres://me:\${PASSWORD}@db/router" }`;
    writeConfig(`{ "models": { "a": { "provider": "demo" } }, ${addresses} }`);
    const shown = await home.run('config');
    expect([shown.exitCode, JSON.parse(shown.stdout)]).toEqual([
      0,
      expect.objectContaining({
        state: { url: '${STATE}' },
        storage: { url: expect.stringMatching(/^postgres:\/\/me:(\[hidden]|\$\{PASSWORD})@db\/router$/) },
      }),
    ]);
    expect(shown.stderr).toContain('environment variable STATE is not set');
    const environment = { STATE: 'redis://me:sk-secret@127.0.0.1:1', PASSWORD: 'sk-secret' };
    const filled = await home.runWith(environment, 'config', 'show');
    expect([filled.stdout, filled.stderr]).toEqual([shown.stdout, `${configFile()}\n`]);
    expect((await home.runWith(environment, 'config', 'set', 'router.port', '0')).exitCode).toBe(0);
    expect(readFileSync(configFile(), 'utf8')).toContain('me:${PASSWORD}@db');
  });

  it('that can’t be used here keeps nobody from looking at keys and revoking them', async () => {
    writeConfig('{ "models": { "a": { "provider": "demo" } } }');
    expect((await home.run('keys', 'create', 'ci')).exitCode).toBe(0);
    writeConfig('{ "state": { "url": "${STATE}" } }');
    const revoked = await home.run('keys', 'revoke', 'ci');
    expect([revoked.exitCode, revoked.stderr]).toEqual([0, expect.stringContaining('hear of it when one runs')]);
    const listed = await home.run('keys', 'list');
    expect([listed.exitCode, listed.stdout]).toEqual([0, expect.stringMatching(/^ci +revoked/m)]);
    expect(listed.stderr).toContain('environment variable STATE is not set');
  });

  it('is validated', async () => {
    writeConfig(written);
    expect((await home.run('config', 'validate')).exitCode).toBe(0);
    writeConfig('{ "models": ');
    const ran = await home.run('config', 'validate', configFile());
    expect([ran.exitCode, ran.stderr]).toEqual([78, expect.stringMatching(/not valid JSON.*|line 1/)]);
    expect((await home.run('config', 'validate', 'nowhere.json')).exitCode).toBe(78);
    expect((await home.run('config', 'path')).stdout).toBe(`${configFile()}\n`);
  });

  it('is edited in the editor of the user, and checked', async () => {
    writeConfig(written);
    const editor = join(home.path, 'editor.sh');
    writeFileSync(editor, '#!/bin/sh\nsed -i s/big/large/ "$1"\n');
    chmodSync(editor, 0o755);
    const ran = await home.runWith({ EDITOR: editor }, 'config', 'edit');
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(readFileSync(configFile(), 'utf8')).toContain('"large"');
    expect((await home.run('config', 'edit')).exitCode).toBe(1);
  });
});

describe('models', () => {
  it('are listed from the environment where there is no configuration', async () => {
    const ran = await home.runWith({ DEEPSEEK_API_KEY: 'a key' }, 'models', 'list', '--json');
    const models = JSON.parse(ran.stdout) as { name: string; provider: string; isDefault: boolean }[];
    expect(models.map(({ provider }) => provider)).toContain('deepseek');
    expect(models.filter(({ isDefault }) => isDefault)).toHaveLength(1);
  });

  it('are tested, and one that does not answer is an exit code of 1', async () => {
    writeConfig(
      '{ "models": { "good": { "provider": "demo" }, "dead": { "provider": "vllm", "endpoint": "http://127.0.0.1:9" } } }',
    );
    expect((await home.run('models', 'test', 'good')).exitCode).toBe(0);
    const ran = await home.run('models', 'test', '--json');
    expect(ran.exitCode).toBe(1);
    expect(JSON.parse(ran.stdout)).toMatchObject([
      { name: 'good', ok: true },
      { name: 'dead', ok: false, detail: expect.stringContaining('cannot reach') },
    ]);
  });

  it('need a provider where nobody can be asked', async () => {
    const ran = await home.run('models', 'add', 'x');
    expect([ran.exitCode, ran.stderr]).toEqual([2, expect.stringContaining('--provider')]);
  });
});

describe('Claude Code', () => {
  it.each([
    ['bash', "export ANTHROPIC_BASE_URL='http://localhost:8080'"],
    ['fish', "set -gx ANTHROPIC_BASE_URL 'http://localhost:8080'"],
    ['powershell', "$env:ANTHROPIC_BASE_URL = 'http://localhost:8080'"],
  ])('is connected in %s', async (shell, line) => {
    const ran = await home.run('env', '--shell', shell);
    expect(ran.stdout.split('\n')[0]).toBe(line);
    expect((await home.run('env', '--shell', shell, '--unset')).stdout).not.toContain('localhost');
  });

  it('is run with its environment set, its arguments and its exit code kept', async () => {
    const client = join(home.path, 'client.sh');
    writeFileSync(client, '#!/bin/sh\necho "$ANTHROPIC_BASE_URL $ANTHROPIC_AUTH_TOKEN $*"\nexit 7\n');
    chmodSync(client, 0o755);
    const ran = await home.runWith({ CLAUDE_BIN: client, ROUTER_PORT: '0' }, 'code', '--', '--model', 'opus', 'hi');
    expect(ran.exitCode, ran.stderr).toBe(7);
    const { url } = await status();
    expect(ran.stdout).toBe(`${url} router --model opus hi\n`);
  });

  it('that is not installed is told how to install', async () => {
    const ran = await home.runWith({ CLAUDE_BIN: join(home.path, 'nothing'), ROUTER_PORT: '0' }, 'code');
    expect([ran.exitCode, ran.stderr]).toEqual([1, expect.stringContaining('npm install -g')]);
  });
});

describe('commands', () => {
  it('end quietly where nobody reads on', async () => {
    const child = spawn(process.execPath, [program, '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let said = '';
    child.stderr.on('data', (data) => {
      said += String(data);
    });
    const [exitCode] = await once(child, 'close');
    expect([exitCode, said]).toEqual([0, '']);
  });
});

describe('wrong arguments', () => {
  it.each([
    ['strat', 'did you mean "start"'],
    ['--prot 80', '--prot'],
    ['start --port many', '--port'],
    ['start extra', 'too many arguments'],
    ['--log-level loud', '--log-level'],
    ['models', 'Usage'],
    ['models list extra', 'too many arguments'],
    ['models switch', 'missing required argument'],
    ['logs -n x', '--lines'],
  ])('`%s` exits with 2', async (command, said) => {
    const ran = await home.run(...command.split(' '));
    expect(ran.stderr).toContain(said);
    expect([ran.exitCode, ran.stdout]).toEqual([2, '']);
  });

  it.each(['--help', 'help start', 'start --help', 'config set --help', 'models add --help', '--version'])(
    '`%s` exits with 0, and help shows an example',
    async (command) => {
      const ran = await home.run(...command.split(' '));
      expect([ran.exitCode, ran.stderr]).toEqual([0, '']);
      expect(ran.stdout).toMatch(command === '--version' ? /^\d+\.\d+\.\d+\n$/ : /Example:\n {2}router/);
    },
  );

  it('in the environment are told', async () => {
    const ran = await home.runWith({ ROUTER_PORT: 'many' }, 'start');
    expect([ran.exitCode, ran.stderr]).toEqual([78, expect.stringContaining('ROUTER_PORT')]);
  });
});
