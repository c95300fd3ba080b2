import { createContext, Script } from 'node:vm';

/** What came of a hook: its answer, or what it threw. `blocked`: it did not let anything else run. */
export type Ran<Value> = { ok: true; value: Value } | { ok: false; error: unknown; blocked?: true };

/**
 * Runs foreign code, at most for so long: also where it never gives the process back. What it comes to later, an answer or
 * a rejection, is not heard. Never throws or rejects.
 */
export async function runInTime<Value>(run: () => Value | PromiseLike<Value>, limitMs: number): Promise<Ran<Value>> {
  let answer: Value | PromiseLike<Value>;
  try {
    answer = interruptible(run, limitMs);
  } catch (error) {
    const blocked = (error as NodeJS.ErrnoException | undefined)?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
    return blocked ? { ok: false, error: tooLong(limitMs), blocked } : { ok: false, error };
  }
  return isPromiseLike(answer) ? settled(answer, limitMs) : { ok: true, value: answer };
}

function settled<Value>(answer: PromiseLike<Value>, limitMs: number): Promise<Ran<Value>> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve({ ok: false, error: tooLong(limitMs) }), limitMs);
    const done = (ran: Ran<Value>) => {
      clearTimeout(timer);
      resolve(ran);
    };
    // A foreign `then` may do anything; a promise of the router's own takes it in.
    Promise.resolve(answer).then(
      (value) => done({ ok: true, value }),
      (error: unknown) => done({ ok: false, error }),
    );
  });
}

function tooLong(limitMs: number): Error {
  return new Error(`no answer within ${limitMs} ms`);
}

function isPromiseLike<Value>(value: Value | PromiseLike<Value>): value is PromiseLike<Value> {
  return typeof (value as PromiseLike<Value> | null | undefined)?.then === 'function';
}

/** Where foreign code is entered from: what runs in here can be interrupted, wherever it comes from. */
let gate: { context: { run?: () => unknown }; script: Script } | undefined;

function interruptible<Value>(run: () => Value, limitMs: number): Value {
  gate ??= { context: createContext({}), script: new Script('run()') };
  gate.context.run = run;
  return gate.script.runInContext(gate.context, { timeout: Math.max(1, Math.ceil(limitMs)) }) as Value;
}

/** What a thrown value says, whatever it is. */
export function problemOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return 'something that can’t be told';
  }
}
