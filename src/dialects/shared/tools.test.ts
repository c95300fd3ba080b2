import { describe, expect, it } from 'vitest';
import type { MessagesRequest, ToolDefinition } from '../../protocol/messages.ts';
import { schemaFor } from './tool-schema.ts';
import { changedNames, readTools, wireName } from './tools.ts';

const read = (tools: unknown[], messages: unknown[] = [], warnings: string[] = []) =>
  readTools({ model: 'm', messages, tools } as MessagesRequest, warnings);
const named = (name: string, rest: Partial<ToolDefinition> = {}) => ({
  name,
  input_schema: { type: 'object', properties: {} },
  ...rest,
});

describe('readTools', () => {
  it('keeps the order, drops marks of the client and placeholders', () => {
    const tools = [
      named('B', { defer_loading: true, cache_control: { type: 'ephemeral' }, description: 'b' }),
      named('DeferredToolPlaceholder', { defer_loading: true }),
      named('A', { type: 'custom', strict: true }),
    ];
    expect(read(tools).functions).toEqual([
      { name: 'B', description: 'b', schema: { type: 'object', properties: {} }, strict: false },
      { name: 'A', description: undefined, schema: { type: 'object', properties: {} }, strict: true },
    ]);
  });

  it.each([undefined, {}, { type: 'object' }, { type: 'object', properties: null, $schema: 'http://x' }])(
    'makes an object schema with properties of %j',
    (schema) => {
      expect(read([{ name: 'A', input_schema: schema }]).functions[0]?.schema).toEqual({
        type: 'object',
        properties: {},
      });
    },
  );

  it.each([
    ['bash_20250124', 'bash', ['command', 'restart']],
    ['text_editor_20250728', 'str_replace_based_edit_tool', ['command', 'path', 'file_text']],
    ['memory_20250818', 'memory', ['command', 'old_path', 'new_path']],
    ['computer_20251124', 'computer', ['action', 'coordinate']],
  ])('gives %s its documented schema', (type, name, properties) => {
    const [tool] = read([{ type, name }]).functions;
    expect(tool?.name).toBe(name);
    expect(Object.keys(tool?.schema.properties as object)).toEqual(expect.arrayContaining(properties));
    expect(tool?.description).toBeTruthy();
  });

  it('keeps the tools of Anthropic’s servers apart, and takes an unknown type with a schema for a function', () => {
    const { functions, serverTools } = read([
      { type: 'web_search_20250305', name: 'web_search' },
      named('X', { type: 'x_20990101' }),
    ]);
    expect(functions.map((tool) => tool.name)).toEqual(['X']);
    expect(serverTools.map((tool) => tool.name)).toEqual(['web_search']);
  });

  it('says that a toolset was dropped', () => {
    const warnings: string[] = [];
    expect(read([{ type: 'browser_toolset_20260801', name: 'browser' }], [], warnings)).toEqual({
      functions: [],
      serverTools: [],
    });
    expect(warnings).toEqual(['tool browser_toolset_20260801 dropped: not supported']);
  });

  it('applies additions and removals in the conversation', () => {
    const change = (type: string, tool: object) => ({ role: 'system', content: [{ type, tool }] });
    const messages = [
      { role: 'user', content: 'a' },
      change('tool_removal', { type: 'tool_reference', name: 'A' }),
      change('tool_addition', { type: 'tool_definition', definition: named('C') }),
      change('tool_removal', { type: 'tool_reference', name: 'B' }),
      change('tool_addition', { type: 'tool_reference', name: 'B' }),
    ];
    expect(read([named('A'), named('B')], messages).functions.map((tool) => tool.name)).toEqual(['C', 'B']);
  });
});

describe('wireName', () => {
  it('leaves a name that is legal and short enough', () => {
    expect(wireName('mcp__server__tool')).toBe('mcp__server__tool');
    expect(changedNames(read([named('A')]).functions).size).toBe(0);
  });

  it('shortens the same way each time, tells long names apart, and knows the way back', () => {
    const long = (end: string) => `mcp__a_server_with_a_very_long_name__and_a_tool_with_a_longer_one_${end}`;
    expect(wireName(long('1'))).toMatch(/^[a-zA-Z0-9_-]{64}$/);
    expect(wireName(long('1'))).toBe(wireName(long('1')));
    expect(wireName(long('1'))).not.toBe(wireName(long('2')));
    expect(changedNames(read([named(long('1'))]).functions).get(wireName(long('1')))).toBe(long('1'));
  });

  it('replaces characters that are not legal, without making two names one', () => {
    expect(wireName('a.b')).toMatch(/^a_b_[0-9a-f]{8}$/);
    expect(wireName('a.b')).not.toBe(wireName('a:b'));
  });
});

describe('schemaFor', () => {
  const schema = {
    type: 'object',
    properties: {
      pattern: { type: 'string', pattern: '^(?!x).*$' },
      code: { type: 'string', pattern: '[a-z]+' },
      map: { type: 'object', propertyNames: { type: 'string' }, additionalProperties: { type: 'number' } },
      one: { allOf: [{ $ref: '#/$defs/a' }], description: 'd' },
      kind: { enum: [{ pattern: 'x' }] },
    },
    required: ['pattern'],
  };

  it('leaves a schema alone where everything is taken', () => {
    expect(schemaFor(schema, 'as-is')).toBe(schema);
  });

  it('takes out what OpenAI refuses, and only that', () => {
    expect(schemaFor(schema, 'openai')).toEqual({
      type: 'object',
      properties: {
        pattern: { type: 'string' },
        code: { type: 'string', pattern: '[a-z]+' },
        map: { type: 'object', additionalProperties: { type: 'number' } },
        one: { $ref: '#/$defs/a', description: 'd' },
        kind: { enum: [{ pattern: 'x' }] },
      },
      required: ['pattern'],
    });
  });

  it('takes out patterns that no grammar can be made of', () => {
    expect(schemaFor(schema, 'grammar')).toMatchObject({
      properties: { pattern: { pattern: '^(?!x).*$' }, code: { type: 'string' } },
    });
    expect((schemaFor(schema, 'grammar').properties as Record<string, object>).code).toEqual({ type: 'string' });
  });
});
