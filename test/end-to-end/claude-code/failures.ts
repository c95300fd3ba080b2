import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { newFolder } from '../../support/claude-code.ts';
import type { Asked, ScriptedReply } from '../../support/formats/format.ts';
import { newMarker } from '../../support/http.ts';
import { say, useTool } from './bed.ts';
import { expectAnswer, type Scenario } from './scenario.ts';

const deaths = ['reset', 'close', 'end'] as const;
const wholeText = 'alpha bravo charlie delta echo foxtrot golf hotel india juliett kilo lima';

/** What an upstream does wrong never becomes a wrong answer or a wrong deed. */
export const failures: Scenario[] = [
  {
    title: 'comes to the answer through a rate limit, an overload and an internal error',
    needs: 'client',
    async run(bed) {
      const marker = newMarker('errors');
      const errors: ScriptedReply[] = [
        { status: 429, message: 'slow down', headers: { 'retry-after': '1' } },
        { status: 500, message: 'internal' },
        { status: 529, errorType: 'overloaded_error', message: 'overloaded' },
      ];
      bed.upstream.script(marker, (_asked, _turn, time) => errors[time] ?? say('ERRORS-DONE'));
      expectAnswer(bed, marker, await bed.claude(`try ${marker}`), 'ERRORS-DONE');
      expect(bed.upstream.calls(marker)).toHaveLength(4);
    },
  },
  {
    title: "shows the provider's words where it refuses the request",
    needs: 'client',
    async run(bed) {
      const marker = newMarker('refused');
      bed.upstream.script(marker, () => ({ status: 403, message: 'REFUSED-WORDS-81' }));
      const outcome = await bed.claude(`try ${marker}`);
      expect(outcome.isError).toBe(true);
      expect(outcome.result).toContain('REFUSED-WORDS-81');
      expect(bed.upstream.calls(marker)).toHaveLength(1);
    },
  },
  ...deaths.map(
    (how): Scenario => ({
      title: `shows a text whole, nothing twice and nothing lost, though its first stream dies in the middle (${how})`,
      needs: 'client',
      async run(bed) {
        const marker = newMarker(`cut-${how}`);
        bed.upstream.script(marker, (asked, _turn, time) =>
          time === 0 ? say(wholeText, { die: { after: 3, how } }) : say(restOf(asked)),
        );
        expectAnswer(bed, marker, await bed.claude(`recite ${marker}`), wholeText);
      },
    }),
  ),
  {
    title: 'never shows a cut text as an answer where every stream dies',
    needs: 'client',
    async run(bed) {
      const marker = newMarker('dead');
      bed.upstream.script(marker, () => say(wholeText, { die: { after: 3, how: 'end' } }));
      const outcome = await bed.claude(`recite ${marker}`, { environment: { CLAUDE_CODE_MAX_RETRIES: '1' } });
      expect(outcome.isError, outcome.printed.slice(-2000)).toBe(true);
      expect(outcome.timedOut).toBe(false);
    },
  },
  ...deaths.map(
    (how): Scenario => ({
      title: `never runs a tool whose arguments were cut (${how})`,
      needs: 'client',
      async run(bed) {
        const marker = newMarker(`half-${how}`);
        const folder = newFolder();
        const file = join(folder, 'half.txt');
        bed.upstream.script(marker, (asked, _turn, time) =>
          time === 0
            ? {
                blocks: [useTool(asked, 'Write', { file_path: file, content: 'x'.repeat(200) })],
                die: { after: Math.ceil((file.length + 40) / 12), how },
              }
            : say('HALF-RECOVERED'),
        );
        expectAnswer(bed, marker, await bed.claude(`write ${marker}`, { folder }), 'HALF-RECOVERED');
        expect(existsSync(file)).toBe(false);
        const results = bed.upstream.calls(marker).flatMap(({ asked }) => asked.messages.flatMap((m) => m.results));
        expect(results).toEqual([]);
      },
    }),
  ),
  {
    title: 'cancels the upstream within a second when the person interrupts the client',
    needs: 'client',
    async run(bed) {
      const marker = newMarker('interrupt');
      const never = new Promise(() => undefined);
      bed.upstream.script(marker, () => say(wholeText, { hold: { after: 3, until: never } }));
      let interrupt: () => void = () => undefined;
      const running = bed.claude(`recite ${marker}`, { onSpawn: (child) => (interrupt = () => child.kill('SIGINT')) });
      const request = await bed.upstream.arrival(marker);
      const interruptedAt = Date.now();
      interrupt();
      const { at, whole } = await request.closed;
      expect(whole).toBe(false);
      expect(at - interruptedAt).toBeLessThan(1000);
      await running;
    },
  },
];

/** What is still to be said behind what the conversation already ends with. */
function restOf(asked: Asked): string {
  const said = asked.messages
    .filter((message) => message.role === 'assistant' && message.text !== '')
    .map((message) => message.text.trimEnd())
    .findLast((text) => wholeText.startsWith(text));
  return said === undefined ? wholeText : wholeText.slice(said.length);
}
