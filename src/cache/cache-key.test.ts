import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Call } from '../call/call.ts';
import type { MessagesRequest } from '../protocol/messages.ts';
import { cacheKey } from './cache-key.ts';

function callOf(request: Record<string, unknown>, headers: Record<string, string> = {}, caller = 'alice'): Call {
  return {
    ...{ id: 'req_1', startedAt: 0, rawBody: undefined, query: '', sessionId: undefined },
    caller: { name: caller, permissions: new Set() },
    request: { model: 'm', messages: [], ...request } as MessagesRequest,
    headers,
    signal: new AbortController().signal,
  };
}

const key = (request: Record<string, unknown>, target = 't') => cacheKey(callOf(request), target, 'shared');
const json = fc.dictionary(fc.string(), fc.jsonValue());

describe('the key of a reply', () => {
  it('is the same in whatever order fields stand', () => {
    fc.assert(
      fc.property(json, (fields) => {
        const turned = Object.fromEntries(Object.entries(fields).reverse());
        expect(key({ fields: turned })).toBe(key({ fields }));
      }),
    );
  });

  it('is another for any other content', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        const same = isDeepStrictEqual(JSON.parse(JSON.stringify(one)), JSON.parse(JSON.stringify(other)));
        expect(key({ input: one }) === key({ input: other })).toBe(same);
      }),
    );
  });

  it.each([
    ['metadata', { metadata: { user_id: 'a' } }],
    ['the wish for a stream', { stream: true }],
    ['a cache mark', { tools: [{ name: 'a', cache_control: { type: 'ephemeral' } }] }, { tools: [{ name: 'a' }] }],
    [
      'a cache mark in a result',
      {
        messages: [
          {
            role: 'user',
            content: [{ type: 'tool_result', content: [{ type: 'text', text: 'a', cache_control: {} }] }],
          },
        ],
      },
      { messages: [{ role: 'user', content: [{ type: 'tool_result', content: [{ type: 'text', text: 'a' }] }] }] },
    ],
  ])('is the same without %s', (_, request, plain: Record<string, unknown> = {}) => {
    expect(key(request)).toBe(key(plain));
  });

  it.each([
    [
      'a tool is called with a cache mark',
      { messages: [{ content: [{ type: 'tool_use', input: { cache_control: 1 } }] }] },
      { messages: [{ content: [{ type: 'tool_use', input: {} }] }] },
    ],
    ['a text differs', { system: 'a' }, { system: 'b' }],
    ['a list differs in its order', { stop_sequences: ['a', 'b'] }, { stop_sequences: ['b', 'a'] }],
  ])('is another where %s', (_, one, other) => {
    expect(key(one)).not.toBe(key(other));
  });

  it('is another for another target, beta or caller', () => {
    const keys = [
      cacheKey(callOf({}), 't', 'key'),
      cacheKey(callOf({}), 'u', 'key'),
      cacheKey(callOf({}, { 'anthropic-beta': 'a' }), 't', 'key'),
      cacheKey(callOf({}, {}, 'bob'), 't', 'key'),
      cacheKey(callOf({}, { 'x-api-key': 'k' }), 't', 'key'),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(cacheKey(callOf({}, { authorization: 'Bearer k' }), 't', 'key')).toBe(keys[4]);
    expect(cacheKey(callOf({}, { authorization: 'Bearer k' }, 'bob'), 't', 'shared')).toBe(
      cacheKey(callOf({}), 't', 'shared'),
    );
  });
});
