import fc from 'fast-check';
import { expect, it } from 'vitest';
import { StreamEvent } from '../../protocol/stream-event.ts';
import { Tape } from './tape.ts';

const batch = fc.array(
  fc.nat(3000).map((length) => StreamEvent.textDelta(0, 'x'.repeat(length))),
  { minLength: 1, maxLength: 3 },
);

it('tells all that was added behind any place, however large the pieces are', () => {
  fc.assert(
    fc.property(fc.array(batch, { minLength: 1 }), fc.nat(), (batches, choice) => {
      const memory = { bytes: 0, most: 1e9, mostOfOne: 1e9 };
      const tape = new Tape(memory);
      const places = batches.map((events) => {
        const at = tape.length;
        tape.add(events, false);
        return at;
      });
      const from = choice % batches.length;
      const told = StreamEvent.join(tape.from(places[from]!)!);
      expect(told.equals(StreamEvent.join(batches.slice(from).flat()))).toBe(true);
      expect(memory.bytes).toBe(tape.length);
      tape.forget();
      expect(memory.bytes).toBe(0);
    }),
  );
});
