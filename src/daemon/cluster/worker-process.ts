import { type ChildProcess, fork } from 'node:child_process';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { AttemptRecord } from '../../call/record.ts';
import type { Counting } from '../../telemetry/metrics.ts';
import { Link } from './link.ts';
import type { OpenCall, PrimaryOffers, TriedTarget, WorkerOffers } from './offers.ts';
import { workerArgument } from './worker-argument.ts';

export type Stage = 'starting' | 'serving' | 'retiring' | 'gone';

/** A call on its way in a worker, and the targets it tried so far. */
export interface WatchedCall {
  call: OpenCall;
  tried: TriedTarget[];
}

/** A worker, as the primary knows it. */
export class WorkerProcess {
  readonly child: ChildProcess;
  readonly link: Link<WorkerOffers>;
  readonly calls = new Map<string, WatchedCall>();
  /** What gives back the places at targets that its calls have or wait for. */
  readonly places = new Map<number, () => void>();
  stage: Stage = 'starting';
  counting: Counting | undefined;
  /** How it ended; undefined while it runs. */
  ended: string | undefined;
  /** Resolves once it has ended and all it said was heard. */
  readonly gone: Promise<void>;
  /** Processor time that it had used when it was asked last. */
  cpuSeconds = 0;
  /** Connections that it has or is to have. */
  connections = 0;
  readonly #handed = new Map<number, Socket>();
  #lastConnection = 0;

  /** Starts it. `onGone` is told once it has ended and all it said was heard. */
  constructor(offersTo: (worker: WorkerProcess) => PrimaryOffers, onGone: (worker: WorkerProcess) => void) {
    const main = fileURLToPath(new URL('../../main.js', import.meta.url));
    // Standard input stays the primary's.
    const stdio = ['ignore', 'inherit', 'inherit', 'ipc'] as const;
    this.child = fork(main, [workerArgument], { serialization: 'advanced', stdio: [...stdio] });
    this.link = new Link<WorkerOffers>(this.child, offersTo(this));
    this.gone = this.#end().then(() => {
      this.stage = 'gone';
      onGone(this);
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Gives it a connection to serve. Where it dies before it has accepted it, `unserved` still has it. */
  hand(socket: Socket): void {
    this.#lastConnection += 1;
    const id = this.#lastConnection;
    this.connections += 1;
    this.#handed.set(id, socket);
    if (!this.child.connected) return;
    // Should the worker be gone, the connection is found among the unserved.
    this.child.send({ do: 'connection', args: [id] }, socket, { keepOpen: true }, () => undefined);
  }

  /** It reads the connection from now on; here only a copy is closed. */
  accepted(id: number): void {
    this.#handed.get(id)?.destroy();
    this.#handed.delete(id);
  }

  /** Connections that it never accepted. */
  unserved(): Socket[] {
    const sockets = [...this.#handed.values()];
    this.#handed.clear();
    return sockets;
  }

  tried(callId: string, attempt: TriedTarget): void {
    this.calls.get(callId)?.tried.push(attempt);
  }

  /** Lets it end, as it does once nobody speaks to it any more. */
  letGo(): void {
    if (this.child.connected) this.child.disconnect();
  }

  async #end(): Promise<void> {
    const { child } = this;
    const on = (event: string) => new Promise<void>((resolve) => child.once(event, () => resolve()));
    child.once('exit', (code, signal) => {
      this.ended = signal ?? `exit code ${code}`;
    });
    const failed = new Promise<void>((resolve) => {
      child.on('error', (error) => {
        this.ended ??= error.message;
        if (child.pid === undefined) resolve();
      });
    });
    // "close" never comes where this process let go of it; "disconnect" never where it died with connections handed to it.
    await Promise.race([on('close'), Promise.all([on('exit'), on('disconnect')]), failed]);
    // What it said last may still be on its way through the event loop.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The tries of a call whose process died: what they came to is not known. */
export function lostAttempts({ tried }: WatchedCall, now: number, message: string): AttemptRecord[] {
  return tried.map((attempt) => ({
    ...attempt,
    durationMs: now - attempt.startedAt,
    outcome: 'failed',
    failure: { kind: 'process-lost', status: 500, message },
  }));
}
