import { existsSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

const folder = new URL('../claude-code/', import.meta.url);

/** The Claude Code program of this platform, undefined where it is not installed. */
export function findClaudeCode(): string | undefined {
  for (const variant of ['', '-musl']) {
    const name = `claude-code-${process.platform}-${process.arch}${variant}/claude`;
    const path = fileURLToPath(new URL(`node_modules/@anthropic-ai/${name}`, folder));
    if (existsSync(path) && statSync(path).size > 1_000_000) return path;
  }
  return undefined;
}

/** What the tests use of Anthropic's own client library. */
export interface AnthropicClient {
  messages: {
    create(body: unknown): Promise<SdkMessage>;
    stream(body: unknown, options?: { signal?: AbortSignal }): SdkStream;
    countTokens(body: unknown): Promise<{ input_tokens: number }>;
  };
  models: { list(): Promise<{ data: { id: string }[] }> };
}

export interface SdkStream {
  on(event: 'text', listener: (delta: string) => void): SdkStream;
  finalMessage(): Promise<SdkMessage>;
  abort(): void;
}

export interface SdkMessage {
  id: string;
  type: string;
  role: string;
  model: string;
  content: SdkBlock[];
  stop_reason: string | null;
  stop_sequence: string | null;
  usage: { input_tokens: number; output_tokens: number; cache_read_input_tokens?: number | null };
}

export interface SdkBlock {
  type: string;
  text?: string;
  thinking?: string;
  signature?: string;
  id?: string;
  name?: string;
  input?: unknown;
}

/** Makes clients of Anthropic's library, without retries of their own; undefined where it is not installed. */
export async function loadAnthropicSdk(): Promise<((url: string, key: string) => AnthropicClient) | undefined> {
  const library = (await load('@anthropic-ai/sdk')) as
    | { default: new (options: unknown) => AnthropicClient }
    | undefined;
  if (!library) return undefined;
  return (baseURL, apiKey) => new library.default({ baseURL, apiKey, maxRetries: 0, timeout: 30_000, logLevel: 'off' });
}

/** What the tests use of OpenAI's own client library. */
export interface OpenAiClient {
  chat: {
    completions: {
      create(body: unknown): Promise<OpenAiCompletion>;
      stream(body: unknown): { finalChatCompletion(): Promise<OpenAiCompletion> };
    };
  };
  responses: {
    create(body: unknown): Promise<OpenAiResponse>;
    stream(body: unknown): { finalResponse(): Promise<OpenAiResponse> };
  };
  models: {
    list(): Promise<{ data: { id: string; object: string }[] }>;
    retrieve(id: string): Promise<{ id: string }>;
  };
  embeddings: { create(body: unknown): Promise<unknown> };
}

export interface OpenAiCompletion {
  id: string;
  model: string;
  choices: { message: OpenAiMessage; finish_reason: string }[];
  usage?: { prompt_tokens: number; completion_tokens: number; total_tokens: number };
  _request_id?: string;
}

export interface OpenAiMessage {
  role: string;
  content: string | null;
  tool_calls?: { id: string; type: string; function: { name: string; arguments: string } }[];
}

export interface OpenAiResponse {
  id: string;
  status: string;
  output: ({ type: string } & Record<string, unknown>)[];
  output_text: string;
  usage: { input_tokens: number; output_tokens: number };
  error: { code: string; message: string } | null;
}

/** OpenAI's library: clients of a base URL, without retries of their own, and its errors by name. */
export interface OpenAiLibrary {
  client(url: string, key: string): OpenAiClient;
  errors: Record<string, new (...args: never[]) => Error>;
}

/** Undefined where it is not installed. */
export async function loadOpenAiSdk(): Promise<OpenAiLibrary | undefined> {
  const library = (await load('openai')) as
    | ({ default: new (options: unknown) => OpenAiClient } & OpenAiLibrary['errors'])
    | undefined;
  if (!library) return undefined;
  return {
    client: (url, apiKey) =>
      new library.default({ baseURL: `${url}/v1`, apiKey, maxRetries: 0, timeout: 30_000, logLevel: 'off' }),
    errors: library,
  };
}

async function load(name: string): Promise<unknown> {
  const require = createRequire(new URL('package.json', folder));
  try {
    return await import(pathToFileURL(require.resolve(name)).href);
  } catch (error) {
    if ((error as { code?: string }).code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** Says in the run's output what is not tested, and why. */
export function sayMissing(what: string): void {
  process.stderr.write(`\nSKIP: ${what}: not installed; \`node scripts/test.mjs\` installs it\n`);
}
