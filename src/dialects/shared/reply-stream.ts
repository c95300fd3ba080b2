import { Failure, type FailureKind } from '../../call/failure.ts';
import { FrameTooLarge } from '../../protocol/sse.ts';
import type { StreamEvent } from '../../protocol/stream-event.ts';
import type { Exchange, StreamDecoder } from '../dialect.ts';
import { BlockWriter } from './block-writer.ts';
import { errorMessageOf } from './failure.ts';

/** Splits bytes into the pieces of a stream. Throws FrameTooLarge. */
interface Splitter<Piece> {
  push(chunk: Buffer): Iterable<Piece>;
  end(): Iterable<Piece>;
}

/** A decoder that reads a stream piece by piece and writes Messages events; what comes when it is over is not read. */
export abstract class ReplyStream<Piece> implements StreamDecoder {
  failure: Failure | undefined;
  protected readonly exchange: Exchange;
  protected readonly writer: BlockWriter;
  /** True once the end has been written. */
  protected ended = false;
  readonly #splitter: Splitter<Piece>;

  constructor(exchange: Exchange, splitter: Splitter<Piece>) {
    this.exchange = exchange;
    this.writer = new BlockWriter(exchange);
    this.#splitter = splitter;
  }

  protected abstract read(piece: Piece): void;
  /** The bytes have ended, and the answer has not. */
  protected abstract endOfBytes(): void;

  get usageEstimated(): boolean {
    return this.writer.usageEstimated;
  }

  push(chunk: Buffer): StreamEvent[] {
    if (this.over) return [];
    try {
      this.#readAll(this.#splitter.push(chunk));
    } catch (error) {
      if (!(error instanceof FrameTooLarge)) throw error;
      this.fail('upstream-garbled', error.message);
    }
    return this.writer.take();
  }

  end(): StreamEvent[] {
    if (!this.over) this.#readAll(this.#splitter.end());
    if (!this.over) this.endOfBytes();
    return this.writer.take();
  }

  protected get over(): boolean {
    return this.ended || this.failure !== undefined;
  }

  protected fail(kind: FailureKind, message: string): void {
    const { provider } = this.exchange;
    this.failure ??= new Failure(kind, `${provider}: ${message}`, { provider });
  }

  protected failAsCut(): void {
    this.fail('upstream-cut', 'the stream ended before the answer was complete');
  }

  protected failAsNoStream(body: Buffer): void {
    this.fail('upstream-garbled', `the reply is no stream: ${errorMessageOf(body).slice(0, 200)}`);
  }

  #readAll(pieces: Iterable<Piece>): void {
    for (const piece of pieces) if (!this.over) this.read(piece);
  }
}
