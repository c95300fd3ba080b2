import type { Call } from '../call/call.ts';
import { Cancellation } from '../call/cancellation.ts';
import { Failure } from '../call/failure.ts';
import { Leg } from './leg.ts';

/** Asks one target; undefined where it does not answer and the next is to be tried. */
export type Ask = (call: Call) => Promise<Leg | undefined>;

/**
 * Asks a target, and a second one beside it where the first has not begun to answer in time. Whoever begins first answers;
 * the other is cancelled. Undefined where neither answers; rejects where one failed in a way that no target could better.
 */
export async function hedged(
  call: Call,
  ask: Ask,
  patienceMs: number,
  second: () => Promise<Ask | undefined>,
): Promise<Leg | undefined> {
  const first = runner(call, ask);
  if (await isOver(first.leg, patienceMs)) return first.leg;
  const askSecond = await second();
  if (!askSecond) return first.leg;
  const other = runner(call, askSecond);
  const winner = await Promise.any([begun(first), begun(other)]).catch(() => undefined);
  for (const each of [first, other]) if (each !== winner) each.cancel();
  // Where none began, the failure of one may be the client's own.
  return winner ? winner.leg : ((await first.leg) ?? (await other.leg));
}

interface Runner {
  leg: Promise<Leg | undefined>;
  cancel(): void;
}

function runner(call: Call, ask: Ask): Runner {
  const controller = new Cancellation(call.signal);
  const leg = ask({ ...call, signal: controller.signal });
  leg.catch(() => undefined);
  return {
    leg,
    cancel() {
      const outrun = new Failure('outrun', 'another target began to answer first');
      controller.abort(outrun);
      leg.then((late) => late?.discard(outrun)).catch(() => undefined);
    },
  };
}

async function begun(each: Runner): Promise<Runner> {
  if ((await each.leg) instanceof Leg) return each;
  throw new Error('it did not begin to answer');
}

/** True where the promise is settled in time. */
async function isOver(promise: Promise<unknown>, limitMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), limitMs);
  });
  const over = promise.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([over, limit]);
  } finally {
    clearTimeout(timer);
  }
}
