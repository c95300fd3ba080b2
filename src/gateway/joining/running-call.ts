import type { Call } from '../../call/call.ts';
import { Cancellation } from '../../call/cancellation.ts';
import { Failure } from '../../call/failure.ts';
import type { WholeMessage } from '../../protocol/whole-message.ts';
import type { Outcome } from '../outcome.ts';
import { isSameRequest, isToldRetry, leavesInTime } from './same-request.ts';
import { SharedStream } from './shared-stream.ts';
import type { Memory } from './tape.ts';

/** How long a call runs on for a client that has left because its time was over: libraries ask again within it. */
const graceMs = 2000;
/** How long an answer is kept whose client left before it had it whole. */
const keptMs = 10_000;
/** Claude Code does not say that it asks again; nor does it ask again earlier. */
const leastAgeMs = 1000;

/** A call on its way, and the clients that wait for it: its own, and the retries that joined. */
export class RunningCall {
  readonly #first: Call;
  readonly #memory: Memory;
  readonly #onEnd: () => void;
  readonly #controller = new Cancellation();
  #outcome!: Promise<Outcome>;
  #message: WholeMessage | undefined;
  #stream: SharedStream | undefined;
  #waiting = 0;
  #state: 'running' | 'whole' | 'ended' = 'running';
  #timer: NodeJS.Timeout | undefined;
  #keptBytes = 0;

  /** `onEnd` is told once, when it can't be joined any more. */
  constructor(first: Call, memory: Memory, onEnd: () => void) {
    this.#first = first;
    this.#memory = memory;
    this.#onEnd = onEnd;
  }

  /** Runs the call; its signal is aborted when nobody waits for it any more. */
  run(answer: (call: Call) => Promise<Outcome>): Promise<Outcome> {
    this.#outcome = answer({ ...this.#first, signal: this.#controller.signal }).then((outcome) =>
      this.#shared(outcome),
    );
    return this.join(this.#first);
  }

  /** True where its clients have left, so that the same request can only be a retry. */
  get isLeft(): boolean {
    return this.#waiting === 0;
  }

  /** True where the call asks for the same, and says or shows that it does so again. */
  isTriedAgainBy(call: Call): boolean {
    if (this.#first.received?.body.length !== call.received?.body.length) return false;
    if (!this.isLeft && !isToldRetry(call) && !this.#isOldOfSession(call)) return false;
    return this.#stream?.isJoinable !== false && isSameRequest(this.#first, call);
  }

  /** One more client waits for the answer, and gets it from its beginning. */
  async join(call: Call): Promise<Outcome> {
    clearTimeout(this.#timer);
    this.#waiting += 1;
    let waits = true;
    const go = (left: boolean) => {
      if (!waits) return;
      waits = false;
      this.#waiting -= 1;
      if (this.#waiting === 0) this.#nobodyWaits(call, left);
    };
    const leave = () => go(true);
    const { signal } = call;
    const aborted = () => (signal.reason instanceof Failure ? this.#controller.abort(signal.reason) : leave());
    signal.addEventListener('abort', aborted, { once: true });
    if (signal.aborted) aborted();
    call.received?.delivered.then(() => go(false));
    const outcome = await this.#outcome;
    if (!outcome.ok || !this.#stream) return outcome;
    return { ...outcome, reply: { ...outcome.reply, kind: 'stream', batches: this.#stream.reader(leave) } };
  }

  #isOldOfSession({ headers, startedAt }: Call): boolean {
    return headers['x-claude-code-session-id'] !== undefined && startedAt - this.#first.startedAt >= leastAgeMs;
  }

  #shared(outcome: Outcome): Outcome {
    if (outcome.ok && outcome.reply.kind === 'stream') {
      this.#stream = new SharedStream(outcome.reply.batches, this.#memory, (whole) => this.#over(whole));
    } else {
      if (outcome.ok && outcome.reply.kind === 'message') this.#message = outcome.reply.message;
      this.#over(outcome.ok);
    }
    // All may have left just before it came.
    if (this.#state === 'ended') this.#stream?.close();
    return outcome;
  }

  /** All of the answer is there. What failed is not told twice. */
  #over(whole: boolean): void {
    if (this.#state !== 'running') return;
    this.#state = 'whole';
    if (!whole) this.#end();
  }

  #nobodyWaits(last: Call, left: boolean): void {
    if (this.#state === 'ended') return this.#stream?.close();
    if (!left) return this.#end();
    if (this.#state === 'whole') this.#endAfter(this.#keep() ? keptMs : 0);
    else this.#endAfter(leavesInTime(last, Date.now()) ? graceMs : 0);
  }

  #endAfter(delayMs: number): void {
    if (delayMs === 0) return this.#end();
    this.#timer = setTimeout(() => this.#end(), delayMs);
    this.#timer.unref();
  }

  /** False where there is no room for one more answer that nobody has got. What a stream remembers is counted already. */
  #keep(): boolean {
    if (this.#stream?.isJoinable === false) return false;
    if (this.#keptBytes > 0) return true;
    const memory = this.#memory;
    const bytes = (this.#first.received?.body.length ?? 0) + (this.#message?.bytes.length ?? 0);
    if (memory.bytes + bytes > memory.most) return false;
    memory.bytes += bytes;
    this.#keptBytes = bytes;
    return true;
  }

  #end(): void {
    if (this.#state === 'ended') return;
    if (this.#state === 'running') this.#controller.abort();
    this.#state = 'ended';
    this.#memory.bytes -= this.#keptBytes;
    if (this.#waiting === 0) this.#stream?.close();
    this.#onEnd();
  }
}
