import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StreamGrammar } from '../../protocol/grammar.ts';
import { MessageBuilder } from '../../protocol/message-builder.ts';
import type { ContentBlock, Message } from '../../protocol/messages.ts';
import type { EncodeInput } from '../dialect.ts';
import { plainQuirks } from '../quirks.ts';
import { gemini } from './index.ts';
import type { Content } from './wire.ts';

/** A part as Gemini answers with it. */
type Said = { text: string; thought?: true; thoughtSignature?: string } | Call;

interface Call {
  functionCall: { id?: string; name: string; args: Record<string, unknown> };
  thoughtSignature?: string;
}

/** Short ones fit into an id. */
const signature = fc.option(
  fc.uint8Array({ minLength: 4, maxLength: 120 }).map((bytes) => Buffer.from(bytes).toString('base64')),
  { nil: undefined },
);

const said: fc.Arbitrary<Said[]> = fc
  .array(
    fc.tuple(
      fc.constantFrom('text', 'thought', 'call', 'empty'),
      fc.string({ minLength: 1, maxLength: 6, unit: 'grapheme' }),
      signature,
    ),
    { maxLength: 9 },
  )
  .map((parts) =>
    parts.map(([kind, text, mark], index): Said => {
      const signed = mark === undefined ? {} : { thoughtSignature: mark };
      const id = index % 2 === 0 ? { id: `call_${index}` } : {};
      if (kind === 'call') return { functionCall: { ...id, name: 'Read', args: { text } }, ...signed };
      if (kind === 'thought') return { text, thought: true, ...signed };
      return { text: kind === 'empty' ? '' : text, ...signed };
    }),
  );

describe('thought signatures', () => {
  it('go back on the parts they came with, however the reply was made up', () => {
    fc.assert(
      fc.property(said, fc.boolean(), (parts, streamed) => {
        const { content } = answerOf(parts, streamed);
        expect(withoutMadeIds(asKept(replayOf(content)))).toEqual(asKept(parts));
      }),
      { numRuns: 400, seed: 20_261_124 },
    );
  });

  it('never stand behind the answer of a client that takes the last block for it', () => {
    fc.assert(
      fc.property(said, (parts) => {
        const spoken = parts.filter((part) => !('thought' in part));
        const { content } = answerOf([...spoken, { text: 'Done.' }, { text: '', thoughtSignature: 'Sig' }], true, {
          'user-agent': 'claude-cli/2.1.330 (external, cli)',
        });
        expect(content.at(-1)?.type).toBe('text');
      }),
      { numRuns: 100, seed: 20_261_124 },
    );
  });
});

const input: EncodeInput = {
  ...{ rawBody: undefined, callId: 'req_1', provider: 'google', model: 'gemini-3.8-flash', stream: true },
  ...{ quirks: plainQuirks, abilities: {}, sessionId: undefined, anthropicHeaders: {} },
  request: { model: 'any', messages: [{ role: 'user', content: 'hi' }] },
};

function answerOf(parts: Said[], streamed: boolean, anthropicHeaders: Record<string, string> = {}): Message {
  const { exchange } = gemini.encodeRequest({ ...input, anthropicHeaders });
  const end = { candidates: [{ content: { role: 'model', parts: [] }, finishReason: 'STOP' }] };
  if (!streamed) {
    const reply = { candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP' }] };
    return gemini.decodeResponse(Buffer.from(JSON.stringify(reply)), exchange).message;
  }
  const chunks = [...parts.map((part) => ({ candidates: [{ content: { role: 'model', parts: [part] } }] })), end];
  const decoder = gemini.openStream(exchange);
  const events = chunks.flatMap((chunk) => decoder.push(Buffer.from(`data: ${JSON.stringify(chunk)}\n\n`)));
  events.push(...decoder.end());
  const grammar = new StreamGrammar();
  const builder = new MessageBuilder();
  for (const { data } of events) {
    grammar.add(data);
    builder.add(data);
  }
  expect(grammar.finish()).toEqual([]);
  return builder.message!;
}

/** The parts of the answer as the next request sends them; calls that none signed are not looked at here. */
function replayOf(content: ContentBlock[]): Said[] {
  const results = content
    .filter((block) => block.type === 'tool_use')
    .map((block) => ({ type: 'tool_result' as const, tool_use_id: String(block.id), content: 'ok' }));
  const { body } = gemini.encodeRequest({
    ...input,
    quirks: { ...plainQuirks, callSignatures: 'optional' },
    request: {
      ...input.request,
      messages: [
        { role: 'user', content: 'hi' },
        { role: 'assistant', content },
        { role: 'user', content: [...results, { type: 'text', text: 'on' }] },
      ],
    },
  });
  const { contents } = JSON.parse(body.toString('utf8')) as { contents: Content[] };
  return contents.filter(({ role }) => role === 'model').flatMap(({ parts }) => parts as Said[]);
}

/** What must come back: all that was said, thoughts only where they were signed, texts joined where none of them was. */
function asKept(parts: Said[]): Said[] {
  const kept: Said[] = [];
  for (const part of parts) {
    if ('functionCall' in part || part.thoughtSignature !== undefined) kept.push(part);
    else if (part.thought !== true && part.text !== '') {
      const last = kept.at(-1);
      const joins = last && 'text' in last && last.thoughtSignature === undefined;
      if (joins) last.text += part.text;
      else kept.push({ text: part.text });
    }
  }
  return kept;
}

/** A call that came without an id is given one. */
function withoutMadeIds(parts: Said[]): Said[] {
  return parts.map((part) => {
    if (!('functionCall' in part) || /^call_\d$/.test(part.functionCall.id ?? '')) return part;
    const { id: _, ...call } = part.functionCall;
    return { ...part, functionCall: call };
  });
}
