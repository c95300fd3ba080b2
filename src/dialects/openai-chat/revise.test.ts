import { describe, expect, it } from 'vitest';
import { Failure, type FailureKind } from '../../call/failure.ts';
import type { MessagesRequest } from '../../protocol/messages.ts';
import type { EncodeInput } from '../dialect.ts';
import { plainQuirks, type Quirks } from '../quirks.ts';
import { reviseRequest } from './revise.ts';

function inputWith(quirks: Partial<Quirks> = {}, request: Partial<MessagesRequest> = {}): EncodeInput {
  return {
    request: { model: 'm', messages: [{ role: 'user', content: 'hi' }], ...request } as MessagesRequest,
    ...{ rawBody: undefined, callId: 'req_1', provider: 'acme', model: 'm', stream: false },
    ...{ quirks: { ...plainQuirks, ...quirks }, abilities: {}, sessionId: undefined, anthropicHeaders: {} },
  };
}

const revised = (words: string, input: EncodeInput, kind: FailureKind = 'upstream-refused-request') =>
  reviseRequest(new Failure(kind, `acme: ${words}`), input);

describe('a second request', () => {
  const cases: [words: string, before: Partial<Quirks>, after: Partial<Quirks>][] = [
    [
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      {},
      { maxTokensField: 'max_completion_tokens' },
    ],
    [
      'body.max_completion_tokens: Extra inputs are not permitted',
      { maxTokensField: 'max_completion_tokens' },
      { maxTokensField: 'max_tokens' },
    ],
    [
      'Function tools with reasoning_effort are not supported for m in /v1/chat/completions. Please use /v1/responses',
      { reasoningRequest: 'reasoning_effort' },
      { reasoningWithTools: false, efforts: ['none'] },
    ],
    [
      'The reasoning_content in the thinking mode must be passed back to the API.',
      {},
      { reasoningReplay: 'reasoning_content' },
    ],
    [
      'Unrecognized request argument supplied: reasoning_effort',
      { reasoningRequest: 'reasoning_effort' },
      { reasoningRequest: 'none' },
    ],
    [
      '`thinking` is not supported by this model',
      { reasoningRequest: 'thinking-switch' },
      { reasoningRequest: 'none' },
    ],
    ['body.stream_options: Extra inputs are not permitted', {}, { streamOptions: false }],
    ['Unknown parameter: parallel_tool_calls', { parallelToolCalls: true }, { parallelToolCalls: false }],
    ["Invalid tool_choice type: 'object'. Supported string values: none, auto, required", {}, { toolChoice: 'string' }],
    ['tool_choice is not supported', {}, { toolChoice: 'none' }],
    ["Unsupported value: 'temperature' does not support 0.2 with this model.", {}, { sampling: 'none' }],
    ["Unsupported parameter: 'top_p' is not supported with this model.", {}, { sampling: 'none' }],
    ['unexpected keyword argument top_k', { topK: true }, { topK: false }],
    ['Model grok-4 does not support parameter stop.', {}, { maxStopSequences: 0 }],
    ['Unrecognized request argument supplied: safety_identifier', { promptCacheKey: true }, { promptCacheKey: false }],
    ['This response_format type is unavailable now', {}, { jsonSchema: 'none' }],
    [
      'messages[0].role: unknown variant `developer`, expected one of `system`, `user`',
      { systemRole: 'developer' },
      { systemRole: 'system' },
    ],
    ["Unsupported value: 'messages[0].role' does not support 'system' with this model.", {}, { systemRole: 'none' }],
    ["Unexpected role 'user' after role 'tool'", {}, { userAfterTools: 'bridged' }],
    ['failed to parse grammar', {}, { toolSchemas: 'grammar' }],
    ['m is not a multimodal model', {}, { images: false }],
    ['No endpoints found that support image input', {}, { images: false }],
  ];
  it.each(cases)('heeds: %s', (words, before, after) => {
    const input = inputWith(before);
    const revision = revised(words, input);
    expect(revision?.input.quirks).toMatchObject(after);
    expect(revision?.warning).toMatch(/refused upstream$/);
    expect(input.quirks).toEqual({ ...plainQuirks, ...before });
  });

  it.each(cases)('is not made where it would be the first again: %s', (words, _before, after) => {
    const revision = revised(words, inputWith(after));
    for (const [name, value] of Object.entries(after)) {
      if (revision) expect(revision.input.quirks[name as keyof Quirks]).toEqual(value);
    }
  });

  it.each([
    "This model's maximum context length is 8192 tokens, and you sent 9000",
    'messages.0: content is empty',
    'Invalid value for tools[0].function.name',
    'The response was filtered',
    'Please stop asking',
  ])('is not made where nothing is named that can be done without: %s', (words) => {
    expect(revised(words, inputWith())).toBeUndefined();
  });

  it.each<FailureKind>(['upstream-rate-limit', 'upstream-credential', 'upstream-overloaded', 'upstream-cut'])(
    'is not made after %s',
    (kind) => {
      expect(revised('temperature is not supported', inputWith(), kind)).toBeUndefined();
    },
  );

  it('is calmer where the model wrote a call that can not be read, and only once', () => {
    const words = "Failed to call a function. See 'failed_generation'.";
    expect(revised(words, inputWith({}, { temperature: 0.8 }))?.input.request.temperature).toBe(0.2);
    expect(revised(words, inputWith())?.input.request.temperature).toBe(0.2);
    expect(revised(words, inputWith({}, { temperature: 0.1 }))).toBeUndefined();
  });
});
