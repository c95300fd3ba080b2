import { describe, expect, it } from 'vitest';
import type { EncodeInput } from '../dialect.ts';
import { plainQuirks } from '../quirks.ts';
import { gemini } from './index.ts';

const input: EncodeInput = {
  request: { model: 'm', max_tokens: 100, stream: true, messages: [{ role: 'user', content: 'Read it.' }] },
  rawBody: undefined,
  callId: 'call',
  provider: 'google',
  model: 'gemini-2.5-pro',
  stream: true,
  quirks: plainQuirks,
  abilities: {},
  sessionId: undefined,
  anthropicHeaders: {},
};

describe('a call in a stream', () => {
  const call = (path: string) => ({ functionCall: { name: 'Read', args: { path } } });
  const chunk = (parts: object[], more = {}) =>
    Buffer.from(`data: ${JSON.stringify({ candidates: [{ content: { role: 'model', parts }, ...more }] })}\n\n`);
  const pushed = (...chunks: Buffer[]) => {
    const stream = gemini.openStream(gemini.encodeRequest(input).exchange);
    const events = chunks.flatMap((bytes) => stream.push(bytes));
    return { stream, shown: typesOf(events) };
  };
  const typesOf = (events: ReturnType<ReturnType<typeof gemini.openStream>['push']>) =>
    events.flatMap(({ data }) =>
      data.type === 'content_block_start' ? [(data.content_block as { type: string }).type] : [],
    );

  it('is held until more comes, since it will be run and the stream may yet be cut', () => {
    const { stream, shown } = pushed(chunk([{ text: 'I read.' }]), chunk([call('a')]));
    expect(shown).toEqual(['text']);
    expect(stream.end()).toEqual([]);
    expect(stream.failure?.kind).toBe('upstream-cut');
  });

  it.each([
    ['text', { text: 'Done.' }],
    ['thinking', { text: 'Hm.', thought: true }],
  ])('stands in front of what comes behind it: %s', (type, part) => {
    expect(pushed(chunk([call('a')]), chunk([part])).shown).toEqual(['tool_use', type]);
  });

  it('stands in front of the next one', () => {
    expect(pushed(chunk([call('a'), call('b')]), chunk([call('c')])).shown).toEqual(['tool_use', 'tool_use']);
  });

  it('stands in front of what is signed behind it', () => {
    const last = chunk([{ text: '', thoughtSignature: 'c2lnbmVk' }], { finishReason: 'STOP' });
    const { stream, shown } = pushed(chunk([call('a')]), last);
    expect([...shown, ...typesOf(stream.end())]).toEqual(['tool_use', 'thinking']);
  });
});
