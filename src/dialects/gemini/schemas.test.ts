import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject } from '../../protocol/messages.ts';
import { jsonSchemaFor } from './json-schema.ts';
import { openApiSchemaFor } from './openapi-schema.ts';

/** Any schema that a tool may come with, references and cycles included. */
const schemas = fc.letrec<{ schema: JsonObject }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.record(
      {
        type: fc.constantFrom<unknown>(
          'string',
          'integer',
          'boolean',
          'null',
          ['string', 'null'],
          ['string', 'number'],
        ),
        format: fc.constantFrom('uri', 'email', 'int32', 'date-time'),
        enum: fc.array(fc.constantFrom<unknown>('a', 'b', 1, null, true), { minLength: 1, maxLength: 3 }),
        const: fc.constantFrom<unknown>('a', 1, null, true, { a: 1 }),
        pattern: fc.constant('^a$'),
        minLength: fc.nat(9),
        exclusiveMinimum: fc.nat(9),
        default: fc.constant('a'),
        description: fc.constant('what it is'),
      },
      { requiredKeys: [] },
    ),
    fc.record({ $ref: fc.constantFrom('#/$defs/A', '#/$defs/B', '#', '#/$defs/none') }),
    fc.record({ type: fc.constant('array'), items: tie('schema') }, { requiredKeys: ['type'] }),
    fc.record({ prefixItems: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }) }),
    ...['anyOf', 'oneOf', 'allOf'].map((name) =>
      fc.array(tie('schema'), { minLength: 1, maxLength: 3 }).map((list): JsonObject => ({ [name]: list })),
    ),
    fc
      .tuple(
        fc.dictionary(fc.constantFrom('pattern', 'not', 'const', 'x'), tie('schema'), { maxKeys: 3 }),
        fc.boolean(),
        fc.option(tie('schema')),
      )
      .map(
        ([properties, additionalProperties, propertyNames]): JsonObject => ({
          ...{ type: 'object', properties, additionalProperties },
          required: [...Object.keys(properties), 'gone'],
          ...(propertyNames ? { propertyNames, patternProperties: { '^x': propertyNames }, not: propertyNames } : {}),
        }),
      ),
  ),
}));

const documents = fc.tuple(schemas.schema, schemas.schema, schemas.schema).map(
  ([root, A, B]): JsonObject => ({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: { value: root },
    $defs: { A, B },
  }),
);

const options = { numRuns: 500, seed: 20_261_124 };

describe('a schema for Gemini', () => {
  it('has in the older form only the keywords that it knows, one type each, and items and names that are there', () => {
    const known = new Set([
      ...['type', 'format', 'title', 'description', 'nullable', 'enum', 'items', 'minItems', 'maxItems', 'minimum'],
      ...['maximum', 'properties', 'required', 'anyOf', 'propertyOrdering'],
    ]);
    fc.assert(
      fc.property(documents, (schema) => {
        for (const part of schemasIn(openApiSchemaFor(schema))) {
          expect(Object.keys(part).filter((name) => !known.has(name))).toEqual([]);
          if (!('anyOf' in part)) expect(part.type).toEqual(expect.any(String));
          if (part.type === 'array') expect(part.items).toEqual(expect.any(Object));
          if ('enum' in part) {
            expect([part.type, ...(part.enum as unknown[]).map((value) => typeof value)]).not.toContain('number');
          }
          if ('properties' in part) {
            const names = Object.keys(part.properties as JsonObject);
            expect(names.length).toBeGreaterThan(0);
            expect(names).toEqual(expect.arrayContaining((part.required as unknown[] | undefined) ?? []));
          }
        }
      }),
      options,
    );
  });

  it('has as a JSON schema only the keywords that Gemini reads, and nothing beside a reference', () => {
    const known = new Set([
      ...['$id', '$defs', '$ref', '$anchor', 'type', 'format', 'title', 'description', 'enum', 'items', 'prefixItems'],
      ...['minItems', 'maxItems', 'minimum', 'maximum', 'anyOf', 'properties', 'additionalProperties', 'required'],
      'propertyOrdering',
    ]);
    fc.assert(
      fc.property(documents, (schema) => {
        for (const part of schemasIn(jsonSchemaFor(schema))) {
          expect(Object.keys(part).filter((name) => !known.has(name))).toEqual([]);
          if ('$ref' in part) expect(Object.keys(part).filter((name) => !name.startsWith('$'))).toEqual([]);
          if ('enum' in part) {
            expect(new Set((part.enum as unknown[]).map((value) => typeof value)).size).toBe(1);
          }
        }
      }),
      options,
    );
  });

  it('is the same where Gemini reads all of it', () => {
    const schema = {
      type: 'object',
      properties: {
        path: { type: 'string', description: 'Which' },
        lines: { type: 'array', items: { type: 'integer' } },
      },
      required: ['path'],
    };
    expect(jsonSchemaFor(schema)).toEqual(schema);
    expect(openApiSchemaFor(schema)).toEqual(schema);
  });
});

/** The schema and all schemas in it; what is below `properties` and `$defs` are names. */
function schemasIn(schema: unknown): JsonObject[] {
  if (!isJsonObject(schema)) return [];
  const maps = [schema.properties, schema.$defs].filter(isJsonObject).flatMap((map) => Object.values(map));
  const lists = [schema.anyOf, schema.prefixItems].flatMap((list): unknown[] => (Array.isArray(list) ? list : []));
  const single = [schema.items, schema.additionalProperties];
  return [schema, ...[...maps, ...lists, ...single].flatMap(schemasIn)];
}
