import type { Message } from './messages.ts';

/** A reply that is not a stream: its bytes as they came, or a message that is written when it is sent. */
export class WholeMessage {
  #message: Message | undefined;
  #bytes: Buffer | undefined;
  /** True where the upstream reported no usage, so that it had to be estimated. */
  readonly usageEstimated: boolean;

  private constructor(message: Message | undefined, bytes: Buffer | undefined, usageEstimated = false) {
    this.#message = message;
    this.#bytes = bytes;
    this.usageEstimated = usageEstimated;
  }

  static of(message: Message, usageEstimated = false): WholeMessage {
    return new WholeMessage(message, undefined, usageEstimated);
  }

  /** `bytes` as they came, already parsed and found to be `message`. */
  static fromBytes(bytes: Buffer, message: Message): WholeMessage {
    return new WholeMessage(message, bytes);
  }

  get message(): Message {
    return this.#message!;
  }

  get bytes(): Buffer {
    this.#bytes ??= Buffer.from(JSON.stringify(this.#message));
    return this.#bytes;
  }
}
