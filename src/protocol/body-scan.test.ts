import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scanBody, spliceBody } from './body-scan.ts';

function fieldsOf(text: string): Record<string, unknown> {
  const body = Buffer.from(text);
  return Object.fromEntries(
    [...scanBody(body).fields].map(([name, { start, end }]) => [name, JSON.parse(body.toString('utf8', start, end))]),
  );
}

describe('the body scan', () => {
  it.each([
    ['nothing but braces', '{}', {}],
    ['strings with quotes and backslashes', '{"a":"x\\"}\\\\","b":2}', { a: 'x"}\\', b: 2 }],
    ['nested values that look like fields', '{"a":{"model":"no"},"model":"yes"}', { a: { model: 'no' }, model: 'yes' }],
    ['white space anywhere', ' {\n "a" : [ 1 , {"b" : 2} ] ,\t"c" : null } ', { a: [1, { b: 2 }], c: null }],
    ['a field that stands twice', '{"model":"first","model":"last"}', { model: 'last' }],
  ])('finds the fields of %s', (_, text, fields) => {
    expect(fieldsOf(text)).toEqual(fields);
  });

  it('agrees with JSON.parse on any object, whatever its spacing', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string().filter((key) => key !== '__proto__'),
          fc.jsonValue(),
        ),
        fc.constantFrom(0, 1, 2),
        (object, indent) => {
          const text = JSON.stringify(object, null, indent);
          expect(fieldsOf(text)).toEqual(JSON.parse(text));
        },
      ),
    );
  });

  it('ends on text that is no JSON', () => {
    fc.assert(fc.property(fc.string(), (text) => scanBody(Buffer.from(text)).depth >= 0));
  });

  it('tells the depth', () => {
    expect(scanBody(Buffer.from('{"a":[[{}]]}')).depth).toBe(4);
    expect(scanBody(Buffer.from('['.repeat(5000))).depth).toBe(5000);
  });

  it('replaces spans and leaves every other byte', () => {
    const body = Buffer.from('{ "model" : "old" , "x":"é" }');
    const { fields } = scanBody(body);
    const edited = spliceBody(body, [{ ...fields.get('model')!, text: '"new"' }]);
    expect(edited.toString()).toBe('{ "model" : "new" , "x":"é" }');
  });
});
