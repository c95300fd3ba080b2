import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ScriptedReply } from '../support/formats/format.ts';
import { foldResponse, framesOf } from '../support/openai-streams.ts';
import { call, type OpenAiBed, startOpenAiBed, text } from './openai-bed.ts';

let bed: OpenAiBed;

beforeAll(async () => {
  bed = await startOpenAiBed();
});

afterAll(() => bed?.stop());

const opus = 'anthropic/claude-opus-5-5';
const getTool = { type: 'function', name: 'get', description: 'Gets', parameters: { type: 'object', properties: {} } };
const patchTool = {
  type: 'custom',
  name: 'apply_patch',
  format: { type: 'grammar', syntax: 'lark', definition: 'start: X' },
};

interface Answered {
  id: string;
  output: Record<string, unknown>[];
}

/** Asks; `input` follows a user message with the marker. */
async function ask(more: Record<string, unknown>, reply: ScriptedReply = text('ok')) {
  const marker = bed.answering(reply);
  const input = [{ role: 'user', content: marker }, ...((more.input as object[] | undefined) ?? [])];
  const answer = await bed.post('/v1/responses', { model: opus, ...more, input });
  const json = () => answer.json() as unknown as Answered;
  return { marker, answer, json, sent: bed.asked(marker)?.body };
}

describe('a response', () => {
  it.each(['/v1/responses', '/v1/v1/responses', '/v1/responses?x=1'])('is answered at %s', async (path) => {
    const marker = bed.answering(text('hello'));
    const reply = await bed.post(path, { model: opus, input: marker, instructions: 'Be brief.' });
    expect(reply.status, reply.text).toBe(200);
    expect(reply.json()).toMatchObject({
      id: expect.stringMatching(/^resp_/),
      object: 'response',
      created_at: expect.any(Number),
      status: 'completed',
      error: null,
      incomplete_details: null,
      instructions: 'Be brief.',
      model: 'claude-opus-5-5',
      output: [
        {
          id: expect.stringMatching(/^msg_/),
          type: 'message',
          role: 'assistant',
          status: 'completed',
          content: [{ type: 'output_text', text: 'hello', annotations: [] }],
        },
      ],
      usage: { input_tokens: 100, output_tokens: 10, total_tokens: 110 },
    });
    expect(bed.asked(marker).asked.system).toBe('Be brief.');
  });

  it.each(['openai/model', 'anthropic/claude-sonnet-4-6'])(
    'case 153: a stream of %s has its events in order, numbered from 0',
    async (model) => {
      const blocks: ScriptedReply['blocks'] = [
        { type: 'text', text: 'calling' },
        call('get', { a: 1 }),
        call('get', {}),
      ];
      const thinking = { type: 'thinking' as const, thinking: 'hm' };
      const { answer } = await ask({ model, stream: true, tools: [getTool] }, { blocks: [thinking, ...blocks] });
      const { response, violations } = foldResponse(framesOf(answer.text));
      expect(violations).toEqual([]);
      expect(response).toMatchObject({
        status: 'completed',
        output: [
          { type: 'reasoning', summary: [{ type: 'summary_text', text: 'hm' }] },
          { type: 'message', content: [{ text: 'calling' }] },
          { type: 'function_call', name: 'get', arguments: '{"a":1}' },
          { type: 'function_call', name: 'get', arguments: '{}' },
        ],
        usage: { input_tokens: 100, output_tokens: 10 },
      });
      expect(new Set(framesOf(answer.text).map(({ event }) => event))).toEqual(
        new Set([
          'response.created',
          'response.in_progress',
          'response.output_item.added',
          'response.reasoning_summary_part.added',
          'response.reasoning_summary_text.delta',
          'response.reasoning_summary_text.done',
          'response.reasoning_summary_part.done',
          'response.content_part.added',
          'response.output_text.delta',
          'response.output_text.done',
          'response.content_part.done',
          'response.function_call_arguments.delta',
          'response.function_call_arguments.done',
          'response.output_item.done',
          'response.completed',
        ]),
      );
    },
  );

  it('is incomplete where it was cut, and says why', async () => {
    const { answer } = await ask({}, { ...text('x'), stop: 'max_tokens' });
    expect(answer.json()).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } });
    const refused = await ask({ stream: true }, { ...text('x'), stop: 'refusal' });
    const { response, violations } = foldResponse(framesOf(refused.answer.text));
    expect(violations).toEqual([]);
    expect(response).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'content_filter' } });
  });

  it('fails where the upstream dies in the middle of a stream', async () => {
    const { answer } = await ask(
      { stream: true },
      { ...text('one two three four five six'), die: { after: 2, how: 'reset' } },
    );
    const { response, violations } = foldResponse(framesOf(answer.text));
    expect(violations).toEqual(['ends with an open item']);
    expect(response).toMatchObject({ status: 'failed', error: { code: 'server_error', message: expect.any(String) } });
  });

  it('takes back its own items: reasoning, calls and their outputs', async () => {
    const first = await ask(
      { store: false, include: ['reasoning.encrypted_content'], tools: [getTool] },
      { blocks: [{ type: 'thinking', thinking: 'let me see' }, call('get', { a: 1 }, 'toolu_1')] },
    );
    const second = await ask({
      tools: [getTool],
      input: [...first.json().output, { type: 'function_call_output', call_id: 'toolu_1', output: 'done' }],
    });
    expect(second.sent).toMatchObject({
      messages: [
        { role: 'user' },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'let me see', signature: 'c2lnbmF0dXJl' },
            { type: 'tool_use', id: 'toolu_1', name: 'get', input: { a: 1 } },
          ],
        },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'done' }] },
      ],
    });
  });

  it.each([false, true])('goes on from an earlier one by its id, its caller alone (streamed: %s)', async (stream) => {
    const first = await ask(
      { stream, instructions: 'Be brief.', tools: [getTool] },
      { blocks: [call('get', {}, 'toolu_7')] },
    );
    const { id } = stream ? (foldResponse(framesOf(first.answer.text)).response as unknown as Answered) : first.json();
    const marker = bed.answering(text('and on'));
    const body = {
      model: opus,
      previous_response_id: id,
      tools: [getTool],
      input: [
        { type: 'function_call_output', call_id: 'toolu_7', output: 'done' },
        { role: 'user', content: marker },
      ],
    };
    const reply = await bed.post('/v1/responses', body);
    expect(reply.json()).toMatchObject({ status: 'completed', previous_response_id: id });
    const { asked } = bed.asked(marker);
    expect(asked.system).toBe('');
    expect(asked.messages.map(({ role, calls, results }) => [role, calls.length, results.length])).toEqual([
      ['user', 0, 0],
      ['assistant', 1, 0],
      ['user', 0, 1],
    ]);
    const other = await bed.post('/v1/responses', body, { headers: { authorization: 'Bearer sk-other' } });
    expect(other.status).toBe(400);
    expect(other.json()).toMatchObject({ error: { message: expect.stringContaining('previous_response_id') } });
  });

  it('is not kept where the client forbids it', async () => {
    const { json } = await ask({ store: false });
    const again = await ask({ previous_response_id: json().id });
    expect(again.answer.status).toBe(400);
  });

  it.each([false, true])('calls custom tools with one text (streamed: %s)', async (stream) => {
    const patch = '*** Begin Patch\n"x"';
    const { answer, sent } = await ask(
      { stream, tools: [patchTool] },
      { blocks: [call('apply_patch', { input: patch }, 'toolu_3')] },
    );
    expect(sent).toMatchObject({
      tools: [
        {
          name: 'apply_patch',
          description: expect.stringContaining('start: X'),
          input_schema: { required: ['input'] },
        },
      ],
    });
    const item = { type: 'custom_tool_call', call_id: 'toolu_3', name: 'apply_patch', input: patch };
    const { response, violations } = stream
      ? foldResponse(framesOf(answer.text))
      : { response: answer.json(), violations: [] };
    expect(violations).toEqual([]);
    expect(response).toMatchObject({ output: [item] });
    const output = { type: 'custom_tool_call_output', call_id: 'toolu_3', output: 'patched' };
    const next = await ask({ tools: [patchTool], input: [item, output] });
    expect(next.sent).toMatchObject({
      messages: [
        {},
        { content: [{ type: 'tool_use', input: { input: patch } }] },
        { content: [{ content: 'patched' }] },
      ],
    });
  });

  it('knows tools in namespaces by both names', async () => {
    const tools = [{ type: 'namespace', name: 'crm', description: 'Customers', tools: [{ ...getTool, name: 'find' }] }];
    const { answer, sent } = await ask({ tools }, { blocks: [call('crm__find', {})] });
    expect(sent).toMatchObject({ tools: [{ name: 'crm__find' }] });
    expect(answer.json()).toMatchObject({ output: [{ type: 'function_call', namespace: 'crm', name: 'find' }] });
  });

  it('asks for a schema, an effort and a summary in the words of the upstream', async () => {
    const schema = { type: 'object', properties: {}, additionalProperties: false };
    const { sent } = await ask({
      text: { format: { type: 'json_schema', name: 'x', schema } },
      reasoning: { effort: 'low', summary: 'auto' },
      max_output_tokens: 500,
    });
    expect(sent).toMatchObject({
      max_tokens: 500,
      thinking: { type: 'adaptive', display: 'summarized' },
      output_config: { effort: 'low', format: { type: 'json_schema', schema } },
    });
  });

  it('searches the web where it is offered', async () => {
    const { sent } = await ask({ tools: [{ type: 'web_search', filters: { allowed_domains: ['a.example'] } }] });
    expect(sent).toMatchObject({ tools: [{ name: 'web_search', allowed_domains: ['a.example'] }] });
  });

  it.each([
    [{ tools: [{ type: 'file_search', vector_store_ids: ['x'] }] }, 'file_search'],
    [{ background: true }, 'background'],
    [{ conversation: 'conv_1' }, 'conversation'],
    [{ input: [{ type: 'item_reference', id: 'msg_1' }] }, 'item_reference'],
    [{ previous_response_id: 'resp_unknown' }, 'resp_unknown'],
  ])('refuses what only OpenAI has: %j', async (more, named) => {
    const { answer } = await ask(more);
    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({
      error: { type: 'invalid_request_error', message: expect.stringContaining(named), param: null },
    });
  });
});
