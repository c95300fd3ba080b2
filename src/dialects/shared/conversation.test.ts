import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../call/failure.ts';
import type { ContentBlock, InputMessage, MessagesRequest } from '../../protocol/messages.ts';
import { readConversation } from './conversation.ts';
import { packReasoning } from './reasoning-state.ts';

const user = (...content: (ContentBlock | string)[]): InputMessage => ({ role: 'user', content: content.map(block) });
const assistant = (...content: (ContentBlock | string)[]): InputMessage => ({
  role: 'assistant',
  content: content.map(block),
});
const system = (content: InputMessage['content']): InputMessage => ({ role: 'system', content });
const block = (value: ContentBlock | string): ContentBlock =>
  typeof value === 'string' ? { type: 'text', text: value } : value;
const call = (id: string, name = 'Read'): ContentBlock => ({ type: 'tool_use', id, name, input: { path: id } });
const result = (id: string, content?: unknown): ContentBlock =>
  ({ type: 'tool_result', tool_use_id: id, content }) as ContentBlock;

/** The turns in short: role, and each text, result or kind of block. */
function shown(messages: InputMessage[], rest: Partial<MessagesRequest> = {}, warnings: string[] = []): unknown[] {
  return readConversation({ model: 'm', messages, ...rest }, warnings).turns.map((turn) => {
    if (turn.role === 'system') return `system: ${turn.text}`;
    const results = turn.role === 'user' ? turn.results.map((outcome) => `${outcome.call.id} → ${outcome.text}`) : [];
    const blocks = turn.blocks.map((part) => (part.type === 'text' ? part.text : part.type));
    return [turn.role, ...results, ...blocks];
  });
}

describe('readConversation', () => {
  it('takes leading system texts, without the attribution line and empty ones', () => {
    const texts = ['x-anthropic-billing-header: cc_version=2', '', 'You are Claude.'].map(block);
    const conversation = readConversation(
      { model: 'm', messages: [system('Be brief.'), user('hi')], system: texts },
      [],
    );
    expect(conversation.system.map((text) => text.text)).toEqual(['You are Claude.', 'Be brief.']);
    expect(conversation.turns).toHaveLength(1);
  });

  it('merges neighbours of a role and drops what is empty', () => {
    expect(shown([user('a'), user('', 'b'), assistant(''), user('c'), assistant('d'), assistant('e')])).toEqual([
      ['user', 'a', 'b', 'c'],
      ['assistant', 'd', 'e'],
    ]);
  });

  it('reads a string and an array of one block alike', () => {
    const request = (content: InputMessage['content']) => [
      user('a'),
      system(content),
      { role: 'user' as const, content },
    ];
    expect(shown(request('x'))).toEqual(shown(request([block('x')])));
    expect(shown([user('a'), system([]), system('')])).toEqual([['user', 'a']]);
  });

  it('puts results in front and in the order of the calls', () => {
    expect(shown([assistant(call('t1'), call('t2')), user('hurry', result('t2', 'two'), result('t1', 'one'))])).toEqual(
      [
        ['assistant', 'tool_use', 'tool_use'],
        ['user', 't1 → one', 't2 → two', 'hurry'],
      ],
    );
  });

  it('finds a result anywhere before the next assistant turn, and lets no system message between', () => {
    const messages = [
      assistant(call('t1'), call('t2')),
      user(result('t1', 'one')),
      system('note'),
      user(result('t2', 'two'), 'go on'),
    ];
    expect(shown(messages)).toEqual([
      ['assistant', 'tool_use', 'tool_use'],
      ['user', 't1 → one', 't2 → two'],
      'system: note',
      ['user', 'go on'],
    ]);
    expect(shown([assistant(call('t1')), system('note'), user(result('t1', 'one'))])).toEqual([
      ['assistant', 'tool_use'],
      ['user', 't1 → one'],
      'system: note',
    ]);
  });

  it('answers a call that was interrupted, and tells an orphan as text', () => {
    expect(shown([user(result('t0', 'old')), assistant(call('t1')), user('stop')])).toEqual([
      ['user', 'Result of an earlier tool call: old'],
      ['assistant', 'tool_use'],
      ['user', 't1 → [Tool call was interrupted; no result]', 'stop'],
    ]);
  });

  it('uses each of two results for one call once', () => {
    expect(shown([assistant(call('t1')), user(result('t1', 'a'), result('t1', 'b'))])).toEqual([
      ['assistant', 'tool_use'],
      ['user', 't1 → a', 'Result of an earlier tool call: b'],
    ]);
  });

  it.each([
    [undefined, '(no output)'],
    ['', '(no output)'],
    [[], '(no output)'],
    [[block('a'), block('b')], 'a\nb'],
    [[{ type: 'tool_reference', tool_name: 'WebFetch' }], 'Tool WebFetch is now available'],
    [
      [{ type: 'search_result', source: 's', title: 't', content: [block('x')] }],
      '<search_result source="s" title="t">\nx\n</search_result>',
    ],
    [[{ type: 'browser_state', url: 'u' }], '{"url":"u"}'],
  ])('reads the result %j as text', (content, text) => {
    expect(shown([assistant(call('t1')), user(result('t1', content))])[1]).toEqual(['user', `t1 → ${text}`]);
  });

  it('keeps images and PDFs of a result apart from its text', () => {
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA' } };
    const turns = readConversation(
      { model: 'm', messages: [assistant(call('t1')), user(result('t1', [image]))] },
      [],
    ).turns;
    expect(turns[1]).toMatchObject({ results: [{ text: '', media: [image], isError: false }] });
  });

  it('tells a document of text as text', () => {
    const source = { type: 'text', media_type: 'text/plain', data: 'body' };
    expect(shown([user({ type: 'document', source, title: 'a "b"', context: 'why' })])).toEqual([
      ['user', `<document title="a 'b'">\nwhy\nbody\n</document>`],
    ]);
  });

  it('tells the tools that Anthropic ran as text, without what is encrypted', () => {
    const messages = [
      assistant(
        { type: 'server_tool_use', id: 's1', name: 'web_search', input: { query: 'cats' } },
        {
          type: 'web_search_tool_result',
          tool_use_id: 's1',
          content: [{ type: 'web_search_result', title: 'Cats', url: 'https://c', encrypted_content: 'SECRET' }],
        } as ContentBlock,
        'Cats exist.',
      ),
    ];
    expect(shown(messages)).toEqual([['assistant', '[web_search: "cats"]\n- Cats — https://c\n', 'Cats exist.']]);
  });

  it('keeps reasoning that the router minted and drops that of others', () => {
    const signature = packReasoning({ provider: 'p', model: 'm', state: {} });
    const messages = [
      assistant(
        { type: 'thinking', thinking: 'a', signature },
        { type: 'thinking', thinking: 'b', signature: 'EqQB' },
        'c',
      ),
      assistant({ type: 'redacted_thinking', data: 'EqQB' }),
    ];
    expect(shown(messages)).toEqual([['assistant', 'thinking', 'c']]);
  });

  it.each<[string, Partial<MessagesRequest>]>([
    ['an image in the file store', { messages: [user({ type: 'image', source: { type: 'file', file_id: 'f' } })] }],
    ['an upload', { messages: [user({ type: 'container_upload', file_id: 'f' })] }],
    ['a thread without history', { thread: { type: 'continue', previous_message_id: 'm' } }],
  ])('refuses %s with 400', (_, rest) => {
    const error = (() => {
      try {
        return readConversation({ model: 'm', messages: [user('a')], ...rest }, []);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(Failure);
    expect(error).toMatchObject({ kind: 'not-expressible', status: 400 });
  });

  it('drops what it does not know and says so once', () => {
    const warnings: string[] = [];
    expect(shown([user({ type: 'hologram' }, { type: 'hologram' }, 'a')], {}, warnings)).toEqual([['user', 'a']]);
    expect(warnings).toEqual(['content block hologram dropped: not supported']);
  });

  it('answers every call exactly once, directly behind its turn, and never changes the request', () => {
    fc.assert(
      fc.property(fc.array(anyMessage, { maxLength: 12 }), (messages) => {
        const before = JSON.stringify(messages);
        const { turns } = readConversation({ model: 'm', messages }, []);
        expect(JSON.stringify(messages)).toBe(before);
        expect(turns[0]?.role).not.toBe('system');
        for (const [index, turn] of turns.entries()) {
          if (turn.role === 'user') expect(turn.results.length + turn.blocks.length).toBeGreaterThan(0);
          else if (turn.role === 'assistant') expect(turn.blocks.length).toBeGreaterThan(0);
          if (turn.role !== 'system') expect(turns[index + 1]?.role).not.toBe(turn.role);
          const calls = turn.role === 'assistant' ? turn.blocks.filter((part) => part.type === 'tool_use') : [];
          const next = turns[index + 1];
          const results = next?.role === 'user' ? next.results : [];
          if (turn.role === 'assistant') expect(results.map((outcome) => outcome.call)).toEqual(calls);
        }
        const answered = turns.flatMap((turn) => (turn.role === 'user' ? turn.results : [])).length;
        const called = turns
          .flatMap((turn) => (turn.role === 'assistant' ? turn.blocks : []))
          .filter((part) => part.type === 'tool_use');
        expect(answered).toBe(called.length);
      }),
      { numRuns: 500 },
    );
  });

  it('reads the beginning of a conversation the same, however it goes on', () => {
    fc.assert(
      fc.property(fc.array(anyMessage, { maxLength: 8 }), fc.array(anyMessage, { maxLength: 8 }), (head, tail) => {
        const closed = [...head, user('then'), assistant('so far')];
        const short = readConversation({ model: 'm', messages: closed }, []).turns;
        const long = readConversation({ model: 'm', messages: [...closed, user('and'), ...tail] }, []).turns;
        expect(long.slice(0, short.length)).toEqual(short);
      }),
    );
  });
});

const anyId = fc.constantFrom('t1', 't2', 't3');
const anyBlock = fc.oneof(
  fc.constantFrom('', 'a', 'b').map(block),
  anyId.map((id) => call(id)),
  anyId.map((id) => result(id, id)),
);
const anyMessage: fc.Arbitrary<InputMessage> = fc.oneof(
  fc.array(anyBlock, { maxLength: 4 }).map((content): InputMessage => ({ role: 'user', content })),
  fc.array(anyBlock, { maxLength: 4 }).map((content): InputMessage => ({ role: 'assistant', content })),
  fc.constantFrom('', 'note').map(system),
);
