import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StreamGrammar } from '../../protocol/grammar.ts';
import { MessageBuilder } from '../../protocol/message-builder.ts';
import { isJsonObject, type JsonObject, type Message } from '../../protocol/messages.ts';
import type { EncodeInput } from '../dialect.ts';
import { plainQuirks } from '../quirks.ts';
import { encodeRequest } from './request.ts';
import { decodeResponse } from './response.ts';
import { ResponsesStream } from './stream.ts';

const input: EncodeInput = {
  request: {
    model: 'claude',
    messages: [{ role: 'user', content: 'hi' }],
    tools: [{ name: 'Read', input_schema: { type: 'object', properties: { path: { type: 'string' } } } }],
  },
  ...{ rawBody: undefined, callId: 'call', provider: 'acme', model: 'm', stream: true, sessionId: undefined },
  quirks: { ...plainQuirks, reasoningRequest: 'reasoning_effort' },
  ...{ abilities: {}, anthropicHeaders: {} },
};
const { exchange } = encodeRequest(input);

describe('a streamed response', () => {
  it('tells the same as the whole one, however its items are mixed and whatever events are left out', () => {
    fc.assert(
      fc.property(responses(), fc.infiniteStream(fc.nat()), habits(), (output, numbers, habit) => {
        const whole = decodeResponse(Buffer.from(JSON.stringify(responseOf(output))), exchange).message;
        const events = mixed(
          output.map((item, index) => eventsOf(item, index).filter((event) => habit.sends(String(event.type)))),
          () => (habit.mixes ? (numbers.next().value ?? 0) : 0),
        );
        const created = { type: 'response.created', response: { ...responseOf([]), status: 'in_progress' } };
        const completed = { type: 'response.completed', response: responseOf(output) };
        expect(decode([created, ...events, completed])).toEqual(whole);
      }),
      { numRuns: 500 },
    );
  });

  it('gives the next request its reasoning back as it was, each in front of what followed it', () => {
    fc.assert(
      fc.property(responses(), (output) => {
        const { content } = decodeResponse(Buffer.from(JSON.stringify(responseOf(output))), exchange).message;
        const messages = [...input.request.messages, { role: 'assistant' as const, content }];
        const { body } = encodeRequest({ ...input, request: { ...input.request, messages } });
        const sent = (JSON.parse(body.toString('utf8')) as { input: JsonObject[] }).input.slice(1);
        const items = sent.filter((item) => item.type !== 'function_call_output').map(comparable);
        expect(items).toEqual(withoutLoose(output).map(comparable));
      }),
      { numRuns: 500 },
    );
  });

  it('is a failure where it ends before its end, at whatever event', () => {
    fc.assert(
      fc.property(responses(), fc.nat(), (output, at) => {
        const events = output.flatMap(eventsOf);
        const decoder = new ResponsesStream(exchange);
        decoder.push(bytesOf(events.slice(0, at % (events.length + 1))));
        decoder.end();
        expect(decoder.failure?.kind).toMatch(/upstream-(cut|garbled)/);
      }),
    );
  });
});

/** Which events a service sends. Only where items are announced can they be in flight at the same time. */
function habits(): fc.Arbitrary<{ sends(type: string): boolean; mixes: boolean }> {
  const announced = [/./, /output_item/, /\.delta$|output_item/, /\.done$|added$/, /(text|arguments)\.done$|added$/];
  const unannounced = [/output_item\.done/, /nothing/];
  const habit = (kind: RegExp, mixes: boolean) => ({ sends: (type: string) => kind.test(type), mixes });
  return fc.oneof(
    fc.tuple(fc.constantFrom(...announced), fc.boolean()).map(([kind, mixes]) => habit(kind, mixes)),
    fc.constantFrom(...unannounced).map((kind) => habit(kind, false)),
  );
}

function responses(): fc.Arbitrary<JsonObject[]> {
  const text = fc.string({ minLength: 1, maxLength: 12 });
  const item = fc.oneof(
    fc.record({ type: fc.constant('message'), text }),
    fc.record({ type: fc.constant('reasoning'), parts: fc.array(text, { maxLength: 3 }), encrypted: text }),
    fc.record({ type: fc.constant('function_call'), path: text }),
  );
  return fc.array(item, { maxLength: 6 }).map((items) => items.map(itemOf));
}

function itemOf(item: JsonObject, index: number): JsonObject {
  const id = `item_${index}`;
  switch (item.type) {
    case 'message': {
      const content = [{ type: 'output_text', text: item.text, annotations: [] }];
      return { type: 'message', id, role: 'assistant', status: 'completed', content };
    }
    case 'reasoning': {
      const summary = (item.parts as string[]).map((text) => ({ type: 'summary_text', text }));
      return { type: 'reasoning', id, summary, encrypted_content: item.encrypted };
    }
  }
  const call = { name: 'Read', arguments: JSON.stringify({ path: item.path }) };
  return { type: 'function_call', id, call_id: `call_${index}`, ...call, status: 'completed' };
}

function eventsOf(item: JsonObject, index: number): JsonObject[] {
  const place = { item_id: item.id, output_index: index };
  const added = {
    ...item,
    status: 'in_progress',
    content: [],
    arguments: '',
    summary: [],
    encrypted_content: undefined,
  };
  return [
    { type: 'response.output_item.added', output_index: index, item: added },
    ...partsOf(item).flatMap(([kind, part, field, text]) => [
      ...[text.slice(0, 3), text.slice(3)].map((delta) => ({
        type: `response.${kind}.delta`,
        ...place,
        ...part,
        delta,
      })),
      { type: `response.${kind}.done`, ...place, ...part, [field]: text },
    ]),
    { type: 'response.output_item.done', output_index: index, item },
  ];
}

function partsOf(item: JsonObject): [string, JsonObject, string, string][] {
  if (item.type === 'function_call') return [['function_call_arguments', {}, 'arguments', String(item.arguments)]];
  const isMessage = item.type === 'message';
  const parts = (isMessage ? item.content : item.summary) as JsonObject[];
  const kind = isMessage ? 'output_text' : 'reasoning_summary_text';
  const name = isMessage ? 'content_index' : 'summary_index';
  return parts.map((part, index) => [kind, { [name]: index }, 'text', String(part.text)]);
}

/** The events of all items in one list: begun in order, then going on as `choose` says. */
function mixed(lists: JsonObject[][], choose: () => number): JsonObject[] {
  const rest = lists.filter((list) => list.length > 0).map((list) => [...list]);
  const events: JsonObject[] = [];
  let begun = 0;
  while (rest.length > 0) {
    const at = choose() % Math.min(rest.length, begun + 1);
    if (at === begun) begun += 1;
    events.push(rest[at]!.shift()!);
    if (rest[at]!.length > 0) continue;
    rest.splice(at, 1);
    begun -= 1;
  }
  return events;
}

function responseOf(output: JsonObject[]): JsonObject {
  const usage = { input_tokens: 5, output_tokens: 5 };
  return { id: 'resp_1', object: 'response', model: 'm', status: 'completed', output, usage };
}

function bytesOf(events: readonly JsonObject[]): Buffer {
  return Buffer.from(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''));
}

function decode(events: readonly JsonObject[]): Message {
  const decoder = new ResponsesStream(exchange);
  const grammar = new StreamGrammar();
  const builder = new MessageBuilder();
  for (const event of [...decoder.push(bytesOf(events)), ...decoder.end()]) {
    grammar.add(event.data);
    builder.add(event.data);
  }
  expect(decoder.failure).toBeUndefined();
  expect(grammar.finish()).toEqual([]);
  return builder.message!;
}

/** Without the reasoning that nothing follows. */
function withoutLoose(output: JsonObject[]): JsonObject[] {
  const last = output.findLastIndex((item) => item.type !== 'reasoning');
  return output.slice(0, last + 1);
}

/** What is the same in an item that comes and in one that goes back. */
function comparable(item: JsonObject): unknown {
  const { type, summary, encrypted_content: encrypted, name, arguments: args, content } = item;
  const texts = Array.isArray(content) ? content.filter(isJsonObject).map((part) => part.text) : undefined;
  return { type, summary, encrypted, name, args, texts };
}
