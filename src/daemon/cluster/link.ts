import { Failure, type FailureDetails, type FailureKind } from '../../call/failure.ts';

/** A process that can be written to: `process` in a worker, the worker in the primary. */
export interface End {
  readonly connected: boolean;
  send?(message: object, handle: undefined, options: object, callback: (error: Error | null) => void): boolean;
  on(event: 'message', listener: (message: unknown, handle: unknown) => void): unknown;
  on(event: 'disconnect', listener: () => void): unknown;
}

type Arguments<Method> = Method extends (...args: infer Args) => unknown ? Args : never;
type Result<Method> = Method extends (...args: never[]) => infer Answer ? Awaited<Answer> : never;
type Names<Offers> = keyof Offers & string;

type Message =
  | { do: string; args: unknown[]; id?: number }
  | { answered: number; value: unknown }
  | { failed: number; fault: Fault };

interface Fault {
  message: string;
  kind?: FailureKind;
  details?: FailureDetails;
}

/** How long the other end may take to answer, in milliseconds, unless it is said otherwise. */
const usualLimitMs = 30_000;

/**
 * One end between the primary and a worker: each offers the other an object of methods, which take and give plain data.
 * What is told, asked and answered arrives in order. A Failure stays one.
 */
export class Link<Theirs extends object> {
  readonly #end: End;
  readonly #mine: Record<string, ((...args: unknown[]) => unknown) | undefined>;
  readonly #asked = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>();
  #lastId = 0;

  constructor(end: End, mine: object) {
    this.#end = end;
    this.#mine = mine as Record<string, (...args: unknown[]) => unknown>;
    end.on('message', (message, handle) => void this.#take(message as Message, handle));
    end.on('disconnect', () => this.#lose());
  }

  /** Says something that needs no answer; nothing where the other end is gone. */
  tell<Name extends Names<Theirs>>(name: Name, ...args: Arguments<Theirs[Name]>): void {
    this.#send({ do: name, args });
  }

  /** Asks, and waits for the answer. Rejects with what the other end threw, or because it is gone or takes too long. */
  ask<Name extends Names<Theirs>>(name: Name, ...args: Arguments<Theirs[Name]>): Promise<Result<Theirs[Name]>> {
    return this.askFor(usualLimitMs, name, ...args);
  }

  /** The same, with another limit in milliseconds. */
  askFor<Name extends Names<Theirs>>(
    limitMs: number,
    name: Name,
    ...args: Arguments<Theirs[Name]>
  ): Promise<Result<Theirs[Name]>> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => done(() => reject(away(`no answer within ${limitMs} ms`))), limitMs);
      const done = (then: () => void) => {
        clearTimeout(timer);
        this.#asked.delete(id);
        then();
      };
      this.#asked.set(id, {
        resolve: (value) => done(() => resolve(value as Result<Theirs[Name]>)),
        reject: (error) => done(() => reject(error)),
      });
      this.#send({ do: name, args, id });
    });
  }

  #send(message: Message): void {
    const id = 'do' in message ? message.id : undefined;
    const failed = (error: unknown) => id !== undefined && this.#asked.get(id)?.reject(error);
    if (!this.#end.connected || !this.#end.send) return void failed(away('it is gone'));
    try {
      this.#end.send(message, undefined, {}, (error) => error && failed(away(error.message)));
    } catch (error) {
      // What can't be sent is a fault of the router's own, and the asking call's alone.
      if (id === undefined) throw error;
      failed(error);
    }
  }

  async #take(message: Message, handle: unknown): Promise<void> {
    if ('answered' in message) return this.#asked.get(message.answered)?.resolve(message.value);
    if ('failed' in message) return this.#asked.get(message.failed)?.reject(errorOf(message.fault));
    const { id } = message;
    try {
      const args = handle === undefined ? message.args : [...message.args, handle];
      const value = await this.#mine[message.do]?.(...args);
      if (id !== undefined) this.#send({ answered: id, value });
    } catch (error) {
      if (id === undefined) throw error;
      this.#send({ failed: id, fault: faultOf(error) });
    }
  }

  #lose(): void {
    for (const { reject } of [...this.#asked.values()]) reject(away('it ended'));
  }
}

function away(reason: string): Failure {
  return new Failure('state-away', `another process of the router does not answer: ${reason}`, {
    retryAfterSeconds: 1,
  });
}

function faultOf(error: unknown): Fault {
  if (!(error instanceof Failure)) return { message: error instanceof Error ? error.message : String(error) };
  const { cause: _cause, ...details } = error.details;
  return { kind: error.kind, message: error.message, details };
}

function errorOf({ kind, message, details }: Fault): Error {
  return kind === undefined ? new Error(message) : new Failure(kind, message, details);
}
