import { describe, expect, it } from 'vitest';
import { Failure } from '../../call/failure.ts';
import type { JsonObject, MessagesRequest } from '../../protocol/messages.ts';
import type { EncodeInput } from '../dialect.ts';
import { plainQuirks, type Quirks } from '../quirks.ts';
import { reviseFields } from './revise-fields.ts';

const cloud: Partial<Quirks> = { bodyFields: ['messages', 'tools', 'system'] };

function revise(words: string, fields: JsonObject, quirks = cloud, headers: Record<string, string> = {}, status = 400) {
  const request: MessagesRequest = { model: 'm', messages: [], ...fields };
  const input: EncodeInput = {
    ...{ request, rawBody: Buffer.from('{}'), callId: 'c', provider: 'cloud', model: 'm', stream: false },
    ...{ quirks: { ...plainQuirks, ...quirks }, abilities: {}, sessionId: undefined, anthropicHeaders: headers },
  };
  return reviseFields(new Failure('upstream-refused-request', words, { upstreamStatus: status }), input);
}

const refused = (path: string) => `cloud: ${path}: Extra inputs are not permitted`;

describe('a request that a cloud refused', () => {
  it.each<[string, string, JsonObject, JsonObject]>([
    ['a field at the top', 'output_config', { output_config: { effort: 'low' } }, {}],
    [
      'a field of every tool, where the first is named with its kind',
      'tools.0.custom.strict',
      {
        tools: [
          { name: 'a', strict: true },
          { name: 'b', strict: false },
        ],
      },
      { tools: [{ name: 'a' }, { name: 'b' }] },
    ],
    [
      'a field deep in the conversation',
      'messages.1.content.0.text.cache_control.ephemeral.ttl',
      {
        messages: [
          { role: 'user', content: 'x' },
          { role: 'user', content: [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral', ttl: '1h' } }] },
        ],
      },
      {
        messages: [
          { role: 'user', content: 'x' },
          { role: 'user', content: [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral' } }] },
        ],
      },
    ],
  ])('is asked again without %s', (_, path, fields, left) => {
    const revision = revise(refused(path), fields);
    expect(revision?.input.request).toEqual({ model: 'm', messages: [], ...left });
    expect(revision?.input.rawBody).toBeUndefined();
    expect(revision?.warning).toMatch(/ dropped: refused by cloud$/);
  });

  it('is asked again without all the fields that are named', () => {
    const words = `${refused('speed')}; output_config: Extra inputs are not permitted`;
    expect(revise(words, { speed: 'fast', output_config: {} })?.input.request).toEqual({ model: 'm', messages: [] });
  });

  it.each(['invalid beta flag', 'Unexpected value(s) `a` for the `anthropic-beta` header.'])(
    'is asked again without betas for: %s',
    (words) => {
      const revision = revise(words, {}, cloud, { 'anthropic-beta': 'a,b', 'user-agent': 'x' });
      expect(revision?.input.anthropicHeaders).toEqual({ 'user-agent': 'x' });
      expect(revision?.warning).toBe('anthropic-beta a,b dropped: refused by cloud');
    },
  );

  it.each([
    ['the field is not there', refused('speed'), {}, cloud, 400],
    ['the words say something else', 'max_tokens: must be positive', { max_tokens: -1 }, cloud, 400],
    ['no beta was asked for', 'invalid beta flag', {}, cloud, 400],
    ['it failed otherwise', refused('speed'), { speed: 'fast' }, cloud, 500],
    ['Anthropic itself refused it', refused('speed'), { speed: 'fast' }, {}, 400],
  ])('stays refused where %s', (_, words, fields, quirks, status) => {
    expect(revise(words, fields, quirks, {}, status)).toBeUndefined();
  });
});
