import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TextMemo } from './text-memo.ts';
import { measureText } from './text-tokens.ts';

describe('TextMemo', () => {
  it('measures exactly as measureText, whatever it was asked before', () => {
    const memo = new TextMemo(2_000);
    const text = fc.string({ minLength: 100, maxLength: 900, unit: fc.constantFrom('a', 'B', ' ', 'é', '7', '\n') });
    fc.assert(
      fc.property(fc.array(text, { maxLength: 8 }), (texts) => {
        for (const each of [...texts, ...texts]) expect(memo.measure(each)).toEqual(measureText(each));
      }),
    );
  });

  it('tells apart texts that differ in a single letter', () => {
    const memo = new TextMemo();
    const one = `${'word '.repeat(100)}x${'word '.repeat(100)}`;
    const other = one.replace('x', '漢');
    expect(memo.measure(one)).not.toEqual(memo.measure(other));
    expect(memo.measure(one)).toEqual(measureText(one));
  });
});
