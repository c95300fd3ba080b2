import { describe, expect, it } from 'vitest';
import { Failure } from '../../call/failure.ts';
import type { MessagesRequest } from '../../protocol/messages.ts';
import type { EncodeInput } from '../dialect.ts';
import { plainQuirks } from '../quirks.ts';
import { packReasoning } from '../shared/reasoning-state.ts';
import { encodeRequest } from './request.ts';
import { reviseRequest } from './revise.ts';

const signature = packReasoning({
  provider: 'acme',
  model: 'm',
  state: { id: 'rs_1', encrypted: 'gAAA', next: 'message' },
});

const input: EncodeInput = {
  request: {
    model: 'claude',
    max_tokens: 2000,
    temperature: 0.5,
    thinking: { type: 'adaptive' },
    output_config: { effort: 'max' },
    messages: [
      { role: 'user', content: 'hi' },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: '', signature },
          { type: 'text', text: 'Hello.' },
        ],
      },
      { role: 'user', content: 'more' },
    ],
  } satisfies MessagesRequest,
  ...{ rawBody: undefined, callId: 'c', provider: 'acme', model: 'm', stream: false, sessionId: undefined },
  quirks: { ...plainQuirks, reasoningRequest: 'reasoning_effort', efforts: ['low', 'high', 'max'] },
  ...{ abilities: {}, anthropicHeaders: {} },
};

describe('a request that the service refused', () => {
  it.each<[string, string, unknown]>([
    [
      'a summary',
      'Your organization must be verified to generate reasoning summaries.',
      { reasoning: { effort: 'max' } },
    ],
    [
      'an effort',
      "Unsupported value: 'reasoning.effort' does not support 'max' with this model. Supported values are: 'low', and 'medium'.",
      { reasoning: { effort: 'medium', summary: 'auto' } },
    ],
    ['a temperature', "Unsupported parameter: 'temperature' is not supported with this model.", {}],
  ])('for %s is asked without it', (_, message, fields) => {
    expect(sentAfter(message)).toMatchObject(fields as object);
  });

  it.each([
    ["Unsupported parameter: 'temperature' is not supported with this model.", 'temperature'],
    ['Encrypted content is not supported with this model.', 'include'],
    ["Unsupported parameter: 'reasoning.effort' is not supported with this model.", 'reasoning'],
  ])('with "%s" is asked without %s', (message, field) => {
    expect(sentAfter(message)).not.toHaveProperty(field);
  });

  it.each([
    'The encrypted content gAAA... could not be verified.',
    "Item 'rs_1' of type 'reasoning' was provided without its required following item.",
  ])('with "%s" is asked without earlier reasoning', (message) => {
    expect(JSON.stringify(encoded(input))).toContain('gAAA');
    expect(JSON.stringify(sentAfter(message))).not.toContain('gAAA');
  });

  it('is not asked again for anything else', () => {
    expect(revised('The image is broken.')).toBeUndefined();
    expect(revised('reasoning.summary', 'upstream-error')).toBeUndefined();
  });

  it('is not asked again without what it did not hold', () => {
    const bare = { ...input, request: { ...input.request, thinking: { type: 'disabled' }, messages: [] } };
    expect(reviseRequest(failure("Item 'rs_1' of type 'reasoning' was provided"), bare)).toBeUndefined();
    const hidden = { ...bare, request: { ...bare.request, thinking: { type: 'adaptive', display: 'omitted' } } };
    expect(reviseRequest(failure('reasoning summaries need a verified organization'), hidden)).toBeUndefined();
  });
});

function failure(message: string, kind: Failure['kind'] = 'upstream-refused-request'): Failure {
  return new Failure(kind, message);
}

function revised(message: string, kind?: Failure['kind']) {
  return reviseRequest(failure(message, kind), input);
}

function sentAfter(message: string): unknown {
  const revision = revised(message);
  expect(revision?.warning).toMatch(/left out|changed/);
  return encoded(revision!.input);
}

function encoded(of: EncodeInput): unknown {
  return JSON.parse(encodeRequest(of).body.toString('utf8'));
}
