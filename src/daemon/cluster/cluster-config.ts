import { setTimeout as delay } from 'node:timers/promises';
import type { Environment } from '../../config/env.ts';
import { configNotUsed } from '../run-router.ts';
import { type ClusterFile, readClusterFile } from './cluster-file.ts';
import type { Crew } from './crew.ts';
import type { WorkerReport, WorkerSettings } from './offers.ts';
import type { WorkerProcess } from './worker-process.ts';

/** A worker that died is there again after some of them. */
const mostTries = 50;
const pauseMs = 200;

export interface ClusterConfigParts {
  environment: Environment;
  crew: Crew;
  report(level: 'error', message: string, fields?: object): void;
  /** Told of a configuration that every worker serves from now on. */
  inForce(file: ClusterFile): void;
}

/** The configuration in force: that of every worker, also of those that begin while the file on disk can't be used. */
export class ClusterConfig {
  readonly #parts: ClusterConfigParts;
  #file: ClusterFile;
  /** What is wrong with the file on disk. */
  #problem: string | undefined;
  #reloading: Promise<string | undefined> | undefined;
  #again = false;

  constructor(file: ClusterFile, parts: ClusterConfigParts) {
    this.#file = file;
    this.#parts = parts;
  }

  get file(): ClusterFile {
    return this.#file;
  }

  /** A worker begins; what it found. */
  async begin(
    worker: WorkerProcess,
    settings: Omit<WorkerSettings, 'configFile' | 'configFileText'>,
  ): Promise<WorkerReport> {
    const { path, text } = this.#file;
    const report = await worker.link.ask('begin', { ...settings, configFile: path, configFileText: text });
    if ('failed' in report) return report;
    if (this.#file.text !== text) await reloadOf(worker, this.#file.text);
    if (this.#problem !== undefined) worker.link.tell('configProblem', this.#problem);
    return report;
  }

  /** Reads the file again; what is wrong with it. What is asked for meanwhile is done together, once. */
  reload(): Promise<string | undefined> {
    if (this.#reloading) {
      this.#again = true;
      return this.#reloading;
    }
    this.#reloading = this.#reloadAll().finally(() => {
      this.#reloading = undefined;
    });
    return this.#reloading;
  }

  async #reloadAll(): Promise<string | undefined> {
    do {
      this.#again = false;
      this.#problem = await this.#reloadOnce().catch((error: Error) => error.message);
      for (const { link } of this.#parts.crew.answering) link.tell('configProblem', this.#problem);
    } while (this.#again);
    return this.#problem;
  }

  async #reloadOnce(): Promise<string | undefined> {
    const { environment, crew, report, inForce } = this.#parts;
    const file = await readClusterFile(this.#file.path, environment).catch((error: Error) => error.message);
    if (typeof file === 'string') {
      report('error', configNotUsed, { problem: file });
      return file;
    }
    const judge = await this.#judged(file.text);
    if ('problem' in judge) return judge.problem;
    this.#file = file;
    const others = crew.answering.filter((worker) => worker !== judge.worker);
    await Promise.all(others.map((worker) => reloadOf(worker, file.text)));
    inForce(file);
    return undefined;
  }

  /** One worker takes it, and says what is wrong with it; another where that one dies meanwhile. The others follow. */
  async #judged(text: string): Promise<Judge | { problem: string }> {
    for (let tries = 0; tries < mostTries; tries += 1) {
      const [worker] = this.#parts.crew.serving;
      const asked = worker?.link.ask('reload', { configFileText: text });
      const answer = await asked?.then((problem) => ({ problem })).catch(() => undefined);
      if (worker && answer) return answer.problem === undefined ? { worker } : { problem: answer.problem };
      await delay(pauseMs);
    }
    return { problem: 'no worker answers' };
  }
}

interface Judge {
  worker: WorkerProcess;
}

/** One that dies meanwhile is replaced by one that serves what is in force. */
function reloadOf({ link }: WorkerProcess, text: string): Promise<unknown> {
  return link.ask('reload', { configFileText: text, quiet: true }).catch(() => undefined);
}
