import { Bag } from '../../call/bag.ts';
import type { Call } from '../../call/call.ts';
import type { Outcome } from '../outcome.ts';
import { RunningCall } from './running-call.ts';
import type { Memory } from './tape.ts';

const megabyte = 1024 * 1024;

/** The calls that run in this process: the client's own retry of one joins it instead of being asked for a second time. */
export class RunningCalls {
  readonly #running = new Bag<RunningCall>();
  readonly #memory: Memory;

  constructor(memory: Omit<Memory, 'bytes'> = { most: 32 * megabyte, mostOfOne: 2 * megabyte }) {
    this.#memory = { ...memory, bytes: 0 };
  }

  /** The call that this one tries again; undefined where it is another, or might be one of several. */
  find(call: Call): RunningCall | undefined {
    let found: RunningCall | undefined;
    let several = false;
    for (const running of this.#running) {
      if (!running.isTriedAgainBy(call)) continue;
      if (running.isLeft) return running;
      several = found !== undefined;
      found = running;
    }
    return several ? undefined : found;
  }

  /** Runs a call so that its retries can join it. */
  run(call: Call, answer: (call: Call) => Promise<Outcome>): Promise<Outcome> {
    const running = new RunningCall(call, this.#memory, () => this.#running.delete(running));
    this.#running.add(running);
    return running.run(answer);
  }
}
