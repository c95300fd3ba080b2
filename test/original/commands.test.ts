import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { root } from '../docs/pages.ts';
import { type FakeUpstream, startFakeUpstream, upstreamKey } from '../support/fake-upstream.ts';
import { http, messagesBody } from '../support/http.ts';
import { type Begun, newShellHome, type ShellHome } from '../support/shell-home.ts';
import { originalBlocks } from './blocks.ts';

const text = readFileSync(new URL('original.txt', import.meta.url), 'utf8');
const programs = /^(router |claude-code|ROUTER_PORT=|DEBUG=|curl |npm |pip |git |cd |docker |export )/;

/** Every line of the original text that a person types, without what a table says of it. */
const typed = text
  .split(/\r?\n/)
  .filter((line) => programs.test(line))
  .map((line) => line.replace(/ \|.*/, ''));

/** Lines that fetch or install something: the tests of packages and images stand for them. */
const installing = [
  ...['npm install -g claude-code-router', 'pip install claude-code-router', 'cd claude-code-router', 'npm install'],
  ...['git clone https://github.com/musistudio/claude-code-router.git', 'npm run build', 'npm start'],
  ...['docker pull claudecode/router:latest'],
  'docker run -p 8080:8080 -e OPENAI_API_KEY=your-key claudecode/router',
];

const tested = new Set<string>();
/** The title of a test: a line as it stands in the text. */
function line(written: string): string {
  tested.add(written);
  return written;
}

let upstream: FakeUpstream;
let home: ShellHome;
const keys = Object.fromEntries(
  ['ANTHROPIC', 'OPENAI', 'GOOGLE'].map((name) => [`${name}_API_KEY`, upstreamKey] as const),
);

beforeAll(async () => {
  upstream = await startFakeUpstream();
});
afterAll(() => upstream?.stop());

/** A home with the original's first configuration, whose services are the scripted upstream. */
async function originalHome(): Promise<ShellHome> {
  const made = await newShellHome();
  const written = JSON.stringify(originalBlocks()[0], undefined, 2);
  const here = written.replaceAll(/https:\/\/[a-z.]+\.com/g, upstream.url);
  writeFileSync(join(made.path, 'config.json'), here.replace('"port": 8080', '"port": 0'));
  return made;
}

const run = (command: string) => home.run(command, { ...keys, ROUTER_CONFIG: join(home.path, 'config.json') });

describe('a router of the original', () => {
  beforeAll(async () => {
    home = await originalHome();
  });
  afterAll(() => home?.remove());

  interface Expected {
    exitCode?: number;
    /** What is added to the line, since it says only what kind of thing is wanted. */
    more?: string;
    says: RegExp;
  }
  const commands: [string, Expected][] = [
    [line('router start'), { says: /answers at http:\/\/localhost:\d+[\s\S]*Default: claude-3-sonnet/ }],
    [line('router status'), { says: /ok at http[\s\S]*Models: claude-3-sonnet, gpt-4, gemini-pro/ }],
    [line('router health'), { says: /^ok \(version / }],
    [line('router config'), { says: /"defaultModel": "claude-3-sonnet"/ }],
    [line('router models list'), { says: /claude-3-sonnet \(default\)[\s\S]*gpt-4[\s\S]*gemini-pro/ }],
    [line('router models test'), { says: /claude-3-sonnet +ok[\s\S]*gpt-4 +ok[\s\S]*gemini-pro +ok/ }],
    [line('router models switch'), { more: 'gpt-4', says: /The default model is now gpt-4/ }],
    [line('router models add'), { more: 'llama2 --provider ollama', says: /llama2/ }],
    [line('router models status'), { says: /claude-3-sonnet +anthropic[\s\S]*gpt-4 +openai/ }],
    [line('router models remove'), { more: 'llama2', says: /Removed llama2/ }],
    [line('router logs'), { says: /listening|answers|started|reload/i }],
    [line('router restart'), { says: /Stopped[\s\S]*Default: gpt-4/ }],
    [line('router stop'), { says: /Stopped \(pid \d+\)/ }],
  ];
  it.each(commands)('%s', async (command, { more = '', exitCode = 0, says }) => {
    const ran = await run(`${command} ${more}`);
    expect([ran.exitCode, ran.output]).toEqual([exitCode, expect.stringMatching(says)]);
  });
});

describe('what is asked of a running router', () => {
  beforeAll(async () => {
    home = await originalHome();
    await run('router start');
    await http(`${home.url}/v1/messages`, { body: messagesBody('hello', { model: 'claude-opus-5-5' }) });
  });
  afterAll(() => home?.remove());

  const asked: [string, RegExp][] = [
    [line('curl http://localhost:8080/api/stats'), /"requests":\{"total":\d/],
    [line('curl http://localhost:8080/api/stats/models'), /"models":\[/],
    [line('curl http://localhost:8080/api/stats/costs'), /"byModel":\{/],
    [line('curl http://localhost:8080/api/stats/performance'), /"latencyMs":\{"p50"/],
    [line('curl http://localhost:8080/health'), /"status":"ok"/],
    [line('curl http://localhost:8080/health/detailed'), /"memory":\{/],
    [line('curl http://localhost:8080/health/models'), /"models":\[\{"name":"claude-3-sonnet"/],
    [line('curl http://localhost:8080/metrics'), /^# HELP claude_router_/m],
    [line('curl http://localhost:8080/debug/profile'), /"nodes":\[/],
  ];
  it.each(asked)('%s', async (command, says) => {
    const { output } = await run(command.replace('curl', "curl -sS -w '\\n%{http_code}'"));
    expect(output).toEqual(expect.stringMatching(new RegExp(`${says.source}[\\s\\S]*\\n200$`, says.flags)));
  });

  it(line('curl -H "X-Debug: true" http://localhost:8080/v1/messages'), async () => {
    const command = 'curl -sS -D - -H "X-Debug: true" http://localhost:8080/v1/messages';
    // As it stands it is a GET, which is no call.
    expect((await run(command)).output).toMatch(/^HTTP\/1.1 405[\s\S]*request-id: /);
    const body = JSON.stringify(messagesBody('hello', { model: 'claude-opus-5-5' }));
    const { output } = await run(`${command} -H 'content-type: application/json' -d '${body}'`);
    expect(output).toMatch(/^HTTP\/1.1 200[\s\S]*x-router-decision: .*claude-3-sonnet/);
  });

  it(`${line('export ANTHROPIC_API_BASE=http://localhost:8080/v1')}, and ${line('export ANTHROPIC_API_KEY=router-proxy-key')}`, async () => {
    // A client that reads them asks at /v1/v1/messages.
    const reply = await http(`${home.url}/v1/v1/messages`, {
      headers: { 'x-api-key': 'router-proxy-key' },
      body: messagesBody('hello', { model: 'claude-opus-5-5' }),
    });
    expect([reply.status, reply.headers['x-router-model']]).toEqual([200, 'claude-3-sonnet']);
  });

  it.each([
    line('claude-code config set api.base_url http://localhost:8080/v1'),
    line('claude-code config set api.key router-proxy-key'),
    line('claude-code config show'),
  ])('%s: the documentation says what replaces it', (command) => {
    const page = readFileSync(join(root, 'docs/migrating.md'), 'utf8');
    expect(page).toContain(command.replace(/ (http:\S+|router-proxy-key)$/, ''));
  });
});

describe('a router in the foreground', () => {
  let begun: Begun | undefined;
  beforeEach(async () => {
    home = await originalHome();
  });
  afterEach(async () => {
    await begun?.end();
    await home?.remove();
  });

  const modelsOf = async () => {
    const { json } = await http(`${home.url}/v1/models`, { method: 'GET' });
    const { data } = json() as { data: { id: string }[] };
    return data.map(({ id }) => id).filter((id) => !id.startsWith('claude-router/'));
  };
  const originals = ['claude-3-sonnet', 'gpt-4', 'gemini-pro'];

  it.each([
    [line('claude-code-router --config config.json --port 8080'), originals],
    [line('ROUTER_PORT=8080 ROUTER_CONFIG=config.json claude-code-router'), originals],
    [line('claude-code-router --models gpt-4,claude-3-sonnet,gemini-pro'), ['gpt-4', 'claude-3-sonnet', 'gemini-pro']],
  ])('%s', async (command, models) => {
    begun = await home.begin(command, keys);
    expect(await modelsOf()).toEqual(models);
    const says = `Default: ${models[0]}`;
    expect(begun.output()).toContain(says);
    expect(await begun.end()).toBe(0);
  });

  it.each([
    [line('claude-code-router --log-level debug'), undefined],
    [line('DEBUG=claude-router:* npm start'), root],
  ])('%s', async (command, folder) => {
    begun = await home.begin(command, {}, folder);
    const reply = await http(`${home.url}/v1/messages`, { body: messagesBody('hello') });
    const detail = new RegExp(`"level":"debug".*"${reply.headers['request-id']}"`);
    await expect.poll(() => begun?.output(), { timeout: 5000 }).toMatch(detail);
  });
});

it('every line of the original text that a person types is tested', () => {
  expect([...tested].filter((written) => !typed.includes(written))).toEqual([]);
  expect([...new Set(typed)].filter((written) => !tested.has(written) && !installing.includes(written))).toEqual([]);
});
