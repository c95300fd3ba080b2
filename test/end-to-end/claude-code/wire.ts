import { expect } from 'vitest';
import { judgeStream } from '../../../src/protocol/grammar.ts';
import { isObject } from '../../support/formats/format.ts';
import { http, messagesBody, newMarker } from '../../support/http.ts';
import { say, violationsOf } from './bed.ts';
import type { Scenario } from './scenario.ts';

const session = '00000000-0000-4000-8000-000000000000';
const device = 'd'.repeat(64);

/** What Claude Code puts into a request that other clients don't. */
const clientFields = {
  system: [
    { type: 'text', text: 'x-anthropic-billing-header: cc_version=2.1.330.abc; cc_entrypoint=sdk-cli;' },
    { type: 'text', text: 'first system text', cache_control: { type: 'ephemeral' } },
  ],
  thinking: { type: 'adaptive', display: 'omitted' },
  context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
  output_config: { effort: 'medium' },
  metadata: { user_id: JSON.stringify({ device_id: device, account_uuid: '', session_id: session }) },
};

/** What the client relies on below the answers. */
export const wire: Scenario[] = [
  {
    title: 'takes an empty system message and every field of the client',
    needs: 'nothing',
    async run(bed) {
      const marker = newMarker('fields');
      bed.upstream.script(marker, () => say('FIELDS-OK'));
      const messages = [
        { role: 'user', content: [{ type: 'text', text: `q ${marker}` }] },
        { role: 'system', content: [], output_config: { effort: 'medium' } },
      ];
      const body = messagesBody(marker, { ...clientFields, messages, stream: true });
      const headers = { 'anthropic-beta': 'mid-conversation-tool-changes-2026-07-01' };
      const reply = await bed.post('/v1/messages?beta=true', body, { headers });
      expect(reply.status, reply.text).toBe(200);
      expect(judgeStream(reply.body)).toEqual([]);
      expect(violationsOf(bed, marker)).toEqual([]);
      if (bed.format === 'anthropic') return;
      const sent = JSON.stringify(bed.upstream.calls(marker)[0]!.body);
      for (const secret of [device, session, 'billing-header', 'cache_control']) expect(sent).not.toContain(secret);
    },
  },
  {
    title: 'keeps system messages in mid-conversation, near their place',
    needs: 'nothing',
    async run(bed) {
      const marker = newMarker('middle');
      bed.upstream.script(marker, () => say('MIDDLE-OK'));
      const messages = [
        { role: 'user', content: `first ${marker}` },
        { role: 'system', content: 'MIDDLE-SYSTEM-1' },
        { role: 'assistant', content: [{ type: 'text', text: 'hm' }] },
        { role: 'user', content: 'WORDS-BETWEEN' },
        { role: 'system', content: [{ type: 'text', text: 'MIDDLE-SYSTEM-2' }] },
      ];
      const reply = await bed.post('/v1/messages', messagesBody(marker, { messages }));
      expect(reply.status, reply.text).toBe(200);
      expect(violationsOf(bed, marker)).toEqual([]);
      const { messages: written, input, contents } = bed.upstream.calls(marker)[0]!.body;
      const sent = JSON.stringify(written ?? input ?? contents);
      const places = ['first', 'MIDDLE-SYSTEM-1', 'hm', 'WORDS-BETWEEN', 'MIDDLE-SYSTEM-2'].map((word) =>
        sent.indexOf(word),
      );
      expect(places.filter((place) => place === -1)).toEqual([]);
      expect(places[2]).toBeGreaterThan(places[1]!);
      expect(places[4]).toBeGreaterThan(places[2]!);
    },
  },
  {
    title: 'matches results to calls by id, whatever their order, with system messages and text around them',
    needs: 'nothing',
    async run(bed) {
      const marker = newMarker('order');
      bed.upstream.script(marker, () => say('ORDER-OK'));
      const call = (id: string) => ({ type: 'tool_use', id, name: 'get_x', input: {} });
      const result = (id: string) => ({ type: 'tool_result', tool_use_id: id, content: `result of ${id}` });
      const messages = [
        { role: 'user', content: `start ${marker}` },
        { role: 'assistant', content: [call('toolu_1'), call('toolu_2')] },
        { role: 'user', content: [result('toolu_2'), result('toolu_1'), { type: 'text', text: 'TEXT-BEHIND' }] },
        { role: 'system', content: 'SYSTEM-BEHIND' },
      ];
      const tools = [{ name: 'get_x', description: 'x', input_schema: { type: 'object', properties: {} } }];
      const reply = await bed.post('/v1/messages', messagesBody(marker, { messages, tools }));
      expect(reply.status, reply.text).toBe(200);
      expect(violationsOf(bed, marker)).toEqual([]);
      const { asked, body } = bed.upstream.calls(marker)[0]!;
      const sentCalls = asked.messages.flatMap((message) => message.calls);
      const results = new Map(asked.messages.flatMap((message) => message.results).map(({ id, text }) => [id, text]));
      expect(sentCalls.map(({ id }) => results.get(id))).toEqual(['result of toolu_1', 'result of toolu_2']);
      for (const word of ['TEXT-BEHIND', 'SYSTEM-BEHIND']) expect(JSON.stringify(body)).toContain(word);
    },
  },
  {
    title: 'ends the body behind the end of the message',
    needs: 'nothing',
    async run(bed) {
      const marker = newMarker('end');
      bed.upstream.script(marker, () => say('end me'));
      const reply = await bed.post('/v1/messages', messagesBody(marker, { stream: true }));
      expect(judgeStream(reply.body)).toEqual([]);
      expect(reply.text.trimEnd().endsWith('data: {"type":"message_stop"}')).toBe(true);
    },
  },
  {
    title: 'takes a conversation of 160 messages and 900 KB',
    needs: 'nothing',
    async run(bed) {
      const marker = newMarker('big');
      bed.upstream.script(marker, () => say('BIG-OK'));
      const filling = 'lorem ipsum dolor sit amet '.repeat(400);
      const turns = Array.from({ length: 79 }, (_, turn) => [
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'ok' },
            { type: 'tool_use', id: `toolu_${turn}`, name: 'get_x', input: { turn } },
          ],
        },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: `toolu_${turn}`, content: filling }] },
      ]);
      const messages = [{ role: 'user', content: `start ${marker}` }, ...turns.flat()];
      const schema = { type: 'object', properties: { turn: { type: 'number' } } };
      const tools = [{ name: 'get_x', description: 'x', input_schema: schema }];
      const reply = await bed.post('/v1/messages', messagesBody(marker, { messages, tools }));
      expect(reply.status, reply.text.slice(0, 300)).toBe(200);
      expect(reply.text).toContain('BIG-OK');
      expect(violationsOf(bed, marker)).toEqual([]);
      expect(bed.upstream.calls(marker)[0]!.asked.messages.flatMap((message) => message.results)).toHaveLength(79);
    },
  },
  {
    title: 'answers the probes of the client and its search for models',
    needs: 'nothing',
    async run(bed) {
      for (const path of ['/', '/api/hello']) {
        expect((await http(`${bed.router.url}${path}`, { method: 'HEAD' })).status).toBe(200);
      }
      const headers = { 'x-api-key': 'k', 'anthropic-version': '2023-06-01' };
      const models = await http(`${bed.router.url}/v1/models?limit=1000`, { headers });
      expect(models.status).toBe(200);
      const data = models.json().data as unknown[];
      const shown = data.filter((model) => isObject(model) && /claude|anthropic/i.test(String(model.id)));
      expect(shown.length).toBeGreaterThan(0);
    },
  },
];
