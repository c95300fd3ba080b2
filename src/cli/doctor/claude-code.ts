import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Environment } from '../../config/env.ts';
import { resolvePaths } from '../../config/paths.ts';
import { readRunState } from '../../daemon/run-state.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

/** Whether Claude Code is there, and which version. */
export async function checkClaudeCode(environment: Environment): Promise<Finding> {
  const program = environment.get('CLAUDE_BIN') ?? 'claude';
  try {
    const windows = process.platform === 'win32';
    const { stdout } = await promisify(execFile)(program, ['--version'], { timeout: 10_000, shell: windows });
    return ok('claude-code', `${stdout.trim().split('\n')[0]} (${program})`);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const text = missing ? `\`${program}\` is not found` : `\`${program} --version\` does not answer`;
    return warning(
      'claude-code',
      text,
      'npm install -g @anthropic-ai/claude-code, or set CLAUDE_BIN; other clients need nothing.',
    );
  }
}

/** Where variables for Claude Code come from, the strongest last. */
interface Variables {
  /** `~/.claude/settings.json`, or the environment. */
  source: string;
  get(name: string): string | undefined;
}

/** Whether Claude Code's settings and the environment lead to the router, or elsewhere. They are only read. */
export function checkClientSettings(environment: Environment): Finding[] {
  const folder = environment.get('CLAUDE_CONFIG_DIR') || join(environment.get('HOME') || homedir(), '.claude');
  const files = [
    join(folder, 'settings.json'),
    ...['settings.json', 'settings.local.json'].map((name) => join(process.cwd(), '.claude', name)),
  ];
  const findings: Finding[] = [];
  const sources: Variables[] = [{ source: 'the environment', get: environment.get }];
  for (const file of new Set(files)) {
    const read = settingsIn(file);
    if (read === 'unreadable') {
      findings.push(
        problem('settings', `${file} is not valid JSON`, 'Correct it: Claude Code does not read it either.'),
      );
    } else if (read) {
      sources.push({ source: file, get: (name) => read[name] });
    }
  }
  const url = readRunState(resolvePaths(environment).pidFile)?.url;
  findings.push(...sources.flatMap((each) => checkVariables(each, url)));
  return findings.length > 0 ? findings : [ok('settings', "Claude Code's settings lead nowhere else")];
}

/** The `env` block; undefined where there is no file or no block. */
function settingsIn(file: string): Record<string, string> | 'unreadable' | undefined {
  if (!existsSync(file)) return undefined;
  try {
    const settings = JSON.parse(readFileSync(file, 'utf8')) as { env?: Record<string, string> } | null;
    return settings?.env;
  } catch {
    return 'unreadable';
  }
}

function checkVariables(variables: Variables, url: string | undefined): Finding[] {
  return [
    checkAddress(variables, url),
    checkCredentials(variables),
    checkClouds(variables),
    checkProxy(variables),
  ].flatMap((finding) => finding ?? []);
}

function checkAddress({ source, get }: Variables, url: string | undefined): Finding | undefined {
  const address = get('ANTHROPIC_BASE_URL');
  if (!address || !URL.canParse(address)) return undefined;
  const { hostname, port, host } = new URL(address);
  const local = /^(localhost|127\.0\.0\.1|\[::1\])$/.test(hostname);
  if (url === undefined && local) return undefined;
  const { port: routerPort, host: routerHost } = new URL(url ?? 'http://localhost:8080');
  if (host === routerHost || (local && port === routerPort)) return ok('settings', `${source} leads to the router`);
  return warning(
    'settings',
    `ANTHROPIC_BASE_URL in ${source} leads to ${host}, not to the router`,
    source === 'the environment'
      ? 'eval "$(router env)"'
      : `Take it out of that file, or set it to ${url ?? 'the address of the router'}.`,
  );
}

function checkCredentials({ source, get }: Variables): Finding | undefined {
  if (!get('ANTHROPIC_API_KEY') || !get('ANTHROPIC_AUTH_TOKEN')) return undefined;
  return warning(
    'settings',
    `${source} holds both ANTHROPIC_API_KEY and ANTHROPIC_AUTH_TOKEN: Claude Code sends both`,
    'Keep the one that is meant; `router code` leaves only the right one.',
  );
}

function checkClouds({ source, get }: Variables): Finding | undefined {
  const switched = ['CLAUDE_CODE_USE_BEDROCK', 'CLAUDE_CODE_USE_VERTEX', 'CLAUDE_CODE_USE_FOUNDRY'].find((name) => {
    const value = get(name);
    return value !== undefined && value !== '' && value !== '0' && value !== 'false';
  });
  if (switched === undefined) return undefined;
  return warning('settings', `${switched} in ${source} makes Claude Code go around the router`, `unset ${switched}`);
}

function checkProxy({ source, get }: Variables): Finding | undefined {
  const proxy = ['HTTP_PROXY', 'http_proxy'].find((name) => Boolean(get(name)));
  const excepted = get('NO_PROXY') ?? get('no_proxy') ?? '';
  if (proxy === undefined || /(^|[\s,])(\*|localhost|127\.0\.0\.1)/.test(excepted)) return undefined;
  return warning(
    'settings',
    `${proxy} in ${source} is set: Claude Code may ask the proxy for the router`,
    'export NO_PROXY=localhost,127.0.0.1',
  );
}
