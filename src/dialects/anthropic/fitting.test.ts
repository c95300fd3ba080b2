import { describe, expect, it } from 'vitest';
import type { JsonObject, MessagesRequest } from '../../protocol/messages.ts';
import type { EncodeInput } from '../dialect.ts';
import { plainQuirks, type Quirks } from '../quirks.ts';
import { anthropic } from './index.ts';

/** What a service with these quirks is sent. */
function encode(text: string, quirks: Partial<Quirks>, changes: Partial<EncodeInput> = {}) {
  return anthropic.encodeRequest({
    request: JSON.parse(text) as MessagesRequest,
    rawBody: Buffer.from(text),
    ...{ callId: 'req_1', provider: 'cloud', model: 'm', stream: false, abilities: {}, sessionId: undefined },
    quirks: { ...plainQuirks, ...quirks },
    anthropicHeaders: {},
    ...changes,
  });
}

const named: Partial<Quirks> = { bodyVersion: 'cloud-1', streamField: false, betaPlace: 'body' };

describe('the form that a cloud takes', () => {
  it('keeps the bytes of every value that stays', () => {
    const body =
      '{ "model":"m","messages": [ {"role" : "user","content":"\\u00fc"} ] ,"max_tokens":1e2, "stream":false}';
    expect(encode(body, named).body.toString()).toBe(
      '{"anthropic_version":"cloud-1","messages":[ {"role" : "user","content":"\\u00fc"} ],"max_tokens":1e2}',
    );
  });

  it('takes betas from header and body, each once', () => {
    const body = JSON.stringify({ model: 'm', messages: [], anthropic_beta: ['b', 'c'] });
    const { body: sent, headers } = encode(body, named, { anthropicHeaders: { 'anthropic-beta': 'a, b' } });
    expect(JSON.parse(sent.toString()).anthropic_beta).toEqual(['a', 'b', 'c']);
    expect(headers).toEqual({ 'content-type': 'application/json' });
  });

  it.each<[string, JsonObject, JsonObject]>([
    [
      'a choice of a tool that is gone',
      {
        tools: [{ type: 'web_search_20250305', name: 'web_search' }, { name: 'ls' }],
        tool_choice: { type: 'tool', name: 'web_search' },
      },
      { tools: [{ name: 'ls' }] },
    ],
    [
      'no choice of a tool that stays',
      { tools: [{ type: 'web_search_20250305', name: 'web_search' }, { name: 'ls' }], tool_choice: { type: 'any' } },
      { tools: [{ name: 'ls' }], tool_choice: { type: 'any' } },
    ],
    [
      'tools and choice where none is left',
      { tools: [{ type: 'code_execution_20250825', name: 'c' }], tool_choice: { type: 'any' } },
      {},
    ],
    [
      'no tool that the client runs',
      { tools: [{ type: 'bash_20250124', name: 'bash' }] },
      { tools: [{ type: 'bash_20250124', name: 'bash' }] },
    ],
  ])('leaves out %s', (_, fields, left) => {
    const body = JSON.stringify({ model: 'm', messages: [], ...fields });
    expect(JSON.parse(encode(body, { serverTools: [] }).body.toString())).toEqual({
      model: 'm',
      messages: [],
      ...left,
    });
  });

  it('leaves out a field of each tool without its beta, and keeps it with it', () => {
    const body = JSON.stringify({
      model: 'm',
      messages: [],
      tools: [{ name: 'a', defer_loading: true }, { name: 'b' }],
    });
    const quirks: Partial<Quirks> = { fieldBetas: { 'tools.defer_loading': ['tool-search-'] } };
    const { body: without, warnings } = encode(body, quirks);
    expect(JSON.parse(without.toString()).tools).toEqual([{ name: 'a' }, { name: 'b' }]);
    expect(warnings).toEqual(['tools.defer_loading dropped: not taken by cloud']);
    const headers = { 'anthropic-beta': 'tool-search-tool-2025-10-19' };
    expect(encode(body, quirks, { anthropicHeaders: headers }).body.toString()).toBe(body);
  });

  it('reduces cache marks wherever they stand, in the results of tools too', () => {
    const cache_control = { type: 'ephemeral', ttl: '1h', scope: 'global' };
    const block = { type: 'text', text: 'x', cache_control };
    const result = { type: 'tool_result', tool_use_id: 't', content: [block] };
    const body = JSON.stringify({ model: 'm', system: [block], messages: [{ role: 'user', content: [result] }] });
    const { body: sent, warnings } = encode(body, { cacheFields: ['type', 'ttl'] });
    const reduced = { ...block, cache_control: { type: 'ephemeral', ttl: '1h' } };
    expect(JSON.parse(sent.toString())).toEqual({
      model: 'm',
      system: [reduced],
      messages: [{ role: 'user', content: [{ ...result, content: [reduced] }] }],
    });
    expect(warnings).toEqual(['cache_control.scope dropped: not taken by cloud']);
  });
});
