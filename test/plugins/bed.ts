import { StreamGrammar } from '../../src/protocol/grammar.ts';
import { MessageBuilder } from '../../src/protocol/message-builder.ts';
import type { Message } from '../../src/protocol/messages.ts';
import { SseSplitter } from '../../src/protocol/sse.ts';
import { StreamEvent } from '../../src/protocol/stream-event.ts';
import type { FakeUpstream, Script } from '../support/fake-upstream.ts';
import { upstreamKey } from '../support/fake-upstream.ts';
import type { ScriptedReply } from '../support/formats/format.ts';
import { type HttpReply, http, messagesBody, newMarker } from '../support/http.ts';

/** Two models of one upstream, with prices. */
export function configWith(upstream: FakeUpstream, more: Record<string, unknown> = {}): Record<string, unknown> {
  const target = { provider: 'fake', endpoint: upstream.url, apiKey: upstreamKey };
  return {
    providers: { fake: { type: 'anthropic', apiKey: upstreamKey, baseUrl: upstream.url } },
    models: {
      'gpt-4': { ...target, model: 'one-1', pricing: { input: 10, output: 50 } },
      'claude-3-sonnet': { ...target, model: 'two-1', pricing: { input: 1, output: 5 } },
    },
    routing: { defaultModel: 'gpt-4' },
    ...more,
  };
}

export const say = (text: string, more: Partial<ScriptedReply> = {}): ScriptedReply => ({
  blocks: [{ type: 'text', text }],
  usage: { input: 1000, output: 10 },
  ...more,
});

/** A marker whose calls are answered so. */
export function answering(upstream: FakeUpstream, script: Script): string {
  const marker = newMarker('plugged');
  upstream.script(marker, script);
  return marker;
}

export interface Asked {
  stream?: boolean;
  model?: string;
  headers?: Record<string, string>;
  more?: Record<string, unknown>;
  path?: string;
}

export function ask(
  url: string,
  text: string,
  { stream = false, model = 'gpt-4', headers = {}, more = {} }: Asked = {},
) {
  return http(`${url}/v1/messages`, { body: messagesBody(text, { model, stream, ...more }), headers });
}

/** The message that a reply tells, as a stream or whole; throws where it is no legal one. */
export function messageOf(reply: HttpReply): Message {
  if (!String(reply.headers['content-type']).startsWith('text/event-stream')) return reply.json() as Message;
  const grammar = new StreamGrammar();
  const builder = new MessageBuilder();
  for (const event of eventsOf(reply)) {
    grammar.add(event.data);
    builder.add(event.data);
  }
  const violations = grammar.finish();
  if (violations.length > 0 || !builder.message)
    throw new Error(`no legal stream: ${violations.join('; ')}\n${reply.text}`);
  return builder.message;
}

export function eventsOf(reply: HttpReply): StreamEvent[] {
  return new SseSplitter().push(reply.body).flatMap((frame) => StreamEvent.fromFrame(frame) ?? []);
}

export function textOf(reply: HttpReply): string {
  return messageOf(reply)
    .content.map((block) => (block.type === 'text' ? block.text : ''))
    .join('');
}
