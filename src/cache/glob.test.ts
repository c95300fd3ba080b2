import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitsGlob } from './glob.ts';

describe('a glob', () => {
  it.each([
    ['explain*', 'Explain this\nplease', true],
    ['explain*', 'please explain', false],
    ['*explain*', 'please explain this', true],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['a?c', 'a🙂c', true],
    ['(a+)+$', '(a+)+$', true],
    ['*', '', true],
    ['a', '', false],
  ])('%j and the text %j: %s', (pattern, text, expected) => {
    expect(fitsGlob(pattern, text)).toBe(expected);
  });

  it('fits as a regular expression of the same meaning would', () => {
    const letters = fc.array(fc.constantFrom('a', 'b', '*', '?'), { maxLength: 8 }).map((parts) => parts.join(''));
    const texts = fc.array(fc.constantFrom('a', 'b'), { maxLength: 10 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(letters, texts, (pattern, text) => {
        const expression = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's');
        expect(fitsGlob(pattern, text)).toBe(expression.test(text));
      }),
    );
  });

  it('takes no time that explodes', () => {
    const startedAt = performance.now();
    expect(fitsGlob(`${'*a'.repeat(30)}b`, 'a'.repeat(20_000))).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });
});
