import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Slots } from './slots.ts';

const never = new AbortController().signal;

describe('the places of a target', () => {
  it('are without limit where none is set', async () => {
    const slots = new Slots({ limit: undefined, longestWaitMs: 10 });
    await Promise.all(Array.from({ length: 100 }, () => slots.take('s', 't', never)));
  });

  it('are given back to whoever waits', async () => {
    const slots = new Slots({ limit: 1, longestWaitMs: 1000 });
    const first = await slots.take('s', 't', never);
    const second = slots.take('s', 't', never);
    first();
    first();
    (await second)();
    (await slots.take('s', 't', never))();
  });

  it('go round the sessions, however many calls one of them has', async () => {
    const slots = new Slots({ limit: 1, longestWaitMs: 1000 });
    const order: string[] = [];
    const release = await slots.take('x', 't', never);
    const calls = ['a1', 'a2', 'b1', 'c1'].map(async (name) => {
      const done = await slots.take(name[0]!, 't', never);
      order.push(name);
      done();
    });
    release();
    await Promise.all(calls);
    expect(order).toEqual(['a1', 'b1', 'c1', 'a2']);
  });

  it('are refused beyond a short queue, with the time to come back', async () => {
    const slots = new Slots({ limit: 1, longestWaitMs: 60_000 });
    await slots.take('s', 't', never);
    const gone = new AbortController();
    const queued = Array.from({ length: 4 }, () => slots.take('s', 't', gone.signal).catch(() => 'left'));
    await expect(slots.take('s', 't', never)).rejects.toMatchObject({
      kind: 'target-busy',
      status: 529,
      details: { retryAfterSeconds: 2 },
    });
    gone.abort('left');
    await Promise.all(queued);
  });

  it('are not waited for longer than is allowed', async () => {
    const slots = new Slots({ limit: 1, longestWaitMs: 10 });
    await slots.take('s', 't', never);
    await expect(slots.take('s', 't', never)).rejects.toMatchObject({ kind: 'target-busy' });
  });

  it('never exceed the limit and are never lost, whoever leaves when', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.record({ session: fc.constantFrom('a', 'b', 'c'), leaves: fc.boolean() }), { maxLength: 30 }),
        async (limit, calls) => {
          const slots = new Slots({ limit, longestWaitMs: 5000 });
          let busy = 0;
          let most = 0;
          const run = async ({ session, leaves }: { session: string; leaves: boolean }) => {
            const controller = new AbortController();
            const place = slots.take(session, 't', controller.signal);
            if (leaves) controller.abort('left');
            const release = await place.catch(() => undefined);
            if (!release) return;
            busy += 1;
            most = Math.max(most, busy);
            await new Promise((resolve) => setImmediate(resolve));
            busy -= 1;
            release();
          };
          await Promise.all(calls.map(run));
          expect(most).toBeLessThanOrEqual(limit);
          const all = await Promise.all(Array.from({ length: limit }, () => slots.take('z', 't', never)));
          for (const release of all) release();
        },
      ),
      { numRuns: 200 },
    );
  });
});
