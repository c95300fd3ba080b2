import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as gemini from '../../../src/dialects/gemini/contents.ts';
import * as ollama from '../../../src/dialects/ollama/messages.ts';
import * as chat from '../../../src/dialects/openai-chat/messages.ts';
import * as responses from '../../../src/dialects/openai-responses/messages.ts';
import { plainQuirks, type Quirks } from '../../../src/dialects/quirks.ts';
import { openConversation, readTurns } from '../../../src/dialects/shared/conversation.ts';
import { type EncodeTurns, encodeStretches } from '../../../src/dialects/shared/stretches.ts';
import type { InputMessage } from '../../../src/protocol/messages.ts';
import { anyMessage } from './conversations.ts';

const dialects: [string, EncodeTurns<object>, Partial<Quirks>[]][] = [
  [
    'openai-chat',
    chat.encodeTurns,
    [
      {},
      { midConversationSystem: 'developer', cacheControl: true, reasoningReplay: 'reasoning_details' },
      { userAfterTools: 'bridged', prefill: 'ask', userText: 'parts', documents: 'file', images: false },
      { prefill: 'prefix', reasoningReplay: 'reasoning', toolIds: 'nine-alphanumeric', emptyContent: 'empty' },
    ] as Partial<Quirks>[],
  ],
  ['openai-responses', responses.encodeTurns, [{}, { midConversationSystem: 'developer', documents: 'file' }]],
  [
    'gemini',
    gemini.encodeTurns,
    [{}, { callSignatures: 'required', prefill: 'ask', resultMedia: 'inside', callIds: true }] as Partial<Quirks>[],
  ],
  ['ollama', ollama.encodeTurns, [{}, { reasoningReplay: 'reasoning_content', midConversationSystem: 'developer' }]],
];
const cases = dialects.flatMap(([name, encodeTurns, variants]) =>
  variants.map((quirks) => [`${name} ${JSON.stringify(quirks)}`, encodeTurns, quirks] as const),
);

function elementsOf(messages: InputMessage[], encodeTurns: EncodeTurns<object>, quirks: Quirks, lead: string[]) {
  const input = { provider: 'provider', model: 'm', quirks, abilities: {} };
  const warnings: string[] = [];
  const opened = openConversation({ model: 'm', messages }, warnings);
  const { list, last } = encodeStretches(opened, input, encodeTurns, lead, warnings);
  return { elements: JSON.parse(`[${list.parts.join(',')}]`) as object[], last, warnings };
}

/** The same in one piece. */
function wholeOf(messages: InputMessage[], encodeTurns: EncodeTurns<object>, quirks: Quirks, lead: string[]) {
  const input = { provider: 'provider', model: 'm', quirks, abilities: {} };
  const warnings: string[] = [];
  const { messages: rest, index } = openConversation({ model: 'm', messages }, warnings);
  const items = encodeTurns(readTurns(rest, index, warnings), input, { isFirst: true, isLast: true, lead }, warnings);
  return { elements: JSON.parse(JSON.stringify(items)) as object[], warnings };
}

describe('a conversation in stretches', () => {
  it.each(cases)('is the same as in one piece for %s', (_, encodeTurns, some) => {
    const quirks = { ...plainQuirks, ...some };
    const lead = fc.constantFrom<string[]>([], ['You are brief.']);
    fc.assert(
      fc.property(fc.array(anyMessage, { maxLength: 12 }), lead, (messages, texts) => {
        const whole = wholeOf(messages, encodeTurns, quirks, texts);
        const { elements, last, warnings } = elementsOf(messages, encodeTurns, quirks, texts);
        expect(elements).toEqual(whole.elements);
        expect(warnings.toSorted()).toEqual(whole.warnings.toSorted());
        if (last) expect(JSON.parse(JSON.stringify(last))).toEqual(whole.elements.at(-1));
      }),
      { numRuns: 400 },
    );
  });

  it.each(cases)('gives the same the second time, whatever was remembered, for %s', (_, encodeTurns, some) => {
    const quirks = { ...plainQuirks, ...some };
    fc.assert(
      fc.property(
        fc.array(anyMessage, { minLength: 4, maxLength: 12 }),
        fc.array(fc.nat(20), { maxLength: 6 }),
        (messages, picked) => {
          // Conversations of the same message objects in other orders: what is remembered of one must not show in another.
          const mixed = picked.map((index) => messages[index % messages.length]!);
          for (const conversation of [messages, mixed, messages.slice(1), messages]) {
            const fresh = elementsOf(structuredClone(conversation), encodeTurns, quirks, []);
            expect(elementsOf(conversation, encodeTurns, quirks, [])).toEqual(fresh);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('is translated again only where it is new, and at its end', () => {
    const messages = Array.from({ length: 22 }, (_, index): InputMessage => {
      if (index === 0) return { role: 'user', content: 'begin' };
      const call = { type: 'tool_use', id: `toolu_${index}`, name: 'Read', input: {} };
      const result = { type: 'tool_result', tool_use_id: `toolu_${index - 1}`, content: 'done' };
      return index % 2 === 1 ? { role: 'assistant', content: [call] } : { role: 'user', content: [result] };
    });
    for (const [, encodeTurns] of dialects) {
      let translated = 0;
      const counted: EncodeTurns<object> = (...given) => {
        translated += 1;
        return encodeTurns(...given);
      };
      const told = [20, 20, 22, 12, 22].map((length) => {
        translated = 0;
        elementsOf(messages.slice(0, length), counted, plainQuirks, []);
        return translated;
      });
      // What ended one call is remembered from the next on, where it ends nothing any more.
      expect(told).toEqual([11, 1, 2, 1, 1]);
    }
  });
});
