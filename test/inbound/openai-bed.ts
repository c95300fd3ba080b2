import { type FakeUpstream, startFakeUpstream, type UpstreamRequest, upstreamKey } from '../support/fake-upstream.ts';
import type { ReplyBlock, ScriptedReply } from '../support/formats/format.ts';
import { type HttpOptions, type HttpReply, http, newMarker } from '../support/http.ts';
import { type InProcessRouter, startInProcess } from '../support/in-process-router.ts';

/** The key of the router that the clients have. */
export const clientKey = 'sk-router-5a1d';

/** A router in front of scripted upstreams that speak Messages (`anthropic/…`) and Chat Completions (`openai/model`). */
export interface OpenAiBed {
  upstream: FakeUpstream;
  router: InProcessRouter;
  /** Posts to a path of the router, with the key. */
  post(path: string, body: unknown, options?: HttpOptions): Promise<HttpReply>;
  /** Has all calls with the returned marker answered so. */
  answering(...replies: ScriptedReply[]): string;
  /** The only call that came with the marker, or its latest. */
  asked(marker: string): UpstreamRequest;
  stop(): Promise<void>;
}

const claudeModels = ['claude-opus-5-5', 'claude-opus-5', 'claude-sonnet-4-6', 'claude-haiku-4-5', 'model'];

export async function startOpenAiBed(): Promise<OpenAiBed> {
  const upstream = await startFakeUpstream();
  const models = Object.fromEntries(claudeModels.map((name) => [name, {}]));
  const router = await startInProcess({
    providers: {
      anthropic: { type: 'anthropic', apiKey: upstreamKey, baseUrl: upstream.url, models },
      openai: { type: 'openai-compatible', apiKey: upstreamKey, baseUrl: `${upstream.url}/v1`, models: { model: {} } },
    },
    routing: { defaultModel: 'anthropic/claude-opus-5-5' },
    security: {
      authentication: {
        enabled: true,
        keys: [
          { key: clientKey, permissions: ['write'] },
          { key: 'sk-reader', permissions: ['read'] },
          { key: 'sk-other', permissions: ['write'] },
        ],
      },
    },
  });
  return {
    upstream,
    router,
    post: (path, body, options) =>
      http(`${router.url}${path}`, {
        body,
        ...options,
        headers: { authorization: `Bearer ${clientKey}`, ...options?.headers },
      }),
    answering(...replies) {
      const marker = newMarker('openai');
      upstream.script(marker, (_asked, _turn, time) => replies[Math.min(time, replies.length - 1)]!);
      return marker;
    },
    asked: (marker) => upstream.calls(marker).at(-1)!,
    async stop() {
      await router.stop();
      await upstream.stop();
    },
  };
}

export function text(words: string): ScriptedReply {
  return { blocks: [{ type: 'text', text: words }] };
}

export function call(name: string, input: unknown, id?: string): ReplyBlock {
  return { type: 'tool', name, input, ...(id === undefined ? {} : { id }) };
}

/** A function in Chat Completions' form. */
export function chatFunction(name: string, properties: object = {}): object {
  return {
    type: 'function',
    function: { name, description: `Does ${name}`, parameters: { type: 'object', properties } },
  };
}
