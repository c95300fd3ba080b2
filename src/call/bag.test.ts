import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Bag } from './bag.ts';

it('holds what a set holds', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom('add', 'delete'), fc.nat(9))), (steps) => {
      const bag = new Bag<number>();
      const set = new Set<number>();
      for (const [step, item] of steps) {
        if (step === 'delete') expect(bag.delete(item)).toBe(set.delete(item));
        else if (!set.has(item)) {
          bag.add(item);
          set.add(item);
        }
        expect(bag.size).toBe(set.size);
        expect([...bag].sort()).toEqual([...set].sort());
        expect(bag.has(item)).toBe(set.has(item));
      }
    }),
  );
});
