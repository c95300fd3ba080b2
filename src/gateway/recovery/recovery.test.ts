import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventsOfMessage } from '../../protocol/events-of-message.ts';
import { StreamGrammar } from '../../protocol/grammar.ts';
import { MessageBuilder } from '../../protocol/message-builder.ts';
import type { ContentBlock, Message } from '../../protocol/messages.ts';
import { StreamEvent } from '../../protocol/stream-event.ts';
import { OverlapFilter } from './overlap.ts';
import { ShownReply } from './shown-reply.ts';
import { Splice } from './splice.ts';

function filtered(said: string, pieces: readonly string[]): string {
  const filter = new OverlapFilter(said);
  return pieces.map((piece) => filter.push(piece)).join('') + filter.end();
}

describe('a continuation', () => {
  it.each([
    ['goes on where it stopped', 'The sky is', [' blue.'], ' blue.'],
    ['repeats the last sentence', 'One. The second sentence ends', ['The second ', 'sentence ends here.'], ' here.'],
    ['repeats everything', 'Hello wor', ['Hello', ' world'], 'ld'],
    ['repeats everything of very little', 'He', ['Hello'], 'llo'],
    ['is only the repetition', 'The second sentence ends', ['second sentence ends'], ''],
    ['begins with the same letters by chance', 'hel', ['lo there'], 'lo there'],
    ['begins with the same line of dashes', 'a\n--------', ['--------\nb'], '--------\nb'],
    [
      'begins as the end did, and goes another way',
      'the long beginning',
      ['long begin', 'ner is here'],
      'long beginner is here',
    ],
    ['follows nothing', '', ['anything'], 'anything'],
    ['is nothing', 'something', [], ''],
  ])('that %s', (_what, said, pieces, fresh) => {
    expect(filtered(said, pieces)).toBe(fresh);
  });

  const words = fc
    .array(fc.stringMatching(/^[a-z]{1,9}$/), { minLength: 4, maxLength: 40 })
    .map((all) => all.join(' '));
  const cut = (text: string, seed: number) => {
    const pieces: string[] = [];
    for (let at = 0, size = 1; at < text.length; at += size, size = 1 + ((size * 7 + seed) % 11)) {
      pieces.push(text.slice(at, at + size));
    }
    return pieces;
  };

  it('never loses or doubles anything, wherever it was cut and however much it repeats', () => {
    fc.assert(
      fc.property(words, fc.nat(), fc.nat(), fc.nat(), (whole, cutSeed, repeatSeed, pieceSeed) => {
        const at = 1 + (cutSeed % (whole.length - 1));
        const said = whole.slice(0, at);
        // All of it, or so much of its end that it can't be chance.
        const repeated = repeatSeed % 3 === 0 ? said : said.slice(-Math.min(said.length, 24));
        fc.pre(repeated === said || new Set(repeated.replaceAll(' ', '')).size > 6);
        const fresh = filtered(said, cut(repeated + whole.slice(at), pieceSeed));
        // What follows may by chance begin with more of what was said: then more is taken out, never less than was repeated.
        expect(whole.slice(at).endsWith(fresh)).toBe(true);
        if (!accidental(said, repeated + whole.slice(at), repeated.length)) expect(fresh).toBe(whole.slice(at));
      }),
      { numRuns: 2000 },
    );
  });

  it('that repeats nothing is shown whole', () => {
    fc.assert(
      fc.property(words, words, fc.nat(), (said, next, pieceSeed) => {
        const upper = next.toUpperCase();
        expect(filtered(said, cut(upper, pieceSeed))).toBe(upper);
      }),
    );
  });
});

function accidental(said: string, text: string, known: number): boolean {
  for (let length = Math.min(said.length, text.length); length > known; length -= 1) {
    if (said.endsWith(text.slice(0, length))) return true;
  }
  return false;
}

const block: fc.Arbitrary<ContentBlock> = fc.oneof(
  fc.record({ type: fc.constant('text'), text: fc.string({ minLength: 1, maxLength: 20 }) }),
  fc.record({ type: fc.constant('thinking'), thinking: fc.string({ maxLength: 20 }), signature: fc.constant('s') }),
);
const tool: fc.Arbitrary<ContentBlock> = fc.record({
  ...{ type: fc.constant('tool_use'), id: fc.constant('t1'), name: fc.constant('Read'), input: fc.constant({ a: 1 }) },
});

function message(content: ContentBlock[]): Message {
  return {
    ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content },
    ...{ stop_reason: 'end_turn', stop_sequence: null, usage: { input_tokens: 5, output_tokens: 7 } },
  };
}

describe('two answers joined where the first was cut', () => {
  it('are one legal stream with all that both said, wherever that was', () => {
    fc.assert(
      fc.property(
        fc.array(block, { minLength: 1, maxLength: 4 }),
        fc
          .tuple(fc.array(block, { maxLength: 3 }), fc.array(tool, { maxLength: 1 }))
          .map(([blocks, tools]) => [...blocks, ...tools]),
        fc.nat(),
        (first, second, seed) => {
          const events = eventsOfMessage(message(first));
          const cutAt = 1 + (seed % (events.length - 2));
          const shown = new ShownReply();
          const before = events.slice(0, cutAt);
          shown.add(before);
          expect(shown.isContinuable).toBe(true);
          const after = new Splice(shown).push(eventsOfMessage(message(second)));
          const grammar = new StreamGrammar();
          const builder = new MessageBuilder();
          for (const event of [...before, ...after]) {
            grammar.add(event.data);
            builder.add(event.data);
          }
          expect(grammar.finish()).toEqual([]);
          const expected = shown.text + filtered(shown.text, firstText(second)) + laterText(second);
          expect(textOf(builder.message!.content)).toBe(expected);
          expect(builder.message!.content.filter(({ type }) => type === 'tool_use')).toEqual(
            second.filter(({ type }) => type === 'tool_use'),
          );
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('keep what the client was told of the prompt, and count all that was written', () => {
    const shown = new ShownReply();
    shown.add(eventsOfMessage(message([{ type: 'text', text: 'x'.repeat(400) }])).slice(0, 3));
    const delta = new Splice(shown).push(eventsOfMessage(message([]))).find(({ type }) => type === 'message_delta');
    expect(delta?.data).toMatchObject({ usage: { input_tokens: 5, output_tokens: 107 } });
  });

  it.each([
    ['a tool call', { type: 'tool_use', id: 't', name: 'Read', input: {} }],
    ['a server tool', { type: 'server_tool_use', id: 's', name: 'web_search', input: {} }],
    ['a block of tomorrow', { type: 'tomorrow' }],
  ])('are not made where %s was shown', (_what, shownBlock) => {
    const shown = new ShownReply();
    shown.add(eventsOfMessage(message([shownBlock as ContentBlock])).slice(0, 2));
    expect(shown.isContinuable).toBe(false);
  });

  it('mark a thought that was cut as one that no provider is to see again', () => {
    const shown = new ShownReply();
    shown.add([
      StreamEvent.of({ type: 'message_start', message: message([]) }),
      StreamEvent.of({
        type: 'content_block_start',
        index: 0,
        content_block: { type: 'thinking', thinking: '', signature: '' },
      }),
      StreamEvent.of({ type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'Let me' } }),
    ]);
    const [signature, stop] = new Splice(shown).push([]);
    expect(signature?.data).toMatchObject({ delta: { signature: expect.stringMatching(/^gw1\.router\./) } });
    expect(stop?.type).toBe('content_block_stop');
  });
});

function textOf(content: readonly ContentBlock[]): string {
  return content.map((part) => (part.type === 'text' ? String(part.text) : '')).join('');
}

function firstText(content: readonly ContentBlock[]): string[] {
  const first = content.find(({ type }) => type === 'text');
  return first ? [String(first.text)] : [];
}

function laterText(content: readonly ContentBlock[]): string {
  return textOf(content.filter(({ type }) => type === 'text').slice(1));
}
