import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../call/failure.ts';
import { isUnread, lazyRequest } from './lazy-request.ts';

const padding = 'x'.repeat(20_000);
const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const turns = [{ role: 'user', content: padding }];

describe('a request that is parsed as it is looked at', () => {
  it('is the one that parsing the body gives', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string().filter((name) => name !== '__proto__'),
          fc.jsonValue(),
        ),
        fc.array(fc.record({ role: fc.constantFrom('user', 'assistant'), content: fc.jsonValue() })),
        fc.constantFrom(0, 0, 1),
        (fields, messages, indent) => {
          const text = JSON.stringify({ ...fields, model: 'm', messages, padding }, null, indent);
          const lazy = lazyRequest(Buffer.from(text));
          if (indent === 0 || messages.length === 0) expect(lazy).toBeDefined();
          if (lazy) expect({ ...lazy }).toEqual(JSON.parse(text));
        },
      ),
    );
  });

  it('reads what is asked for, and no more', () => {
    const lazy = lazyRequest(json({ model: 'm', system: 's', messages: turns }))!;
    expect([lazy.model, isUnread(lazy, 'model'), isUnread(lazy, 'messages')]).toEqual(['m', false, true]);
    expect(lazy.messages).toBe(lazy.messages);
  });

  it.each([
    ['short', json({ model: 'm', messages: [] })],
    ['cut', json({ model: 'm', messages: turns }).subarray(0, -1)],
    ['followed by more', Buffer.concat([json({ model: 'm', messages: turns }), Buffer.from('}')])],
    ['without a comma', Buffer.from(`{"messages":[] "a":"${padding}"}`)],
    ['with a comma too many', Buffer.from(`{"messages":[],"a":"${padding}",}`)],
    ['with a word that is none', Buffer.from(`{"messages":[],"b":yes,"a":"${padding}"}`)],
    ['with a number that is none', Buffer.from(`{"messages":[],"b":01,"a":"${padding}"}`)],
    ['a list', json([padding])],
    ['whose messages are no list', json({ messages: { a: padding } })],
    ['with a message that is none', json({ messages: [{ role: 'user', content: padding }, 5] })],
    ['with a role that is none', json({ messages: [{ role: 1, content: padding }] })],
    ['without messages', json({ model: 'm', padding })],
  ])('is not made of a body that is %s', (_, body) => {
    expect(lazyRequest(body)).toBeUndefined();
  });

  it('is made of no text that is no JSON, but for what stands inside of its strings', () => {
    const whole = `{"model":"m","messages":[{"role":"user","content":[{"a":-1.5e3,"b":[true,null]}]}],"p":"${padding}"}`;
    fc.assert(
      fc.property(fc.nat(90), fc.constantFrom(...'{}[]:,"\\0x '), fc.boolean(), (at, letter, inserts) => {
        const text = whole.slice(0, at) + letter + whole.slice(inserts ? at : at + 1);
        const lazy = lazyRequest(Buffer.from(text));
        let parsed: unknown;
        try {
          parsed = JSON.parse(text);
        } catch {}
        if (lazy === undefined) return;
        if (parsed !== undefined) expect({ ...lazy }).toEqual(parsed);
        else expect(() => ({ ...lazy })).toThrow(Failure);
      }),
      { numRuns: 2000 },
    );
  });
});
