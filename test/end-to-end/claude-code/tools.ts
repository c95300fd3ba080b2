import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { newFolder } from '../../support/claude-code.ts';
import { pieces } from '../../support/formats/format.ts';
import { newMarker } from '../../support/http.ts';
import { latestResults, say, unicode, useTool } from './bed.ts';
import { expectAnswer, type Scenario } from './scenario.ts';

/** Tools run as the model said, and their results go back to the model. */
export const tools: Scenario[] = [
  {
    title: 'runs a loop of tools, a failing one among them, and takes every result back',
    needs: 'client',
    async run(bed) {
      const marker = newMarker('loop');
      const folder = newFolder();
      const file = join(folder, 'out.txt');
      bed.upstream.script(marker, (asked, turn) => {
        switch (turn) {
          case 0:
            return {
              blocks: [
                { type: 'text', text: 'I write.' },
                useTool(asked, 'Write', { file_path: file, content: 'content-4411\n' }),
              ],
            };
          case 1:
            return {
              blocks: [useTool(asked, 'Bash', { command: 'cat out.txt && echo shell-9', description: 'show' })],
            };
          case 2:
            return { blocks: [useTool(asked, 'Read', { file_path: file })] };
          case 3:
            return { blocks: [useTool(asked, 'Bash', { command: 'echo broken-7; exit 7', description: 'fails' })] };
          default:
            return say('LOOP-DONE');
        }
      });
      expectAnswer(bed, marker, await bed.claude(`do the work ${marker}`, { folder }), 'LOOP-DONE');
      expect(readFileSync(file, 'utf8')).toBe('content-4411\n');
      const results = latestResults(bed, marker).map(({ text }) => text);
      expect(results).toEqual([
        expect.stringContaining('out.txt'),
        expect.stringContaining('shell-9'),
        expect.stringContaining('content-4411'),
        expect.stringContaining('broken-7'),
      ]);
    },
  },
  {
    title: 'runs three tools of one answer and gives each call its own result',
    needs: 'client',
    async run(bed) {
      const marker = newMarker('parallel');
      const folder = newFolder();
      writeFileSync(join(folder, 'in.txt'), 'read-me-55');
      bed.upstream.script(marker, (asked, turn) =>
        turn === 0
          ? {
              blocks: [
                useTool(asked, 'Bash', { command: 'sleep 0.3; echo par-A', description: 'a' }, { id: 'call_par_A' }),
                useTool(asked, 'Read', { file_path: join(folder, 'in.txt') }, { id: 'call_par_B' }),
                useTool(asked, 'Write', { file_path: join(folder, 'w.txt'), content: 'par-C' }, { id: 'call_par_C' }),
              ],
            }
          : say('PARALLEL-DONE'),
      );
      expectAnswer(bed, marker, await bed.claude(`go ${marker}`, { folder }), 'PARALLEL-DONE');
      expect(readFileSync(join(folder, 'w.txt'), 'utf8')).toBe('par-C');
      const { messages } = bed.upstream.calls(marker).at(-1)!.asked;
      const calls = messages.flatMap((message) => message.calls);
      const results = new Map(latestResults(bed, marker).map(({ id, text }) => [id, text]));
      expect(Object.fromEntries(calls.map(({ id, name }) => [name, results.get(id)]))).toEqual({
        Bash: expect.stringContaining('par-A'),
        Read: expect.stringContaining('read-me-55'),
        Write: expect.stringContaining('w.txt'),
      });
    },
  },
  {
    title: 'writes a file exactly, though its arguments come one character at a time, some of them escaped',
    needs: 'client',
    async run(bed) {
      const marker = newMarker('characters');
      const folder = newFolder();
      const file = join(folder, 'u\u00f1i.txt');
      const content = `${unicode}\nline 2 \u{1f680}\u{1f680} end`;
      const input = { file_path: file, content };
      const raw = JSON.stringify(input).replaceAll(/[\u0080-\uffff]/g, escapedNowAndThen);
      bed.upstream.script(marker, (asked, turn) =>
        turn === 0
          ? { blocks: [useTool(asked, 'Write', input, { raw, pieces: pieces(raw, 1) })], byteSplit: 7 }
          : say('CHARACTERS-DONE'),
      );
      expectAnswer(bed, marker, await bed.claude(`write ${marker}`, { folder }), 'CHARACTERS-DONE');
      expect(existsSync(file)).toBe(true);
      expect(readFileSync(file, 'utf8')).toBe(content);
    },
  },
  {
    title: 'runs a tool whose arguments are empty',
    needs: 'client',
    async run(bed) {
      const marker = newMarker('empty');
      bed.upstream.script(marker, (asked, turn) => {
        if (turn > 0) return say('EMPTY-DONE');
        const tool = asked.tools.find(({ name }) => ['ListAgents', 'TaskList', 'CronList'].includes(name));
        // Where the client offers no tool without arguments, one that needs some is called without them.
        return { blocks: [{ type: 'tool', name: tool?.name ?? 'Read', input: {}, raw: '', pieces: [] }] };
      });
      expectAnswer(bed, marker, await bed.claude(`list ${marker}`), 'EMPTY-DONE');
      expect(latestResults(bed, marker)).toHaveLength(1);
      const calls = bed.upstream
        .calls(marker)
        .at(-1)!
        .asked.messages.flatMap((message) => message.calls);
      expect(calls.map(({ input }) => input)).toEqual([{}]);
    },
  },
  {
    title: 'tells the model of a tool that the client loaded later, and what was loaded',
    needs: 'client',
    async run(bed) {
      const marker = newMarker('deferred');
      const schemaOf = (asked: { tools: { name: string; schema: Record<string, unknown> }[] }) =>
        Object.keys((asked.tools.find(({ name }) => name === 'WebFetch')?.schema.properties as object) ?? {});
      bed.upstream.script(marker, (asked, turn) =>
        turn === 0
          ? { blocks: [useTool(asked, 'ToolSearch', { query: 'select:WebFetch' })] }
          : say(schemaOf(asked).length > 0 ? 'DEFERRED-DONE' : 'DEFERRED-MISSING'),
      );
      expectAnswer(bed, marker, await bed.claude(`load ${marker}`), 'DEFERRED-DONE');
      expect(latestResults(bed, marker).map(({ text }) => text)).toEqual([expect.stringContaining('WebFetch')]);
    },
  },
  {
    title: 'takes a subagent to the model and its answer back to the one that asked',
    needs: 'client',
    async run(bed) {
      const marker = newMarker('parent');
      const child = newMarker('child');
      const delegate = {
        description: 'look',
        prompt: `find it: ${child}`,
        subagent_type: 'general-purpose',
        run_in_background: false,
      };
      bed.upstream.script(marker, (asked, turn) =>
        turn === 0 ? { blocks: [useTool(asked, 'Agent', delegate)] } : say('PARENT-DONE'),
      );
      // The parent's next request holds the child's marker too, inside its call.
      bed.upstream.script(child, () => say('CHILD-ANSWER-66'));
      expectAnswer(bed, marker, await bed.claude(`delegate ${marker}`), 'PARENT-DONE');
      expect(bed.upstream.calls(child).length).toBeGreaterThan(0);
      expect(latestResults(bed, marker).map(({ text }) => text)).toEqual([expect.stringContaining('CHILD-ANSWER-66')]);
    },
  },
];

function escapedNowAndThen(character: string, place: number): string {
  return place % 3 === 0 ? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}` : character;
}
