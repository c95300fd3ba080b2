import { type SseFrame, SseSplitter } from '../../protocol/sse.ts';
import type { StreamEvent } from '../../protocol/stream-event.ts';
import type { Exchange } from '../dialect.ts';
import { ReplyStream } from './reply-stream.ts';

/** A decoder of server-sent events, which keeps what comes in front of the first of them. */
export abstract class EventReplyStream extends ReplyStream<SseFrame> {
  /** Where no event comes at all, the reply was something else than a stream. */
  #opening: Buffer[] | undefined = [];
  #openingLength = 0;

  constructor(exchange: Exchange) {
    super(exchange, new SseSplitter());
  }

  override push(chunk: Buffer): StreamEvent[] {
    if (!this.over) this.#keepOpening(chunk);
    return super.push(chunk);
  }

  /** An event has been read: this is a stream. */
  protected begun(): void {
    this.#opening = undefined;
  }

  /** All that came, where no event did; undefined where one did, or nothing came. */
  protected get unread(): Buffer | undefined {
    return this.#opening && this.#openingLength > 0 ? Buffer.concat(this.#opening) : undefined;
  }

  #keepOpening(chunk: Buffer): void {
    if (!this.#opening || this.#openingLength >= openingLimit) return;
    this.#opening.push(chunk);
    this.#openingLength += chunk.length;
  }
}

const openingLimit = 8 * 1024 * 1024;
