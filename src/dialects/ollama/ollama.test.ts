import { describe, expect, it } from 'vitest';
import type { EncodeInput } from '../dialect.ts';
import { ollamaGenerate } from '../ollama-generate/index.ts';
import { plainQuirks } from '../quirks.ts';
import { ollama } from './index.ts';

function inputFor(fields: Record<string, unknown>, abilities: EncodeInput['abilities'] = {}): EncodeInput {
  return {
    request: { model: 'any', max_tokens: 100, messages: [{ role: 'user', content: 'Hello' }], ...fields },
    ...{ rawBody: undefined, callId: 'req_1', provider: 'home', model: 'llama3', stream: true, quirks: plainQuirks },
    ...{ abilities, sessionId: undefined, anthropicHeaders: {} },
  };
}

function sent(input: EncodeInput): Record<string, unknown> {
  return JSON.parse(ollama.encodeRequest(input).body.toString('utf8')) as Record<string, unknown>;
}

describe('case 134: the window to ask for', () => {
  const windowOf = (abilities: EncodeInput['abilities'], prompt = 100, maxTokens = 32_000) => {
    const input = inputFor({ max_tokens: maxTokens }, { ...abilities, promptTokens: () => prompt });
    return (sent(input).options as { num_ctx: number }).num_ctx;
  };

  it.each([
    ['the configured one', { contextWindow: 200_000, windowConfigured: true }, 100, 200_000],
    ['the configured one, also for a longer prompt', { contextWindow: 8192, windowConfigured: true }, 9000, 8192],
    ['that of the model', { contextWindow: 8192 }, 100, 8192],
    ['not all of a very large one', { contextWindow: 262_144 }, 100, 65_536],
    ['more of a very large one for a prompt that needs it', { contextWindow: 262_144 }, 70_000, 131_072],
    ['never more than the model has', { contextWindow: 100_000 }, 99_000, 100_000],
    ['room for an agent where nothing is known', {}, 100, 32_768],
    ['more where nothing is known and the prompt needs it', {}, 30_000, 65_536],
    ['much more for a very long prompt', {}, 300_000, 524_288],
  ])('is %s', (_, abilities, prompt, window) => {
    expect(windowOf(abilities, prompt)).toBe(window);
  });

  it('leaves room for a short answer', () => {
    expect(windowOf({}, 31_000, 100)).toBe(32_768);
    expect(windowOf({}, 31_000, 1000)).toBe(65_536);
  });

  it('is sent also where nothing can be estimated', () => {
    expect(sent(inputFor({})).options).toMatchObject({ num_ctx: 32_768 });
  });
});

describe('think', () => {
  const levels = ['low', 'medium', 'high'];
  const enabled = (budget: number) => ({ thinking: { type: 'enabled', budget_tokens: budget } });
  const effort = (level: string) => ({ thinking: { type: 'adaptive' }, output_config: { effort: level } });
  it.each([
    ['is left to the model where the client does', { thinking: { type: 'adaptive' } }, {}, undefined],
    ['is on for a budget', enabled(2000), {}, true],
    ['is on for an effort', effort('low'), {}, true],
    ['is off where it is disabled', { thinking: { type: 'disabled' } }, {}, false],
    ['is a level where the model has levels', effort('medium'), { efforts: levels }, 'medium'],
    ['is the nearest level', effort('max'), { efforts: levels }, 'high'],
    ['is the lowest level where it can not be off', { thinking: { type: 'disabled' } }, { efforts: levels }, 'low'],
    ['is off where levels can be', { thinking: { type: 'disabled' } }, { efforts: ['none', ...levels] }, false],
    ['is no level that the server does not know', effort('xhigh'), { efforts: ['xhigh'] }, true],
    ['is not asked of a model that does not think', enabled(2000), { reasoning: false }, undefined],
  ])('%s', (_, fields, abilities, think) => {
    expect(sent(inputFor(fields, abilities)).think).toBe(think);
  });
});

describe('case 62: a model that refuses to think', () => {
  const input = inputFor({ thinking: { type: 'enabled', budget_tokens: 2000 } });
  const failureFor = (error: string, status = 400) => {
    const { exchange } = ollama.encodeRequest(input);
    return ollama.decodeFailure({ status, headers: {}, body: Buffer.from(JSON.stringify({ error })) }, exchange);
  };

  it.each([
    ['"llama3" does not support thinking'],
    ['json: cannot unmarshal string into Go struct field ChatRequest.think of type bool'],
    ['think value "medium" is not supported for this model'],
  ])('is asked once more without it: %s', (error) => {
    const revision = ollama.reviseRequest!(failureFor(error), input)!;
    expect(sent(revision.input)).not.toHaveProperty('think');
    expect(revision.warning).toBe('thinking left out: home/llama3 refused it');
    expect(ollama.reviseRequest!(failureFor(error), revision.input)).toBeUndefined();
    expect(ollamaGenerate.reviseRequest!(failureFor(error), input)).toBeDefined();
  });

  it.each([
    ['"llama3" does not support tools', 400],
    ['model "thinker" not found', 404],
    ['does not support thinking', 500],
  ])('is told of everything else as it is: %s', (error, status) => {
    expect(ollama.reviseRequest!(failureFor(error, status), input)).toBeUndefined();
  });

  it('is not asked once more where it was not asked to think', () => {
    expect(ollama.reviseRequest!(failureFor('does not support thinking'), inputFor({}))).toBeUndefined();
  });
});

describe('the usage of a stream', () => {
  const usageOf = (counts: Record<string, number>) => {
    const stream = ollama.openStream(ollama.encodeRequest(inputFor({}, { promptTokens: () => 70 })).exchange);
    const line = { model: 'llama3', message: { content: 'Twelve chars' }, done: true, ...counts };
    const events = stream.push(Buffer.from(`${JSON.stringify(line)}\n`));
    const { usage } = events.find((event) => event.type === 'message_delta')!.data as { usage: object };
    return { usage, estimated: stream.usageEstimated };
  };

  it('is the one that the server counted', () => {
    const counted = usageOf({ prompt_eval_count: 20, eval_count: 5 });
    expect(counted).toMatchObject({ usage: { input_tokens: 20, output_tokens: 5 }, estimated: false });
  });

  it('case 90: is estimated, and marked so, where the server counted nothing', () => {
    expect(usageOf({})).toMatchObject({ usage: { input_tokens: 70, output_tokens: 3 }, estimated: true });
  });
});

describe('a call in a stream', () => {
  const call = (path: string) => ({ function: { name: 'Read', arguments: { path } } });
  const pushed = (...messages: object[]) => {
    const stream = ollama.openStream(ollama.encodeRequest(inputFor({})).exchange);
    const events = messages.flatMap((message) => stream.push(Buffer.from(`${JSON.stringify({ message })}\n`)));
    const shown = events.flatMap(({ data }) => (data.type === 'content_block_start' ? [data.content_block] : []));
    return { stream, shown: shown.map((block) => (block as { type: string }).type) };
  };

  it('is held until more comes, since it will be run and the stream may yet be cut', () => {
    const { stream, shown } = pushed({ content: 'I read.' }, { tool_calls: [call('a')] });
    expect(shown).toEqual(['text']);
    expect(stream.end()).toEqual([]);
    expect(stream.failure?.kind).toBe('upstream-cut');
  });

  it.each([
    ['text', { content: 'Done.' }],
    ['thinking', { thinking: 'Hm.' }],
  ])('stands in front of what comes behind it: %s', (type, message) => {
    expect(pushed({ tool_calls: [call('a')] }, message).shown).toEqual(['tool_use', type]);
    expect(pushed({ tool_calls: [{ function: { name: 'Read' } }] }, message).shown).toEqual(['tool_use', type]);
  });

  it('stands in front of the next one', () => {
    expect(pushed({ tool_calls: [call('a'), call('b')] }, { tool_calls: [call('c')] }).shown).toEqual([
      'tool_use',
      'tool_use',
    ]);
  });
});
