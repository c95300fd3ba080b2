import { describe, expect, it } from 'vitest';
import { withoutReferences } from './schema-references.ts';

const text = { type: 'string' };

describe('a schema without references', () => {
  it.each([
    ['of a definition', { properties: { a: { $ref: '#/$defs/t' } }, $defs: { t: text } }, { properties: { a: text } }],
    ['in older words', { items: { $ref: '#/definitions/t' }, definitions: { t: text } }, { items: text }],
    [
      'of a definition that refers on',
      { properties: { a: { $ref: '#/$defs/b' } }, $defs: { b: { items: { $ref: '#/$defs/t' } }, t: text } },
      { properties: { a: { items: text } } },
    ],
    ['to a name with a slash', { anyOf: [{ $ref: '#/$defs/a~1b' }], $defs: { 'a/b': text } }, { anyOf: [text] }],
    [
      'with words of its own beside it, which win',
      { properties: { a: { $ref: '#/$defs/t', description: 'A' } }, $defs: { t: { ...text, description: 'T' } } },
      { properties: { a: { ...text, description: 'A' } } },
    ],
    [
      'inside its own definition, which then takes anything',
      { $ref: '#/$defs/n', $defs: { n: { properties: { next: { $ref: '#/$defs/n' } } } } },
      { properties: { next: {} } },
    ],
    ['to somewhere else', { items: { $ref: 'https://example.com/s' } }, { items: {} }],
    [
      'and with a property of that name',
      { properties: { $ref: text, a: { $ref: '#/$defs/t' } }, $defs: { t: text } },
      { properties: { $ref: text, a: text } },
    ],
  ])('is written out for one %s', (_, schema, written) => {
    expect(withoutReferences(schema)).toEqual(written);
  });

  it('is the same object where there are none', () => {
    const schema = { type: 'object', properties: { a: text } };
    expect(withoutReferences(schema)).toBe(schema);
  });

  it('stays as it is where it would become very large', () => {
    const definitions: Record<string, unknown> = { d0: text };
    for (let depth = 1; depth < 30; depth += 1) {
      const below = { $ref: `#/$defs/d${depth - 1}` };
      definitions[`d${depth}`] = { properties: { a: below, b: below } };
    }
    const schema = { $ref: '#/$defs/d29', $defs: definitions };
    expect(withoutReferences(schema)).toBe(schema);
  });
});
