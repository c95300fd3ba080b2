import type { Socket } from 'node:net';
import type { PrimaryOffers, WorkerReport } from './offers.ts';
import { WorkerProcess } from './worker-process.ts';

export interface CrewSettings {
  /** How many are to serve. */
  count: number;
  offersTo(worker: WorkerProcess): PrimaryOffers;
  /** Tells a worker how to run; what it found. */
  begin(worker: WorkerProcess): Promise<WorkerReport>;
  /** A worker has ended: its calls are settled. `expected` where it was let go. */
  onGone(worker: WorkerProcess, expected: boolean): void;
  report(level: 'info' | 'warn' | 'error', message: string, fields?: object): void;
}

/** Before a worker is started in place of one that could not begin, in milliseconds; doubled each time. */
const firstPauseMs = 250;
const longestPauseMs = 5000;
/** What a worker may take to end once its calls are over, in milliseconds. */
const longestEndMs = 10_000;
/** A worker that ended sooner than this after it began counts as one that could not. */
const shortLifeMs = 500;

/** The workers: as many as are wanted, each replaced when it dies, and connections given to them in turn. */
export class Crew {
  readonly #settings: CrewSettings;
  readonly #workers = new Set<WorkerProcess>();
  readonly #expected = new WeakSet<WorkerProcess>();
  readonly #servesSince = new WeakMap<WorkerProcess, number>();
  /** Connections that came while no worker could take them. */
  #waiting: Socket[] = [];
  #count: number;
  #turn = 0;
  #failures = 0;
  #pause: NodeJS.Timeout | undefined;
  #begun = false;
  #stopping = false;
  #restarting = Promise.resolve();

  constructor(settings: CrewSettings) {
    this.#settings = settings;
    this.#count = settings.count;
  }

  /** Those that take new connections. */
  get serving(): WorkerProcess[] {
    return [...this.#workers].filter(({ stage }) => stage === 'serving');
  }

  /** Those that answer: the serving ones, and those that only finish. */
  get answering(): WorkerProcess[] {
    return [...this.#workers].filter(({ stage }) => stage === 'serving' || stage === 'retiring');
  }

  /** Starts them: the first alone, so that what it makes is there for the others. What the first found. */
  async start(): Promise<WorkerReport> {
    const report = await this.#add();
    this.#begun = 'ready' in report;
    if (this.#begun) await this.#fill();
    else this.#stopping = true;
    return report;
  }

  /** A connection to serve. */
  give(socket: Socket): void {
    if (this.#stopping && this.answering.length === 0) return void socket.destroy();
    const worker = this.#next();
    if (worker) worker.hand(socket);
    else this.#waiting.push(socket);
  }

  /** Another number of workers from now on. */
  resize(count: number): void {
    this.#count = count;
    for (const worker of this.serving.slice(count)) this.retire(worker);
    void this.#fill();
  }

  /** Replaces every worker that serves now, one after the other: the new one serves before the old one goes. */
  restart(): Promise<void> {
    this.#restarting = this.#restarting.then(async () => {
      for (const old of this.serving) {
        if (this.#stopping) return;
        const report = await this.#add();
        if ('failed' in report) return;
        this.retire(old);
      }
      this.#settings.report('info', 'every worker was replaced');
    });
    return this.#restarting;
  }

  /** It takes no new connections, and ends when its last one is closed. */
  retire(worker: WorkerProcess): void {
    if (worker.stage !== 'serving') return;
    worker.stage = 'retiring';
    this.#expected.add(worker);
    worker.link.tell('retire');
    if (!this.#stopping) void this.#fill();
  }

  /** Lets running calls finish for so long (milliseconds), then ends all. New connections are served until then, to be refused. */
  async stop(drainMs: number): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#pause);
    for (const worker of this.#workers) this.#expected.add(worker);
    const ended = [...this.#workers].map(async ({ link, child, stage }) => {
      if (stage === 'starting') return void child.kill('SIGKILL');
      await link.askFor(drainMs + 5000, 'drain', drainMs).catch(() => undefined);
    });
    await Promise.all(ended);
    for (const socket of this.#waiting.splice(0)) socket.destroy();
  }

  /** Ends those that are left. */
  async close(): Promise<void> {
    const ending = [...this.#workers].map(async (worker) => {
      const { child, link, gone } = worker;
      const timer = setTimeout(() => child.kill('SIGKILL'), longestEndMs);
      await link.askFor(longestEndMs, 'close').catch(() => undefined);
      worker.letGo();
      await gone;
      clearTimeout(timer);
    });
    await Promise.all(ending);
  }

  /** A worker that has finished. */
  left(worker: WorkerProcess): void {
    this.#expected.add(worker);
    worker.letGo();
  }

  /** One of those with the fewest connections, in turn. */
  #next(): WorkerProcess | undefined {
    const able = this.serving.length > 0 ? this.serving : this.#stopping ? this.answering : [];
    if (able.length === 0) return undefined;
    this.#turn += 1;
    const fewest = Math.min(...able.map(({ connections }) => connections));
    const idlest = able.filter(({ connections }) => connections === fewest);
    return idlest[this.#turn % idlest.length];
  }

  async #fill(): Promise<void> {
    const missing = () => this.#count - [...this.#workers].filter(({ stage }) => isComing(stage)).length;
    const adding: Promise<unknown>[] = [];
    while (!this.#stopping && this.#pause === undefined && missing() > 0) adding.push(this.#add());
    await Promise.all(adding);
  }

  async #add(): Promise<WorkerReport> {
    const worker = new WorkerProcess(this.#settings.offersTo, (gone) => this.#gone(gone));
    this.#workers.add(worker);
    const report = await this.#settings.begin(worker).catch((error: Error): WorkerReport => {
      return { failed: { message: error.message } };
    });
    if ('failed' in report) {
      if (this.#begun) this.#reportFailed(worker, report.failed.message);
      worker.child.kill('SIGKILL');
      return report;
    }
    if (this.#stopping || worker.stage !== 'starting') return report;
    worker.stage = 'serving';
    this.#servesSince.set(worker, Date.now());
    for (const socket of this.#waiting.splice(0)) this.give(socket);
    return report;
  }

  /** The first one's is told by who starts the router. */
  #reportFailed({ pid }: WorkerProcess, problem: string): void {
    this.#settings.report('error', 'a worker could not begin', { pid, problem });
  }

  #gone(worker: WorkerProcess): void {
    this.#workers.delete(worker);
    for (const give of worker.places.values()) give();
    const expected = this.#expected.has(worker);
    this.#settings.onGone(worker, expected);
    for (const socket of worker.unserved()) this.give(socket);
    if (this.#stopping || expected) return;
    const since = this.#servesSince.get(worker);
    const failed = since === undefined || Date.now() - since < shortLifeMs;
    this.#failures = failed ? this.#failures + 1 : 0;
    if (this.#failures <= 1) return void this.#fill();
    const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** (this.#failures - 2));
    this.#pause ??= setTimeout(() => {
      this.#pause = undefined;
      void this.#fill();
    }, pauseMs);
  }
}

function isComing(stage: WorkerProcess['stage']): boolean {
  return stage === 'starting' || stage === 'serving';
}
