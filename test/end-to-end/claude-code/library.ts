import { expect } from 'vitest';
import type { SdkBlock } from '../../support/clients.ts';
import { newGate } from '../../support/gate.ts';
import { messagesBody, newMarker } from '../../support/http.ts';
import { say, unicode } from './bed.ts';
import type { Scenario } from './scenario.ts';

const noArguments = { type: 'object', properties: {} };

/** What Anthropic's own library gets, streamed and whole. */
export const library: Scenario[] = [
  {
    title: 'counts tokens',
    needs: 'library',
    async run(bed) {
      const counted = await bed.sdk().messages.countTokens({
        model: 'claude-opus-5-5',
        messages: [{ role: 'user', content: 'How many tokens may these words be?' }],
      });
      const isAsked = ['anthropic', 'gemini', 'responses'].includes(bed.format);
      if (isAsked) expect(counted.input_tokens).toBe(bed.upstream.countedTokens);
      else expect(counted.input_tokens).toSatisfy((count: number) => count >= 5 && count <= 40);
    },
  },
  {
    title: 'reads a whole message with thinking, text and a tool call',
    needs: 'library',
    async run(bed) {
      const marker = newMarker('whole');
      bed.upstream.script(marker, () => ({
        blocks: [
          { type: 'thinking', thinking: 'whole-thinking' },
          { type: 'text', text: `WHOLE-${unicode}` },
          { type: 'tool', name: 'get_time', input: { zone: 'q' } },
        ],
      }));
      const schema = { type: 'object', properties: { zone: { type: 'string' } } };
      const tools = [{ name: 'get_time', description: 'the time', input_schema: schema }];
      const message = await bed.sdk().messages.create(messagesBody(marker, { tools }));
      expect(message).toMatchObject({ type: 'message', role: 'assistant', stop_reason: 'tool_use' });
      expect(shown(message.content)).toMatchObject([
        { type: 'thinking', thinking: 'whole-thinking' },
        { type: 'text', text: `WHOLE-${unicode}` },
        { type: 'tool_use', name: 'get_time', input: { zone: 'q' } },
      ]);
      expect(message.usage.output_tokens).toBe(10);
    },
  },
  ...[true, false].flatMap((stream) =>
    ['', '{}'].map(
      (raw): Scenario => ({
        title: `reads a call whose arguments are "${raw}" as a call without arguments (${stream ? 'stream' : 'whole'})`,
        needs: 'library',
        async run(bed) {
          const marker = newMarker('no-arguments');
          bed.upstream.script(marker, () => ({
            blocks: [{ type: 'tool', name: 'get_time', input: {}, raw, pieces: raw === '' ? [] : [raw] }],
          }));
          const tools = [{ name: 'get_time', description: 'now', input_schema: noArguments }];
          const body = messagesBody(marker, { tools });
          const { messages } = bed.sdk();
          const message = await (stream ? messages.stream(body).finalMessage() : messages.create(body));
          expect(shown(message.content)).toMatchObject([{ type: 'tool_use', name: 'get_time', input: {} }]);
          expect(message.stop_reason).toBe('tool_use');
        },
      }),
    ),
  ),
  ...[true, false].flatMap((stream) =>
    (['end', 'max_tokens', 'stop_sequence', 'refusal'] as const).map(
      (stop): Scenario => ({
        title: `is told why the answer ended: ${stop} (${stream ? 'stream' : 'whole'})`,
        needs: 'library',
        async run(bed) {
          const marker = newMarker('stop');
          bed.upstream.script(marker, () =>
            say('some text', { stop, ...(stop === 'stop_sequence' ? { stopSequence: 'STOP1' } : {}) }),
          );
          const body = messagesBody(marker, stop === 'stop_sequence' ? { stop_sequences: ['STOP1'] } : {});
          const { messages } = bed.sdk();
          const message = await (stream ? messages.stream(body).finalMessage() : messages.create(body));
          // Chat Completions says `stop` whether a stop sequence came or not; Ollama says it also for a refusal.
          const sequence = bed.format === 'anthropic' ? 'stop_sequence' : 'end_turn';
          const refusal = bed.format === 'ollama' ? 'end_turn' : 'refusal';
          const expected = { end: 'end_turn', max_tokens: 'max_tokens', stop_sequence: sequence, refusal };
          expect(message.stop_reason).toBe(expected[stop]);
        },
      }),
    ),
  ),
  {
    title: 'sees the first words while the upstream still holds the rest back',
    needs: 'library',
    async run(bed) {
      const marker = newMarker('flow');
      const gate = newGate();
      const text = 'one two three four five six seven eight nine ten';
      bed.upstream.script(marker, () => say(text, { hold: { after: 2, until: gate.opened } }));
      const stream = bed.sdk().messages.stream(messagesBody(marker));
      stream.on('text', () => gate.open());
      expect((await stream.finalMessage()).content).toMatchObject([{ type: 'text', text }]);
    },
  },
  {
    title: 'keeps twelve answers apart that stream at once',
    needs: 'library',
    async run(bed) {
      const texts = Array.from({ length: 12 }, (_, number) => `answer-${number}-${'z'.repeat(300)}-${number}`);
      const streams = texts.map((text, number) => {
        const marker = newMarker(`together-${number}`);
        bed.upstream.script(marker, () => say(text, { paceMs: 3 }));
        return bed.sdk().messages.stream(messagesBody(marker)).finalMessage();
      });
      expect((await Promise.all(streams)).map((message) => message.content[0]?.text)).toEqual(texts);
    },
  },
  ...[
    { when: 'in the middle of a stream', hold: { after: 3, until: new Promise(() => undefined) } },
    { when: 'before the first byte', before: new Promise(() => undefined) },
  ].map(
    ({ when, ...delay }): Scenario => ({
      title: `cancels the upstream within a second when it is aborted ${when}`,
      needs: 'library',
      async run(bed) {
        const marker = newMarker('abort');
        bed.upstream.script(marker, () => say('one two three four five six seven', delay));
        const stream = bed.sdk().messages.stream(messagesBody(marker));
        const ended = stream.finalMessage().then(
          () => 'answered',
          () => 'aborted',
        );
        const request = await bed.upstream.arrival(marker);
        const abortedAt = Date.now();
        stream.abort();
        const { at, whole } = await request.closed;
        expect(whole).toBe(false);
        expect(at - abortedAt).toBeLessThan(1000);
        expect(await ended).toBe('aborted');
      },
    }),
  ),
];

/** All blocks but the empty thinking that only carries what the provider wants back. */
function shown(content: readonly SdkBlock[]): SdkBlock[] {
  return content.filter((block) => block.type !== 'thinking' || block.thinking !== '');
}
