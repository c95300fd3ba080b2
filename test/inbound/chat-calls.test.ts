import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ScriptedReply } from '../support/formats/format.ts';
import { foldChat, framesOf } from '../support/openai-streams.ts';
import { call, chatFunction, type OpenAiBed, startOpenAiBed, text } from './openai-bed.ts';

let bed: OpenAiBed;

beforeAll(async () => {
  bed = await startOpenAiBed();
});

afterAll(() => bed?.stop());

const opus = 'anthropic/claude-opus-5-5';

/** Asks with these messages behind the marker; the body that went upstream, and the reply. */
async function ask(more: Record<string, unknown>, reply: ScriptedReply = text('ok'), before: object[] = []) {
  const marker = bed.answering(reply);
  const messages = [...before, { role: 'user', content: marker }, ...((more.messages as object[] | undefined) ?? [])];
  const answer = await bed.post('/v1/chat/completions', { model: opus, ...more, messages });
  return { marker, answer, sent: bed.asked(marker)?.body, headers: bed.asked(marker)?.headers };
}

function toolCall(id: string, name: string, input: unknown) {
  return { id, type: 'function', function: { name, arguments: JSON.stringify(input) } };
}

describe('a chat completion', () => {
  it.each(['/v1/chat/completions', '/v1/v1/chat/completions', '/v1/chat/completions?api-version=2026-01-01'])(
    'is answered at %s',
    async (path) => {
      const marker = bed.answering(text('hello'));
      const reply = await bed.post(path, { model: opus, messages: [{ role: 'user', content: marker }] });
      expect(reply.status, reply.text).toBe(200);
      expect(reply.json()).toEqual({
        id: expect.stringMatching(/^chatcmpl-/),
        object: 'chat.completion',
        created: expect.any(Number),
        model: 'claude-opus-5-5',
        choices: [
          {
            index: 0,
            message: { role: 'assistant', content: 'hello', refusal: null },
            logprobs: null,
            finish_reason: 'stop',
          },
        ],
        usage: {
          prompt_tokens: 100,
          completion_tokens: 10,
          total_tokens: 110,
          prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
          completion_tokens_details: { reasoning_tokens: 0 },
        },
      });
      expect(reply.headers).toMatchObject({ 'x-router-model': 'claude-opus-5-5', 'x-router-attempts': '1' });
      expect(reply.headers['x-request-id']).toBe(reply.headers['request-id']);
    },
  );

  it.each([
    ['end', 'stop'],
    ['max_tokens', 'length'],
    ['stop_sequence', 'stop'],
    ['refusal', 'content_filter'],
  ] as const)('that ends with %s finishes with %s', async (stop, reason) => {
    const { answer } = await ask({}, { ...text('x'), stop });
    expect(answer.json()).toMatchObject({ choices: [{ finish_reason: reason }] });
  });

  it('goes to an upstream that speaks OpenAI too, without what only Anthropic needs', async () => {
    const { answer, sent } = await ask({ model: 'openai/model', temperature: 1.4, reasoning_effort: 'high' });
    expect(answer.json()).toMatchObject({ choices: [{ message: { content: 'ok' } }] });
    expect(sent).toMatchObject({ model: 'model', temperature: 1.4 });
    expect(sent).not.toHaveProperty('max_tokens');
    expect(JSON.stringify(sent)).not.toContain('cache_control');
  });

  it('case 149: tool messages and the user message behind them become one user message, results first', async () => {
    const { sent } = await ask({
      messages: [
        { role: 'assistant', content: null, tool_calls: [toolCall('a', 'get', { x: 1 }), toolCall('b', 'get', {})] },
        { role: 'tool', tool_call_id: 'b', content: 'second' },
        { role: 'tool', tool_call_id: 'a', content: [{ type: 'text', text: 'first' }] },
        { role: 'user', content: 'and now?' },
      ],
      tools: [chatFunction('get')],
    });
    expect((sent as { messages: unknown[] }).messages.slice(1)).toEqual([
      {
        role: 'assistant',
        content: [
          { type: 'tool_use', id: 'a', name: 'get', input: { x: 1 } },
          { type: 'tool_use', id: 'b', name: 'get', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'a', content: 'first' },
          { type: 'tool_result', tool_use_id: 'b', content: 'second' },
          { type: 'text', text: 'and now?', cache_control: { type: 'ephemeral' } },
        ],
      },
    ]);
  });

  it.each(['openai/model', 'anthropic/claude-sonnet-4-6'])(
    'case 150: three calls of %s stream under the indexes 0, 1 and 2, then finish, usage and [DONE]',
    async (model) => {
      const blocks = ['a', 'b', 'c'].map((name) => call(`get_${name}`, { name, long: 'x'.repeat(40) }));
      const { answer } = await ask(
        { model, stream: true, stream_options: { include_usage: true }, tools: [chatFunction('get_a')] },
        { blocks: [{ type: 'text', text: 'calling' }, ...blocks] },
      );
      expect(answer.headers['content-type']).toMatch(/^text\/event-stream/);
      const frames = framesOf(answer.text);
      const { completion, violations } = foldChat(frames);
      expect(violations).toEqual([]);
      const message = {
        content: 'calling',
        tool_calls: ['a', 'b', 'c'].map((name) => ({ type: 'function', function: { name: `get_${name}` } })),
      };
      expect(completion).toMatchObject({
        choices: [{ message, finish_reason: 'tool_calls' }],
        usage: { prompt_tokens: 100, completion_tokens: 10 },
      });
      expect(frames.slice(-3).map(({ data }) => (data as { choices?: unknown[] }).choices?.length ?? data)).toEqual([
        1,
        0,
        '[DONE]',
      ]);
    },
  );

  it.each([
    ['required', 'You must call one of the tools.'],
    [{ type: 'function', function: { name: 'get' } }, 'You must call the tool get.'],
  ])(
    'case 151: tool_choice %j of a model that can not be forced becomes auto and an instruction',
    async (choice, hint) => {
      const { answer, sent } = await ask({ tool_choice: choice, tools: [chatFunction('get')] });
      expect(answer.status, answer.text).toBe(200);
      expect(sent).toMatchObject({ tool_choice: { type: 'auto' } });
      expect(bed.upstream.requests.at(-1)!.asked.system).toContain(hint);
      expect(answer.headers['x-router-warnings']).toContain('tool_choice became an instruction');
    },
  );

  it('a forced tool stays forced where the model takes that, without reasoning', async () => {
    const { sent } = await ask({
      model: 'anthropic/claude-opus-5',
      tool_choice: 'required',
      tools: [chatFunction('get')],
    });
    expect(sent).toMatchObject({ tool_choice: { type: 'any' }, thinking: { type: 'disabled' } });
  });

  it('case 152: max_tokens is filled in from what is known of the model, and what the client says wins', async () => {
    expect((await ask({})).sent).toMatchObject({ max_tokens: 128_000 });
    expect((await ask({ model: 'anthropic/model' })).sent).toMatchObject({ max_tokens: 8192 });
    expect((await ask({ max_tokens: 5, max_completion_tokens: 77 })).sent).toMatchObject({ max_tokens: 77 });
  });

  it('case 155: cache marks are set at the end of the instructions and of the conversation, never more than four', async () => {
    const marked = { type: 'text', text: 'x', cache_control: { type: 'ephemeral' } };
    const none = await ask({ messages: [] }, text('ok'), [{ role: 'system', content: 'Be brief.' }]);
    expect(none.sent).toMatchObject({
      system: [{ text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
      messages: [{ content: [{ type: 'text', cache_control: { type: 'ephemeral' } }] }],
    });
    for (const [own, total] of [
      [3, 4],
      [4, 4],
    ] as const) {
      const { answer, sent } = await ask({}, text('ok'), [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: Array.from({ length: own }, () => marked) },
      ]);
      expect(answer.status).toBe(200);
      expect(JSON.stringify(sent).match(/cache_control/g)).toHaveLength(total);
    }
  });

  it.each([
    [{ temperature: 0.5 }, 'claude-haiku-4-5', '2023-06-01', { temperature: 0.5 }],
    [{ temperature: 0.5 }, 'claude-opus-5-5', '2026-10-21', {}],
    [{ temperature: 1.7 }, 'claude-haiku-4-5', '2023-06-01', { temperature: 1 }],
    [{ temperature: 0.5, top_p: 0.9 }, 'claude-haiku-4-5', '2023-06-01', { temperature: 0.5 }],
    [{}, 'claude-haiku-4-5', '2026-10-21', {}],
  ])('with %j at %s is asked under the version %s', async (fields, model, version, sampling) => {
    const { sent, headers } = await ask({ model: `anthropic/${model}`, ...fields });
    expect(headers).toMatchObject({ 'anthropic-version': version });
    const { temperature, top_p: topP } = sent as Record<string, unknown>;
    expect(JSON.parse(JSON.stringify({ temperature, top_p: topP }))).toEqual(sampling);
  });

  it.each([
    ['high', 'claude-opus-5-5', { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } }],
    ['minimal', 'claude-opus-5-5', { output_config: { effort: 'low' } }],
    ['xhigh', 'claude-sonnet-4-6', { output_config: { effort: 'high' } }],
    ['none', 'claude-opus-5-5', { output_config: { effort: 'low' } }],
    ['none', 'claude-opus-5', { thinking: { type: 'disabled' } }],
    ['medium', 'claude-haiku-4-5', { thinking: { type: 'enabled', budget_tokens: 8192 } }],
  ])('asks with reasoning_effort %s at %s as that model takes it', async (effort, model, expected) => {
    const { answer, sent } = await ask({ model: `anthropic/${model}`, reasoning_effort: effort });
    expect(answer.status, answer.text).toBe(200);
    expect(sent).toMatchObject(expected);
  });

  it('gives reasoning to the client and takes it back into its place', async () => {
    const first = await ask(
      { tools: [chatFunction('get')] },
      { blocks: [{ type: 'thinking', thinking: 'let me see' }, call('get', {}, 'toolu_1')] },
    );
    const { message } = (first.answer.json() as { choices: [{ message: Record<string, unknown> }] }).choices[0];
    expect(message).toMatchObject({ content: null, reasoning_content: 'let me see' });
    const second = await ask({
      tools: [chatFunction('get')],
      messages: [message, { role: 'tool', tool_call_id: 'toolu_1', content: 'done' }],
    });
    expect(second.sent).toMatchObject({
      messages: [
        {},
        { content: [{ type: 'thinking', thinking: 'let me see', signature: 'c2lnbmF0dXJl' }, { type: 'tool_use' }] },
        {},
      ],
    });
  });

  it('puts instructions in mid-conversation where the model takes them, else into a reminder', async () => {
    const developer = { role: 'developer', content: 'Speak French.' };
    const { sent } = await ask({ messages: [developer] });
    expect(sent).toMatchObject({
      messages: [{ role: 'user' }, { role: 'system', content: [{ text: 'Speak French.' }] }],
    });
    const older = await ask({ model: 'anthropic/claude-haiku-4-5', messages: [developer] });
    expect(JSON.stringify(older.sent)).toContain('<system-reminder>\\nSpeak French.\\n</system-reminder>');
  });

  it('takes a conversation that the assistant began, and one of instructions alone', async () => {
    const begun = await ask({}, text('ok'), [{ role: 'assistant', content: 'How can I help?' }]);
    expect(begun.answer.status, begun.answer.text).toBe(200);
    const marker = bed.answering(text('ok'));
    const alone = await bed.post('/v1/chat/completions', {
      model: opus,
      messages: [{ role: 'system', content: marker }],
    });
    expect(alone.status, alone.text).toBe(200);
  });

  it('closes the schema of the answer for Anthropic', async () => {
    const schema = { type: 'object', properties: { age: { type: 'integer', minimum: 0 } }, required: ['age'] };
    const { sent } = await ask({ response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } });
    expect(sent).toMatchObject({
      output_config: {
        format: {
          type: 'json_schema',
          schema: { ...schema, properties: { age: { type: 'integer' } }, additionalProperties: false },
        },
      },
    });
  });

  it('says what it could not express', async () => {
    const { answer } = await ask({ seed: 7, logit_bias: { 1: 2 }, frequency_penalty: 0, stop: [' ', 'END'] });
    expect(answer.headers['x-router-warnings']).toBe(
      'stop: sequences of space alone dropped; seed dropped: not supported; logit_bias dropped: not supported',
    );
  });

  it('runs custom tools on one text', async () => {
    const tools = [{ type: 'custom', custom: { name: 'apply_patch', description: 'Patches files' } }];
    const { answer, sent } = await ask({ tools }, { blocks: [call('apply_patch', { input: '*** Begin' }, 'toolu_9')] });
    expect(sent).toMatchObject({ tools: [{ name: 'apply_patch', input_schema: { required: ['input'] } }] });
    expect(answer.json()).toMatchObject({
      choices: [
        {
          message: {
            tool_calls: [{ id: 'toolu_9', type: 'custom', custom: { name: 'apply_patch', input: '*** Begin' } }],
          },
        },
      ],
    });
  });

  it('makes ids of calls legal, and the same for the call and its result', async () => {
    const { answer, sent } = await ask({
      messages: [
        { role: 'assistant', content: '', tool_calls: [toolCall('functions.get:0', 'get', {})] },
        { role: 'tool', tool_call_id: 'functions.get:0', content: 'one' },
        { role: 'assistant', content: '', tool_calls: [toolCall('functions.get:0', 'get', {})] },
        { role: 'tool', tool_call_id: 'functions.get:0', content: 'two' },
      ],
      tools: [chatFunction('get')],
    });
    expect(answer.status, answer.text).toBe(200);
    expect(bed.upstream.requests.at(-1)!.asked.messages.flatMap(({ results }) => results.map((r) => r.text))).toEqual([
      'one',
      'two',
    ]);
    expect(JSON.stringify(sent)).not.toContain('functions.get:0');
  });

  it.each([false, true])('answers clients that know only functions in their form (streamed: %s)', async (stream) => {
    const functions = [{ name: 'get', parameters: { type: 'object', properties: {} } }];
    const reply = { blocks: [call('get', { a: 1 })] };
    const { answer, sent } = await ask(
      { stream, functions, function_call: { name: 'get' }, model: 'anthropic/claude-haiku-4-5' },
      reply,
    );
    expect(sent).toMatchObject({ tool_choice: { type: 'tool', name: 'get', disable_parallel_tool_use: true } });
    const told = stream
      ? framesOf(answer.text)
          .map(({ data }) => JSON.stringify(data))
          .join('\n')
      : answer.text;
    expect(told).toContain('"finish_reason":"function_call"');
    expect(told).toContain('"function_call":{"name":"get"');
    expect(told).not.toContain('tool_calls');
    const turns = [
      { role: 'assistant', content: null, function_call: { name: 'get', arguments: '{"a":1}' } },
      { role: 'function', name: 'get', content: 'done' },
    ];
    const next = await ask({ functions, messages: turns });
    expect(next.sent).toMatchObject({
      messages: [
        {},
        { content: [{ type: 'tool_use', name: 'get', input: { a: 1 } }] },
        { content: [{ type: 'tool_result', content: 'done' }] },
      ],
    });
  });

  it('is asked to go on where its own message is the last and the model continues none', async () => {
    const messages = [{ role: 'assistant', content: 'Once upon' }];
    expect((await ask({ messages })).sent).toMatchObject({ messages: [{}, {}, { role: 'user' }] });
    const older = await ask({ model: 'anthropic/claude-haiku-4-5', messages });
    expect((older.sent as { messages: unknown[] }).messages).toHaveLength(2);
  });

  it('does not think in a turn of calls that began without thinking, where the model may not', async () => {
    const messages = [
      { role: 'assistant', content: null, tool_calls: [toolCall('a', 'get', {})] },
      { role: 'tool', tool_call_id: 'a', content: 'x' },
    ];
    const more = { reasoning_effort: 'high', tools: [chatFunction('get')], messages };
    const { answer, sent } = await ask({ model: 'anthropic/claude-haiku-4-5', ...more });
    expect(sent).not.toHaveProperty('thinking');
    expect(answer.headers['x-router-warnings']).toContain('reasoning effort dropped');
    expect((await ask(more)).sent).toMatchObject({ thinking: { type: 'adaptive' } });
  });

  it.each(['no JSON', '{"a":', '['.repeat(100_000), '5'])(
    'keeps arguments that are no object as they are: %.20s',
    async (raw) => {
      const made = { id: 'a', type: 'function', function: { name: 'get', arguments: raw } };
      const messages = [
        { role: 'assistant', content: null, tool_calls: [made] },
        { role: 'tool', tool_call_id: 'a', content: 'x' },
      ];
      const { answer, sent } = await ask({ tools: [chatFunction('get')], messages });
      expect(answer.status).toBe(200);
      const input = { __unparsedToolInput: { raw, len: raw.length } };
      expect(sent).toMatchObject({ messages: [{}, { content: [{ input }] }, {}] });
    },
  );
});
