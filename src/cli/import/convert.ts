import { createHash } from 'node:crypto';
import { logLevels } from '../../config/env.ts';
import { countIn, type Earlier, isObject, textIn, withVariables } from './earlier.ts';
import { importProviders } from './providers.ts';
import { ImportReport } from './report.ts';
import { importRoutes } from './routes.ts';

export interface Imported {
  /** A configuration as it is written here. */
  config: Record<string, unknown>;
  report: ImportReport;
}

/** Where earlier versions listened when they were not told. */
const earlierPort = 3456;

/** A configuration of claude-code-router 1 or 2 as ours, and what became of its parts. Variables stay variables. */
export function convertEarlierConfig(written: Earlier): Imported {
  const earlier = withVariables(written) as Earlier;
  const report = new ImportReport();
  const { providers, names } = importProviders(earlier.Providers ?? earlier.providers, report);
  const openAi = flatProvider(earlier, report);
  const { routing } = importRoutes(earlier, names, report);
  if (openAi && routing.defaultModel === undefined) routing.defaultModel = `openai,${openAi.model}`;
  const timeout = importTimeout(earlier, report);
  const security = importKey(earlier, report);
  const config: Record<string, unknown> = {
    router: importRouter(earlier, report),
    providers: { ...providers, ...(openAi ? { openai: openAi.provider } : {}) },
    ...(Object.keys(routing).length === 0 ? {} : { routing }),
    ...(timeout === undefined ? {} : { timeouts: { firstByte: timeout } }),
    ...(security === undefined ? {} : { security }),
  };
  reportRest(earlier, report);
  return { config, report };
}

/** True for what has at least one of the parts that make a configuration of those versions. */
export function isEarlierConfig(value: unknown): value is Earlier {
  return (
    isObject(value) && ['Providers', 'providers', 'Router', 'OPENAI_BASE_URL', 'APIKEY'].some((key) => key in value)
  );
}

function importRouter(earlier: Earlier, report: ImportReport): Record<string, unknown> {
  const router: Record<string, unknown> = { port: importPort(earlier, report) };
  const host = textIn(earlier.HOST);
  if (host !== undefined && textIn(earlier.APIKEY) === undefined && !isLoopback(host)) {
    report.drop('HOST', 'without APIKEY it was not listened to; `router.host` sets it, and then keys are asked for');
  } else if (host !== undefined) {
    router.host = host;
    report.carry('HOST', 'router.host');
  }
  const level = importLogLevel(earlier, report);
  if (level !== undefined) router.logLevel = level;
  return router;
}

/** A number, or a variable that holds one. */
function importPort(earlier: Earlier, report: ImportReport): number | string {
  const port = countIn(earlier.PORT) ?? withDefault(textIn(earlier.PORT));
  if (port !== undefined) {
    report.carry('PORT', 'router.port');
    return port;
  }
  if (earlier.PORT !== undefined) report.drop('PORT', `it is no number; router.port is ${earlierPort}`);
  else report.change('PORT', `was not set and was ${earlierPort}; it is written down, since it would be 8080 here`);
  return earlierPort;
}

/** A variable alone, which must not leave the port empty. */
function withDefault(text: string | undefined): string | undefined {
  const [, name] = /^\$\{(\w+)\}$/.exec(text ?? '') ?? [];
  return name === undefined ? undefined : `\${${name}:-${earlierPort}}`;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

function importLogLevel(earlier: Earlier, report: ImportReport): string | undefined {
  if (earlier.LOG === false) {
    report.change('LOG', 'it was off; here errors are still written (router.logLevel "error")');
    return 'error';
  }
  if (earlier.LOG !== undefined)
    report.change('LOG', 'not needed: a router in the background always writes its log; `router logs` shows it');
  const level = textIn(earlier.LOG_LEVEL);
  if (level === undefined) return undefined;
  if ((logLevels as readonly string[]).includes(level)) {
    report.carry('LOG_LEVEL', 'router.logLevel');
    return level;
  }
  report.drop('LOG_LEVEL', `it is none of ${logLevels.join(', ')}`);
  return undefined;
}

/** The client's own limit until the first byte, which `ccr code` handed to it. */
function importTimeout(earlier: Earlier, report: ImportReport): number | undefined {
  if (earlier.API_TIMEOUT_MS === undefined) return undefined;
  const timeout = countIn(earlier.API_TIMEOUT_MS);
  if (timeout === undefined) report.drop('API_TIMEOUT_MS', 'it is no number of milliseconds');
  else
    report.change(
      'API_TIMEOUT_MS',
      'is timeouts.firstByte here: a limit until the reply begins, as it was for Claude Code',
    );
  return timeout;
}

/** A key that is written out is kept as its hash; one of a variable stays the variable. */
function importKey(earlier: Earlier, report: ImportReport): Record<string, unknown> | undefined {
  const key = textIn(earlier.APIKEY);
  if (key === undefined) return undefined;
  const isVariable = key.includes('${');
  const keyHash = createHash('sha256').update(key).digest('hex');
  if (isVariable) report.carry('APIKEY', 'security.authentication.keys, permitted everything');
  else {
    report.change(
      'APIKEY',
      'only its hash is kept (security.authentication.keys, permitted everything); clients send the same key, and the commands of the router read it from ROUTER_API_KEY',
    );
  }
  const entry = { name: 'imported', ...(isVariable ? { key } : { keyHash }), permissions: ['admin'] };
  return { authentication: { keys: [entry] } };
}

/** The form before there were providers: one OpenAI-compatible service. */
function flatProvider(earlier: Earlier, report: ImportReport) {
  const model = textIn(earlier.OPENAI_MODEL);
  if (model === undefined) return undefined;
  const baseUrl = textIn(earlier.OPENAI_BASE_URL);
  const apiKey = textIn(earlier.OPENAI_API_KEY);
  report.carry('OPENAI_MODEL, OPENAI_BASE_URL, OPENAI_API_KEY', 'providers.openai');
  const provider = {
    type: baseUrl === undefined ? 'openai' : 'openai-compatible',
    ...(baseUrl === undefined ? {} : { baseUrl }),
    ...(apiKey === undefined ? {} : { apiKey }),
    models: { [model]: {} },
  };
  return { model, provider };
}

const handled = new Set(
  'Providers,providers,Router,PORT,HOST,APIKEY,LOG,LOG_LEVEL,API_TIMEOUT_MS,CUSTOM_ROUTER_PATH,fallback,OPENAI_MODEL,OPENAI_BASE_URL,OPENAI_API_KEY'.split(
    ',',
  ),
);

/** Why the rest has no place here. */
const reasons: Readonly<Record<string, string>> = {
  PROXY_URL: 'providers are called directly here; a provider’s baseUrl can name a gateway that does it',
  StatusLine:
    'Claude Code’s status line is `router statusline`: {"statusLine": {"type": "command", "command": "router statusline"}} in its settings',
  transformers:
    'files of transformers have another form here; see `transformers` in the documentation of the configuration',
  Transformers:
    'files of transformers have another form here; see `transformers` in the documentation of the configuration',
  NON_INTERACTIVE_MODE: 'not needed: the router does not ask on its standard input',
  CLAUDE_PATH: 'set the variable CLAUDE_BIN for `router code` instead',
  ANTHROPIC_SMALL_FAST_MODEL: 'Claude Code’s own requests are routing.scenarios.background here',
  REWRITE_SYSTEM_PROMPT: 'the router does not rewrite system prompts',
  forceUseImageAgent: 'images go to routing.scenarios.image, without an agent in between',
  tokenizer: 'tokens are counted as each family of models counts them',
  plugins: 'plugins have another form here',
  presets: 'their providers and routes have to be in the file itself',
};

function reportRest(earlier: Earlier, report: ImportReport): void {
  for (const [key, value] of Object.entries(earlier)) {
    if (handled.has(key) || isNothing(value)) continue;
    report.drop(key, reasons[key] ?? 'nothing here corresponds to it');
  }
}

function isNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  return (Array.isArray(value) || isObject(value)) && Object.keys(value).length === 0;
}
