import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { formats } from '../corpus/formats.ts';
import { recordingsIn } from '../corpus/recording.ts';
import { type Combination, combinations, features, nameOf } from './combination.ts';
import { type Fault, faults } from './faults.ts';
import { idleMs, Wall } from './wall.ts';

/** Every byte where WALL=full is set; else a tenth of them, the same each time. */
const isFull = process.env.WALL === 'full';
const step = isFull ? 1 : 10;
/** Of a tenth, longer recordings are thinned out further: their time goes with the square of their length. */
const mostPositions = isFull ? Number.POSITIVE_INFINITY : 120;

const counts = { ran: 0, passed: 0 };
const byCombination: number[] = Array.from({ length: combinations }, () => 0);

beforeAll(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
});
afterAll(() => {
  vi.useRealTimers();
  const shares = byCombination.map((count, combination) => `${nameOf(combination)} ${count}`);
  process.stdout.write(`fault wall: ${counts.ran} cases run, ${counts.passed} passed\n`);
  process.stdout.write(`with ${features.join(', ')} on (its initial) or off: ${shares.join(', ')}\n`);
  expect(Math.min(...byCombination)).toBeGreaterThan(counts.ran / combinations / 2);
});

const passTime = async () => void (await vi.advanceTimersByTimeAsync(idleMs + 1000));

describe.each(Object.keys(formats))('a stream of %s that dies', (format) => {
  const streams = recordingsIn(format).filter(({ kind, status, expected }) => {
    return kind === 'stream' && status === 200 && !expected.error && !expected.truncated && !expected.blocked;
  });

  it.each(streams.map((recording) => [recording.id, recording] as const))(
    'leaves a legal answer, nothing lost and nothing doubled: %s',
    async (id, recording) => {
      const wall = new Wall(format, recording);
      const every = Math.max(step, Math.ceil(wall.length / mostPositions));
      for (let at = id.length % every; at <= wall.length; at += every) {
        for (const fault of faultsAt(at)) {
          for (const combination of twoOf(counts.ran)) {
            counts.ran += 1;
            byCombination[combination]! += 1;
            const wrong = await wall.run(at, fault, combination, passTime);
            const on = nameOf(combination);
            expect({ at, fault, on, wrong }).toEqual({ at, fault, on, wrong: [] });
            counts.passed += 1;
          }
        }
      }
    },
    isFull ? 3_600_000 : 60_000,
  );
});

/** With a second target and without, and the same of what else may be on: each has its turn, in an order that no fault keeps to. */
function twoOf(count: number): Combination[] {
  const others = (Math.imul(count / 2, 2_654_435_761) >>> 28) << 1;
  return [others | 1, others];
}

/** All of them on the whole wall; else they take turns. */
function faultsAt(at: number): readonly Fault[] {
  return isFull ? faults : [faults[at % faults.length]!, faults[(at + 2) % faults.length]!];
}
