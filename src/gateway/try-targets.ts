import { setTimeout as delay } from 'node:timers/promises';
import type { Call } from '../call/call.ts';
import { abortSignalOf } from '../call/cancellation.ts';
import { Failure } from '../call/failure.ts';
import type { CallObserver } from '../call/observer.ts';
import type { AttemptRecord, CallRecord } from '../call/record.ts';
import type { Target } from '../providers/target.ts';
import type { Decision } from '../routing/decide.ts';
import type { EnterTarget } from './admit-call.ts';
import { attempt } from './attempt.ts';
import { hedged } from './hedge.ts';
import { Leg } from './leg.ts';
import { noTarget } from './no-target.ts';
import type { GatewayParts } from './parts.ts';

/** Where tries are written down, and who follows them. */
interface NotedTries {
  record: Pick<CallRecord, 'attempts' | 'hedge'>;
  observer: CallObserver | undefined;
}

interface Candidate {
  target: Target;
  key: string | undefined;
}

/** The call as it is to be for this target. */
export type PrepareCall = (call: Call, target: Target) => Promise<Call>;

/**
 * The decided targets of a call, tried in order, each with its keys in turn. It goes on where it stopped, so that a target
 * that fails in mid-answer is followed by the next one.
 */
export class TargetTries {
  readonly #parts: GatewayParts;
  readonly #decision: Decision;
  readonly #noted: NotedTries;
  readonly #candidates: Generator<Candidate, undefined>;
  readonly #failures: Failure[] = [];
  readonly #until: number;
  readonly #enter: EnterTarget;
  readonly #prepare: PrepareCall | undefined;
  /** Some target has begun to answer. */
  #begun = false;
  #left: number;

  constructor(
    parts: GatewayParts,
    decision: Decision,
    noted: NotedTries,
    startedAt: number,
    enter: EnterTarget,
    prepare?: PrepareCall,
  ) {
    this.#parts = parts;
    this.#decision = decision;
    this.#noted = noted;
    this.#until = startedAt + parts.retry.budgetMs;
    this.#enter = enter;
    this.#prepare = prepare;
    this.#left = decision.targets.length;
    this.#candidates = this.#all();
  }

  /** True while another target than those tried is left. */
  get hasMore(): boolean {
    return this.#left > 0;
  }

  /** No more keys of the target that answered: what comes next is another target. */
  skipTarget(target: Target): void {
    this.#skipped = target;
  }

  #skipped: Target | undefined;

  /**
   * The next target that begins to answer the call. A failure that another target can't better ends it at once, and so
   * does the end of the time that clients wait. Throws the Failure that the client is told.
   */
  async open(call: Call): Promise<Leg> {
    for (;;) {
      const next = this.#next();
      if (!next) throw this.#lastWord();
      if (!(await this.#mayEnter(next.target))) continue;
      const leg = await this.#tryHedged(call, next);
      if (!leg) continue;
      this.#begun = true;
      return leg;
    }
  }

  /** False where a limit or a budget keeps the call away from the target. */
  async #mayEnter(target: Target): Promise<boolean> {
    const refused = await this.#enter(target, this.#begun);
    if (!refused) return true;
    this.#failures.push(refused);
    this.skipTarget(target);
    return false;
  }

  /** The candidate; beside it the next one, where that is asked for and this one is slower than it usually is. */
  #tryHedged(call: Call, candidate: Candidate): Promise<Leg | undefined> {
    const { retry, health } = this.#parts;
    const patienceMs = retry.hedge && this.hasMore ? health.slowestUsualMs(candidate.target) : undefined;
    if (patienceMs === undefined) return this.#try(call, candidate);
    const second = async () => {
      const other = await this.#secondBeside(candidate.target);
      return other && ((asked: Call) => this.#try(asked, other));
    };
    return hedged(call, (asked) => this.#try(asked, candidate), patienceMs, second);
  }

  /** The next target, where limits allow it and budgets can pay it beside the first; else it stays for later. */
  async #secondBeside(first: Target): Promise<Candidate | undefined> {
    const { targets } = this.#decision;
    const second = targets[targets.indexOf(first) + 1];
    if (!second) return undefined;
    const refused = await this.#enter(second, true);
    this.#noted.record.hedge = {
      target: second.name,
      asked: !refused,
      ...(refused ? { reason: refused.message } : {}),
    };
    if (refused) return undefined;
    this.skipTarget(first);
    return this.#next();
  }

  #next(): Candidate | undefined {
    if (this.#failures.length > 0 && this.#parts.now() > this.#until) return undefined;
    let next = this.#candidates.next().value;
    while (next && next.target === this.#skipped) next = this.#candidates.next().value;
    return next;
  }

  *#all(): Generator<Candidate, undefined> {
    for (const target of this.#decision.targets) {
      this.#left -= 1;
      for (const key of this.#parts.health.keysInTurn(target)) yield { target, key };
    }
    return undefined;
  }

  /** One key of one target, once more after a hiccup; undefined where the next is to be tried. */
  async #try(call: Call, candidate: Candidate): Promise<Leg | undefined> {
    for (let retries = this.#parts.retry.attempts; ; retries -= 1) {
      const outcome = await this.#attempt(call, candidate);
      if (outcome instanceof Leg) return outcome;
      if (outcome.remedy === 'none') throw outcome;
      this.#failures.push(outcome);
      const again = outcome.remedy === 'retry-then-next' && retries > 0 && this.#parts.now() <= this.#until;
      if (!again) return undefined;
      await delay(pauseMs, undefined, { signal: abortSignalOf(call.signal) }).catch(() => undefined);
    }
  }

  async #attempt(given: Call, { target, key }: Candidate): Promise<Leg | Failure> {
    const { health, now } = this.#parts;
    const record: AttemptRecord = {
      ...{ target: target.name, provider: target.provider, model: target.model },
      ...{ startedAt: now(), durationMs: 0, outcome: 'ok' },
    };
    this.#noted.record.attempts.push(record);
    const exchange = this.#noted.observer?.attempting(record);
    const fail = (error: unknown): Failure => {
      const failure = Failure.from(error);
      record.outcome = failure.status === 499 ? 'cancelled' : 'failed';
      record.durationMs = now() - record.startedAt;
      record.failure = { kind: failure.kind, status: failure.status, message: failure.message };
      if (failure.details.usage) record.usage = failure.details.usage;
      return failure;
    };
    let call = given;
    let release: () => void;
    try {
      if (this.#prepare) call = await this.#prepare(given, target);
      release = await health.takePlace(target, call.sessionId ?? call.caller.name, call.signal);
    } catch (error) {
      return fail(error);
    }
    const known = health.begin(target, key);
    try {
      const opened = await attempt(exchange ? { ...this.#parts, exchange } : this.#parts, call, target, key);
      known.succeeded();
      const estimatePrompt = () => this.#parts.estimateTokens(call.request, target.model);
      const learnPrompt = (tokens: number) => this.#parts.learnTokens?.(call.request, target.model, tokens);
      return new Leg({ opened, record, health: known, release, estimatePrompt, learnPrompt, now });
    } catch (error) {
      const failure = fail(error);
      if (failure.kind === 'outrun') this.#billOutrun(record, call, target);
      known.failed(failure);
      known.over();
      release();
      return failure;
    }
  }

  /** It had the prompt, and said nothing of it: providers bill that, so it is taken as used. */
  #billOutrun(record: AttemptRecord, { request }: Call, { model }: Target): void {
    if (record.usage) return;
    record.usage = { input_tokens: this.#parts.estimateTokens(request, model), output_tokens: 0 };
    record.usageEstimated = true;
  }

  /** One failure is told as it is; several of a kind as that kind, several kinds as "everybody failed", with all that was said. */
  #lastWord(): Failure {
    const last = this.#failures.at(-1);
    if (!last) return noTarget(this.#decision);
    if (this.#failures.length === 1) return last;
    const messages = [...new Set(this.#failures.map((failure) => failure.message))];
    const retryAfterSeconds = earliest(this.#failures);
    if (messages.length === 1) return last.with({ retryAfterSeconds });
    const isOneKind = this.#failures.every(({ kind }) => kind === last.kind);
    if (isOneKind) return last.with({ retryAfterSeconds, body: undefined }, messages.join('; '));
    return new Failure('no-target', `every target failed: ${messages.join('; ')}`, { retryAfterSeconds });
  }
}

/** Before the same target is asked again. */
const pauseMs = 150;

function earliest(failures: readonly Failure[]): number | undefined {
  const waits = failures.map((failure) => failure.details.retryAfterSeconds).filter((wait) => wait !== undefined);
  return waits.length === failures.length ? Math.min(...waits) : undefined;
}
