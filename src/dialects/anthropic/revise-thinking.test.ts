import { describe, expect, it } from 'vitest';
import { Failure } from '../../call/failure.ts';
import type { MessagesRequest } from '../../protocol/messages.ts';
import type { EncodeInput } from '../dialect.ts';
import { plainQuirks } from '../quirks.ts';
import { reviseThinking } from './revise-thinking.ts';

const thinking = { type: 'thinking', thinking: 'Look.', signature: 'EqQB' };
const call = { type: 'tool_use', id: 't1', name: 'Read', input: {} };
const result = { type: 'tool_result', tool_use_id: 't1', content: 'text' };
const inLoop = [
  { role: 'user', content: 'Read' },
  { role: 'assistant', content: [thinking, call] },
  { role: 'user', content: [result] },
];
const invalid = 'messages.1.content.0: Invalid `signature` in `thinking` block';
const missing = 'messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`.';

function revised(words: string, request: object) {
  const input: EncodeInput = {
    request: { model: 'm', ...request } as MessagesRequest,
    ...{ rawBody: Buffer.from('{}'), callId: 'req_1', provider: 'anthropic', model: 'm', stream: false },
    ...{ quirks: plainQuirks, abilities: {}, sessionId: undefined, anthropicHeaders: {} },
  };
  const revision = reviseThinking(new Failure('upstream-refused-request', words), input);
  if (revision) expect(revision.input.rawBody).toBeUndefined();
  return revision?.input.request;
}

describe('a second request', () => {
  it('goes without the thinking of earlier turns where its signature is refused', () => {
    const request = revised(invalid, { messages: inLoop, thinking: { type: 'adaptive' } });
    expect(request).toMatchObject({ messages: [{}, { content: [call] }, {}], thinking: { type: 'adaptive' } });
  });

  it('drops a turn that was nothing else', () => {
    const messages = [{ role: 'user', content: 'a' }, { role: 'assistant', content: [thinking] }, inLoop[0]];
    expect(revised(invalid, { messages })?.messages).toEqual([messages[0], messages[2]]);
  });

  it('goes without thinking where a turn of tools would have to begin with it', () => {
    const request = { messages: inLoop, thinking: { type: 'enabled', budget_tokens: 2048 } };
    expect(revised(invalid, request)?.thinking).toEqual({ type: 'disabled' });
    expect(revised(missing, request)).toMatchObject({ thinking: { type: 'disabled' }, messages: inLoop });
  });

  it.each([
    ['there is no earlier thinking', invalid, { messages: [inLoop[0]] }],
    ['thinking is not what was asked for', missing, { messages: inLoop, thinking: { type: 'adaptive' } }],
    ['something else was refused', 'temperature: Extra inputs are not permitted', { messages: inLoop }],
  ])('is not made where %s', (_what, words, request) => {
    expect(revised(words, request)).toBeUndefined();
  });
});
