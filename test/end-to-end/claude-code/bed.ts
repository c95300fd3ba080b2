import { type ClaudeOutcome, type ClaudeRun, runClaudeCode } from '../../support/claude-code.ts';
import { type AnthropicClient, findClaudeCode, loadAnthropicSdk } from '../../support/clients.ts';
import { type FakeUpstream, startFakeUpstream, upstreamKey } from '../../support/fake-upstream.ts';
import type { Asked, FormatName, ReplyBlock, ScriptedReply } from '../../support/formats/format.ts';
import { type HttpOptions, type HttpReply, http } from '../../support/http.ts';
import { type Router, withConfig } from '../../support/router.ts';

/** The clients of this machine; what is missing is undefined. */
export const claudeProgram = findClaudeCode();
export const makeSdk = await loadAnthropicSdk();

/** A router in front of a scripted upstream that speaks one format. */
export interface Bed {
  readonly format: FormatName;
  readonly upstream: FakeUpstream;
  readonly router: Router;
  /** Runs Claude Code against the router. */
  claude(prompt: string, more?: Partial<ClaudeRun>): Promise<ClaudeOutcome>;
  sdk(): AnthropicClient;
  post(path: string, body: unknown, more?: HttpOptions): Promise<HttpReply>;
  stop(): Promise<void>;
}

export async function startBed(
  format: FormatName,
  start: (config: unknown) => Promise<Router> = withConfig,
): Promise<Bed> {
  const upstream = await startFakeUpstream();
  const router = await start(configFor(format, upstream.url));
  // A router that others may reach makes a key when it first starts.
  const [, clientKey = 'sk-client-0a1b2c'] = /A key was made, shown only now: (\S+)/.exec(router.output()) ?? [];
  return {
    format,
    upstream,
    router,
    claude: (prompt, more) =>
      runClaudeCode({ program: claudeProgram!, url: router.url, key: clientKey, prompt, ...more }),
    sdk: () => makeSdk!(router.url, clientKey),
    post: (path, body, more) =>
      http(`${router.url}${path}`, {
        body,
        ...more,
        headers: { 'x-api-key': clientKey, 'anthropic-version': '2023-06-01', ...more?.headers },
      }),
    stop: async () => {
      await router.stop();
      await upstream.stop();
    },
  };
}

/** A configuration whose default model is the upstream's, in this format. */
export function configFor(format: FormatName, upstreamUrl: string): Record<string, unknown> {
  const baseUrl = format === 'openai' || format === 'responses' ? `${upstreamUrl}/v1` : upstreamUrl;
  // Which of OpenAI's APIs a model is asked over follows from its name.
  const model = format === 'responses' ? { model: 'gpt-6-sol' } : {};
  return {
    providers: { fake: { type: types[format], apiKey: upstreamKey, baseUrl, models: { 'fake-model': model } } },
    routing: { defaultModel: 'fake/fake-model' },
  };
}

const types: Record<FormatName, string> = {
  anthropic: 'anthropic',
  openai: 'openai-compatible',
  ollama: 'ollama',
  responses: 'openai',
  gemini: 'google',
};

export function say(text: string, more: Partial<ScriptedReply> = {}): ScriptedReply {
  return { blocks: [{ type: 'text', text }], ...more };
}

export function useTool(
  asked: Asked,
  name: string,
  input: unknown,
  more: Partial<Extract<ReplyBlock, { type: 'tool' }>> = {},
): ReplyBlock {
  return { type: 'tool', name: offered(asked, name), input, ...more };
}

/** The tool's name as the upstream was told it; throws where it was not. */
export function offered(asked: Asked, name: string): string {
  const found = asked.tools.find((tool) => tool.name.toLowerCase() === name.toLowerCase());
  if (!found) throw new Error(`the upstream was not offered ${name}: ${asked.tools.map((tool) => tool.name)}`);
  return found.name;
}

/** The results of tool calls in the latest request with the marker. */
export function latestResults(bed: Bed, marker: string) {
  return (
    bed.upstream
      .calls(marker)
      .at(-1)
      ?.asked.messages.flatMap((message) => message.results) ?? []
  );
}

/** What upstream requests were refused for, in this test. */
export function violationsOf(bed: Bed, marker: string): string[] {
  return bed.upstream.calls(marker).flatMap((call) => call.asked.violations);
}

/** Text with characters of every width, marks that combine, and what markup and JSON escape. */
export const unicode =
  'h\u00e9llo \u65e5\u672c\u8a9e \u{1f30d}\u{1f469}\u200d\u{1f4bb} \u0301e \u2028 "quoted" back\\slash \t tab </tag> & 100%';
