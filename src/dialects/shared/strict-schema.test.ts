import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../protocol/messages.ts';
import { isStrictSchema, strictSchema, withoutStandInNulls } from './strict-schema.ts';

const text = { type: 'string' };
const object = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({ type: 'object', properties, ...more });
const closed = (properties: JsonObject): JsonObject =>
  object(properties, { required: Object.keys(properties), additionalProperties: false });

describe('a schema for strict mode', () => {
  it.each<[string, unknown, unknown]>([
    ['a plain type', text, { type: ['string', 'null'] }],
    ['several types', { type: ['string', 'integer'] }, { type: ['string', 'integer', 'null'] }],
    ['a type with null', { type: ['string', 'null'] }, { type: ['string', 'null'] }],
    ['listed values', { enum: ['a', 'b'] }, { enum: ['a', 'b', null], type: ['string', 'null'] }],
    ['one value', { const: 'a' }, { anyOf: [{ const: 'a', type: 'string' }, { type: 'null' }] }],
    ['alternatives', { oneOf: [text, { type: 'integer' }] }, { anyOf: [text, { type: 'integer' }, { type: 'null' }] }],
    ['a sole part', { allOf: [text], description: 'd' }, { type: ['string', 'null'], description: 'd' }],
    ['an object', object({ b: text }, { required: ['b'] }), { anyOf: [closed({ b: text }), { type: 'null' }] }],
    ['a reference', { $ref: '#/$defs/x' }, { anyOf: [{ $ref: '#/$defs/x' }, { type: 'null' }] }],
    ['a list', { type: 'array', items: text, maxItems: 2 }, { type: ['array', 'null'], items: text, maxItems: 2 }],
    [
      'limits it does not know',
      { type: 'string', minLength: 1, default: 'x', pattern: '^(?=a)' },
      { type: ['string', 'null'] },
    ],
    ['a format it knows', { type: 'string', format: 'date' }, { type: ['string', 'null'], format: 'date' }],
  ])('makes %s that is optional nullable', (_, part, strict) => {
    expect(strictSchema(object({ a: part }))).toEqual(closed({ a: strict }));
  });

  it('leaves what is required as it is', () => {
    expect(strictSchema(closed({ a: text }))).toEqual(closed({ a: text }));
  });

  it.each<[string, JsonObject]>([
    ['alternatives at its root', { type: 'object', properties: {}, anyOf: [object({ a: text })] }],
    ['an object of whatever keys', object({ a: { type: 'object' } })],
    ['an object of keys with a schema', object({ a: object({}, { additionalProperties: text }) })],
    ['a list of anything', object({ a: { type: 'array' } })],
    ['a value without a type', object({ a: { description: 'anything' } })],
    ['conditions', object({ a: { ...object({ b: text }), if: {}, else: {} } })],
    ['a reference to elsewhere', object({ a: { $ref: 'https://example.org/s' } })],
    ['eleven levels', Array.from({ length: 11 }).reduce<JsonObject>((inner) => object({ a: inner }), object({}))],
    ['1,001 listed values', object({ a: { enum: Array.from({ length: 1001 }, (_, index) => `v${index}`) } })],
  ])('there is none for %s', (_, schema) => {
    expect(strictSchema(schema)).toBeUndefined();
  });

  it('is always closed, with everything required', () => {
    fc.assert(
      fc.property(schemas(), (schema) => {
        const strict = strictSchema(schema);
        expect(strict).toBeDefined();
        expect(isStrictSchema(strict)).toBe(true);
      }),
    );
  });
});

describe('an input from strict mode', () => {
  const schema = object(
    {
      need: text,
      maybe: text,
      known: { type: ['string', 'null'] },
      list: { type: 'array', items: { $ref: '#/$defs/item' } },
      either: { anyOf: [object({ kind: { const: 'a' }, x: text }), object({ kind: { const: 'b' }, y: text })] },
    },
    { required: ['need'], $defs: { item: object({ name: text, note: text }, { required: ['name'] }) } },
  );

  it.each<[string, JsonObject, JsonObject]>([
    ['what was left out', { need: 'n', maybe: null }, { need: 'n' }],
    ['what is left out inside a list', { list: [{ name: 'a', note: null }] }, { list: [{ name: 'a' }] }],
    ['what is left out of an alternative', { either: { kind: 'b', y: null } }, { either: { kind: 'b' } }],
    ['no null that is a value', { known: null }, { known: null }],
    ['no null where something is required', { need: null }, { need: null }],
    ['no null of an unknown name', { other: null }, { other: null }],
  ])('loses %s', (_, written, meant) => {
    expect(withoutStandInNulls(written, schema)).toEqual(meant);
  });

  it('stays as it is where nothing is null', () => {
    fc.assert(
      fc.property(schemas(), fc.jsonValue(), (schema, value) => {
        fc.pre(!JSON.stringify(value).includes('null'));
        expect(withoutStandInNulls(value, schema)).toEqual(value);
      }),
    );
  });

  it('does not follow a reference to itself for ever', () => {
    expect(withoutStandInNulls({ a: null }, { $ref: '#' })).toEqual({ a: null });
  });
});

/** Schemas of objects as tools have them. */
function schemas(): fc.Arbitrary<JsonObject> {
  const { root } = fc.letrec<{ part: JsonObject; root: JsonObject }>((tie) => ({
    root: fc
      .tuple(fc.dictionary(fc.string({ minLength: 1, maxLength: 5 }), tie('part'), { maxKeys: 3 }), fc.boolean())
      .map(([properties, required]) => object(properties, required ? { required: Object.keys(properties) } : {})),
    part: fc.oneof(
      { maxDepth: 2 },
      fc.constantFrom<JsonObject>(text, { type: 'integer' }, { enum: ['a', 'b'] }, { const: 1 }, { type: 'null' }),
      tie('root'),
      tie('part').map((items): JsonObject => ({ type: 'array', items })),
      tie('part').map((part): JsonObject => ({ anyOf: [part, { type: 'boolean' }] })),
    ),
  }));
  return root;
}
