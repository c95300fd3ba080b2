import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, here, inNewHome } from './gateways.mjs';

const folder = here('./peers');
const modules = join(folder, 'node_modules');

/** Installs what stands in peers/package.json, where it is not there yet. Install scripts are not run. */
export function installPeers() {
  if (existsSync(join(modules, 'echarts'))) return;
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'];
  const { status } = spawnSync('npm', ['install', ...options], {
    cwd: folder,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error('the other gateways could not be installed');
}

// They take so much longer that fewer requests are enough: `share` of what the others are sent.

/** Portkey's gateway, which passes Anthropic's form on and translates nothing. */
export async function startPortkey(upstream) {
  const port = await freePort();
  const gateway = await inNewHome('Portkey', port, () => ({
    command: process.execPath,
    args: [join(modules, '@portkey-ai/gateway/build/start-server.js'), `--port=${port}`, '--headless'],
    env: { TRUSTED_CUSTOM_HOSTS: '127.0.0.1' },
  }));
  return {
    ...gateway,
    share: 0.2,
    models: { 'pass-through': 'm' },
    headers: { 'x-portkey-provider': 'anthropic', 'x-portkey-custom-host': `http://127.0.0.1:${upstream}/v1` },
  };
}

/** claude-code-router 2; its version 3 does not run on this Node. */
export async function startClaudeCodeRouter(upstream) {
  const port = await freePort();
  const origin = `http://127.0.0.1:${upstream}/v1`;
  const provider = (name, path, more = {}) => ({
    ...{ name, api_base_url: `${origin}${path}`, api_key: 'sk-upstream', models: ['m'], ...more },
  });
  const config = {
    ...{ LOG: false, HOST: '127.0.0.1', PORT: port, NON_INTERACTIVE_MODE: true, API_TIMEOUT_MS: 60_000 },
    Providers: [
      provider('openai', '/chat/completions'),
      provider('anthropic', '/messages', { transformer: { use: ['Anthropic'] } }),
    ],
    Router: { default: 'openai,m' },
  };
  const gateway = await inNewHome('claude-code-router 2', port, (home) => {
    mkdirSync(join(home, '.claude-code-router'));
    writeFileSync(join(home, '.claude-code-router/config.json'), JSON.stringify(config));
    const program = join(modules, '@musistudio/claude-code-router/dist/cli.js');
    return { command: process.execPath, args: [program, 'start'] };
  });
  return { ...gateway, share: 0.05, models: { 'pass-through': 'anthropic,m', 'to OpenAI chat': 'openai,m' } };
}
