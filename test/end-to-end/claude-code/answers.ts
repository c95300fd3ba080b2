import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { newFolder } from '../../support/claude-code.ts';
import { pieces } from '../../support/formats/format.ts';
import { newMarker } from '../../support/http.ts';
import { noisePng } from '../../support/png.ts';
import { latestResults, say, unicode, useTool } from './bed.ts';
import { expectAnswer, type Scenario } from './scenario.ts';

/** Answers reach the person whole, and what the person gave reaches the model. */
export const answers: Scenario[] = [
  ...['claude-opus-5-5', 'claude-sonnet-4-5', 'somebody/some-model:v1'].map(
    (model): Scenario => ({
      title: `shows the answer to a plain question asked of ${model}, which takes one request`,
      needs: 'client',
      async run(bed) {
        const marker = newMarker('plain');
        bed.upstream.script(marker, () => say('PLAIN-OK-7731'));
        const outcome = await bed.claude(`say the word ${marker}`, { model });
        expectAnswer(bed, marker, outcome, 'PLAIN-OK-7731');
        expect(bed.upstream.calls(marker)).toHaveLength(1);
      },
    }),
  ),
  {
    title: 'shows a long answer of many scripts exactly, however the upstream cuts its bytes',
    needs: 'client',
    async run(bed) {
      const marker = newMarker('long');
      const text = Array.from({ length: 700 }, (_, line) => `${line} ${unicode} \u00df\u4e2d\u6587\u{1f680}`).join(
        '\n',
      );
      bed.upstream.script(marker, () => ({
        blocks: [{ type: 'text', text, pieces: pieces(text, 23) }],
        byteSplit: 61,
      }));
      expectAnswer(bed, marker, await bed.claude(`long ${marker}`), text);
    },
  },
  {
    title: 'shows thinking as thinking, signed, and never as text',
    needs: 'client',
    async run(bed) {
      const marker = newMarker('think');
      bed.upstream.script(marker, (asked, turn) =>
        turn === 0
          ? {
              blocks: [
                { type: 'thinking', thinking: 'secret-reasoning-31 I consider it' },
                { type: 'text', text: 'Acting.' },
                useTool(asked, 'Bash', { command: 'echo th-1', description: 'x' }),
              ],
              usage: { output: 30, reasoning: 12 },
            }
          : {
              blocks: [
                { type: 'thinking', thinking: 'second-thought-32' },
                { type: 'text', text: 'THINK-DONE' },
              ],
            },
      );
      const outcome = await bed.claude(`think ${marker}`);
      expectAnswer(bed, marker, outcome, 'THINK-DONE');
      const thoughts = outcome.blocks.filter((block) => block.type === 'thinking');
      // An empty one only carries what the provider wants back.
      expect(thoughts.map((block) => block.thinking).filter((thought) => thought !== '')).toEqual([
        'secret-reasoning-31 I consider it',
        'second-thought-32',
      ]);
      for (const { signature } of thoughts) expect(signature).toBeTypeOf('string');
      const texts = outcome.blocks.filter((block) => block.type === 'text');
      expect(texts.map((block) => block.text)).toEqual(['Acting.', 'THINK-DONE']);
    },
  },
  {
    title: 'takes an image that the client read to the model as an image',
    needs: 'client',
    async run(bed) {
      const marker = newMarker('image');
      const folder = newFolder();
      const picture = noisePng(48, 48);
      writeFileSync(join(folder, 'picture.png'), picture);
      bed.upstream.script(marker, (asked, turn) =>
        turn === 0
          ? { blocks: [useTool(asked, 'Read', { file_path: join(folder, 'picture.png') })] }
          : say('IMAGE-DONE'),
      );
      expectAnswer(bed, marker, await bed.claude(`look ${marker}`, { folder }), 'IMAGE-DONE');
      const { messages } = bed.upstream.calls(marker).at(-1)!.asked;
      const results = messages.flatMap((message) => message.results);
      const images = [...messages, ...results].reduce((sum, { images }) => sum + images, 0);
      expect({ images, results: results.length }).toEqual({ images: 1, results: 1 });
      const data = picture.toString('base64').slice(40, 90);
      expect([...messages, ...results].filter(({ text }) => text.includes(data))).toEqual([]);
    },
  },
  {
    title: 'shows the tokens that the upstream counted, cached ones apart',
    needs: 'client',
    async run(bed) {
      const marker = newMarker('usage');
      const usage = { input: 1234, cached: 1000, output: 56, reasoning: 20 };
      bed.upstream.script(marker, () => say('USAGE-DONE', { usage }));
      const outcome = await bed.claude(`count ${marker}`);
      expectAnswer(bed, marker, outcome, 'USAGE-DONE');
      // Ollama does not say what it had in memory.
      const cached = bed.format === 'ollama' ? 0 : 1000;
      const counted = { input_tokens: 1234 - cached, cache_read_input_tokens: cached, output_tokens: 56 };
      expect(outcome.usage).toMatchObject(counted);
    },
  },
  {
    title: 'takes the system prompt, the project notes and the list of agents to the model',
    needs: 'client',
    async run(bed) {
      const marker = newMarker('system');
      const folder = newFolder();
      writeFileSync(join(folder, 'CLAUDE.md'), 'The codeword of the project is CODEWORD-9182.\n');
      const agents = { zeta: { description: 'Handles AGENTS-5150 questions', prompt: 'Answer.' } };
      bed.upstream.script(marker, () => say('SYSTEM-OK'));
      const args = ['--append-system-prompt', 'APPENDED-7373', '--agents', JSON.stringify(agents)];
      expectAnswer(bed, marker, await bed.claude(`say ${marker}`, { folder, args }), 'SYSTEM-OK');
      const said = JSON.stringify(bed.upstream.calls(marker)[0]!.body);
      for (const word of ['APPENDED-7373', 'CODEWORD-9182', 'AGENTS-5150', folder]) expect(said).toContain(word);
    },
  },
  {
    title: 'answers a client started bare, whose system message is empty',
    needs: 'client',
    async run(bed) {
      const marker = newMarker('bare');
      bed.upstream.script(marker, () => say('BARE-OK'));
      expectAnswer(bed, marker, await bed.claude(`say ${marker}`, { args: ['--bare'] }), 'BARE-OK');
      expect(latestResults(bed, marker)).toEqual([]);
    },
  },
];
