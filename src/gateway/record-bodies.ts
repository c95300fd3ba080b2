import type { Call } from '../call/call.ts';
import type { Failure } from '../call/failure.ts';
import type { CallRecord } from '../call/record.ts';
import type { StreamEvent } from '../protocol/stream-event.ts';

/** Keeps the reply as it passes, up to a limit, for the record of a call. */
export class BodyRecorder {
  readonly #request: Buffer;
  readonly #parts: Buffer[] = [];
  #size = 0;
  #truncated = false;

  constructor(call: Call) {
    this.#request = call.rawBody ?? Buffer.from(JSON.stringify(call.request));
  }

  addEvents(events: readonly StreamEvent[]): void {
    for (const event of events) this.add(event.bytes);
  }

  add(bytes: Buffer): void {
    if (this.#size >= replyLimit) {
      this.#truncated = true;
      return;
    }
    this.#parts.push(bytes);
    this.#size += bytes.length;
  }

  addFailure(failure: Failure): void {
    const { type, message } = failure;
    this.add(failure.details.body ?? Buffer.from(JSON.stringify({ type: 'error', error: { type, message } })));
  }

  /** Puts request and reply into the record. */
  fill(record: CallRecord): void {
    record.bodies = { request: this.#request, reply: Buffer.concat(this.#parts), truncated: this.#truncated };
  }
}

const replyLimit = 16 * 1024 * 1024;
