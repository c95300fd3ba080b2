import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  estimateRequest,
  estimateText,
  estimateTextFor,
  measureRequest,
  PartMemo,
  TextMemo,
  type TokenFamily,
  tokenFamilyOf,
} from './tokens.ts';

const ask = (...content: unknown[]) => ({ messages: [{ role: 'user', content }] });
const count = (request: Parameters<typeof estimateRequest>[0], family: TokenFamily = 'openai') =>
  estimateRequest(request, { family });
const PROSE = 'The boats came home early and nobody on the quay had expected them before noon. '.repeat(20);
const CODE = 'for (const line of lines) {\n  if (line.length > 80) issues.push({ line, rule: "length" });\n}\n'.repeat(
  20,
);

function png(width: number, height: number): object {
  const bytes = Buffer.alloc(40);
  bytes.write('\x89PNG\r\n\x1a\n', 0, 'latin1');
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return { type: 'image', source: { type: 'base64', media_type: 'image/png', data: bytes.toString('base64') } };
}

describe('images', () => {
  const cases: [family: TokenFamily, width: number, height: number, tokens: number][] = [
    ['claude-4.7+', 1024, 1024, 1369],
    ['claude', 1024, 1024, 1369],
    ['openai', 1024, 1024, 1229],
    ['claude', 200, 200, 64],
    ['claude', 4000, 3000, 1600],
    ['claude', 8000, 100, 56],
    ['claude-4.7+', 8000, 6000, 3930],
    ['openai', 100_000, 100_000, 12_000],
    ['openai-4', 512, 512, 255],
    ['openai-4', 1024, 1024, 765],
    ['openai-4', 4096, 8192, 1105],
    ['gemini', 4000, 3000, 1100],
    ['gemini-2', 300, 300, 258],
    ['gemini-2', 1536, 768, 516],
  ];
  it.each(cases)('%s counts %i x %i as %i', (family, width, height, tokens) => {
    const text = { type: 'text', text: 'x' };
    expect(count(ask(text, png(width, height)), family) - count(ask(text), family)).toBe(tokens);
  });

  it('case 145: of 1024 x 1024 pixels count 1369 tokens for Claude and 1229 for GPT-6', () => {
    const tokens = ['claude-opus-5-5', 'gpt-6-sol'].map((model) => {
      const [text, family] = [{ type: 'text', text: 'x' }, tokenFamilyOf(model)];
      return count(ask(text, png(1024, 1024)), family) - count(ask(text), family);
    });
    expect(tokens).toEqual([1369, 1229]);
  });

  it('of unknown size count as a usual one', () => {
    const link = { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } };
    expect(count(ask(link), 'claude')).toBeGreaterThan(1_000);
  });

  it('inside a tool result count too', () => {
    expect(count(ask({ type: 'tool_result', tool_use_id: 't', content: [png(1024, 1024)] }))).toBeGreaterThan(1229);
  });
});

describe('estimateRequest', () => {
  it.each([
    ['a system text', { system: PROSE }],
    ['system blocks', { system: [{ type: 'text', text: PROSE }] }],
    ['a message that is a string', { messages: [{ role: 'user', content: PROSE }] }],
    ['a text block', ask({ type: 'text', text: PROSE })],
    ['thinking', ask({ type: 'thinking', thinking: PROSE, signature: 'c2ln' })],
    ['a tool call', ask({ type: 'tool_use', id: 't', name: 'write', input: { path: 'a.txt', content: PROSE } })],
    ['a tool result', ask({ type: 'tool_result', tool_use_id: 't', content: PROSE })],
    [
      'blocks of a tool result',
      ask({ type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text: PROSE }] }),
    ],
    ['a text document', ask({ type: 'document', source: { type: 'text', media_type: 'text/plain', data: PROSE } })],
    [
      'a document of blocks',
      ask({ type: 'document', source: { type: 'content', content: [{ type: 'text', text: PROSE }] } }),
    ],
    ['a block of an unknown type', ask({ type: 'something_new', body: { text: PROSE } })],
    ['a tool description', { tools: [{ name: 'read', description: PROSE, input_schema: { type: 'object' } }] }],
    ['a tool schema', { tools: [{ name: 'read', input_schema: { type: 'object', description: PROSE } }] }],
  ])('counts %s', (_what, request) => {
    const text = estimateText(PROSE);
    expect(count(request)).toBeGreaterThanOrEqual(text);
    expect(count(request)).toBeLessThan(text + 40);
  });

  it.each([
    ['nothing', {}],
    ['null', { messages: null, system: null, tools: null }],
    ['numbers', { messages: [1, 2], system: 7, tools: [3] }],
    ['messages without content', { messages: [{ role: 'user' }, null, 'text'] }],
    [
      'blocks without their fields',
      ask(
        { type: 'text' },
        { type: 'image' },
        { type: 'document' },
        { type: 'tool_use' },
        { type: 'tool_result' },
        null,
      ),
    ],
  ])('takes %s without complaint', (_what, request) => {
    expect(Number.isInteger(count(request))).toBe(true);
  });

  it('adds what each message costs', () => {
    const one = { role: 'user', content: '' };
    expect(count({ messages: [one, one] }) - count({ messages: [one] })).toBe(3);
  });

  it('adds the hidden prompt of tools once, by whether one is forced', () => {
    const tools = [{ name: 'a', input_schema: {} }];
    const auto = count({ tools }, 'claude');
    expect(auto - count({ tools, tool_choice: { type: 'any' } }, 'claude')).toBe(346 - 313);
    expect(auto).toBeGreaterThan(346);
    expect(count({ tools }, 'openai')).toBeLessThan(30);
  });

  it('counts a PDF by its size, within a hundred pages and one', () => {
    const pdf = (size: number) =>
      ask({ type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'A'.repeat(size) } });
    expect(count(pdf(100), 'gemini') - count(ask(), 'gemini')).toBe(560);
    expect(count(pdf(1_000_000), 'gemini') - count(ask(), 'gemini')).toBe(5_600);
  });

  it('survives blocks and values nested a hundred thousand deep', () => {
    let block: unknown = { type: 'text', text: 'deep' };
    let value: unknown = 'deep';
    for (let depth = 0; depth < 100_000; depth++) {
      block = { type: 'tool_result', content: [block] };
      value = { value };
    }
    expect(count(ask(block))).toBeGreaterThan(0);
    expect(count(ask({ type: 'tool_use', name: 'x', input: value }))).toBeGreaterThan(100_000);
  });

  it('never falls when a message is added', () => {
    const block = fc.oneof(
      fc.record({ type: fc.constant('text'), text: fc.string() }),
      fc.record({ type: fc.constant('tool_use'), name: fc.string(), input: fc.jsonValue() }),
      fc.record({ type: fc.constant('tool_result'), content: fc.string() }),
      fc.jsonValue(),
    );
    const messages = fc.array(
      fc.record({ role: fc.constant('user'), content: fc.oneof(fc.string(), fc.array(block)) }),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(
        messages,
        fc.constantFrom<TokenFamily>('claude', 'claude-4.7+', 'openai', 'gemini', 'other'),
        (list, family) => {
          expect(count({ messages: list }, family)).toBeGreaterThanOrEqual(
            count({ messages: list.slice(0, -1) }, family),
          );
        },
      ),
    );
  });
});

describe('families', () => {
  it.each<[string, TokenFamily]>([
    ['claude-opus-5-5', 'claude-4.7+'],
    ['claude-haiku-5-5', 'claude-4.7+'],
    ['claude-fable-5', 'claude-4.7+'],
    ['anthropic/claude-opus-4.7', 'claude-4.7+'],
    ['us.anthropic.claude-opus-4-8', 'claude-4.7+'],
    ['claude-sonnet-4-6', 'claude'],
    ['claude-haiku-4-5-20251001', 'claude'],
    ['claude-opus-4-20250514', 'claude'],
    ['claude-3-haiku', 'claude'],
    ['gpt-6-sol', 'openai'],
    ['openai/gpt-oss-120b', 'openai'],
    ['gpt-4o', 'openai-4'],
    ['o3', 'openai-4'],
    ['models/gemini-2.5-pro', 'gemini-2'],
    ['gemini-3.5-flash', 'gemini'],
    ['qwen3-coder', 'other'],
  ])('%s counts as %s', (model, family) => expect(tokenFamilyOf(model)).toBe(family));

  it.each<[string, TokenFamily, string, number]>([
    ['prose', 'claude', PROSE, 1.18],
    ['prose', 'claude-4.7+', PROSE, 1.6],
    ['code', 'claude', CODE, 1.25],
    ['code', 'claude-4.7+', CODE, 1.45],
    ['Chinese', 'claude-4.7+', '港口很安静码头上没有人'.repeat(40), 1.2],
    ['prose', 'openai', PROSE, 1],
  ])('%s for %s is counted at the published ratio to o200k', (_kind, family, text, ratio) => {
    expect(estimateTextFor(text, family) / estimateText(text) / ratio).toBeCloseTo(1, 1);
  });
});

describe('parts that are remembered', () => {
  const tool = { name: 'Read', description: PROSE, input_schema: { type: 'object', properties: {} } };
  const messages = [
    { role: 'user', content: [{ type: 'text', text: PROSE }, png(200, 300)] },
    { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'Read', input: { path: 'main.ts' } }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: CODE }] },
    { role: 'user', content: 'and now?' },
    'no message',
  ];

  it.each<TokenFamily>(['claude', 'openai', 'gemini'])('count as when they are walked anew, for %s', (family) => {
    const texts = new TextMemo();
    const parts = new PartMemo();
    for (const end of [1, 3, 5, 2, 5]) {
      const request = { system: PROSE, messages: messages.slice(0, end), tools: [tool], tool_choice: { type: 'any' } };
      expect(measureRequest(request, texts.measure, parts)(family)).toBe(estimateRequest(request, { family }));
    }
  });

  it('are not walked again', () => {
    let measured = 0;
    const count = (text: string) => {
      measured += text.length;
      return { words: text.length, symbols: 0, script: 0 };
    };
    const parts = new PartMemo();
    measureRequest({ messages: messages.slice(0, 3) }, count, parts);
    const before = measured;
    measureRequest({ messages: messages.slice(0, 4) }, count, parts);
    expect(measured - before).toBe('and now?'.length);
  });
});
