import { Failure, type FailureKind } from '../../call/failure.ts';
import { isJsonObject } from '../../protocol/messages.ts';
import { FrameTooLarge, type SseFrame, SseSplitter } from '../../protocol/sse.ts';
import { parseJson, type StreamEvent } from '../../protocol/stream-event.ts';
import type { Exchange, StreamDecoder } from '../dialect.ts';
import { BlockWriter } from '../shared/block-writer.ts';
import { errorMessageOf } from '../shared/failure.ts';
import { failureOfError } from './failure.ts';
import { ReplyReader } from './reply-reader.ts';

/**
 * Decodes a streamed response. It is over at `response.completed` or `response.incomplete`, and nowhere else: an end
 * without one of them is a cut.
 */
export class ResponsesStream implements StreamDecoder {
  failure: Failure | undefined;
  readonly #exchange: Exchange;
  readonly #writer: BlockWriter;
  readonly #reader: ReplyReader;
  readonly #splitter = new SseSplitter();
  /** What came before the first event: where none comes at all, the reply was something else than a stream. */
  #opening: Buffer[] | undefined = [];
  #openingLength = 0;
  #ended = false;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
    this.#writer = new BlockWriter(exchange);
    this.#reader = new ReplyReader(exchange, this.#writer);
  }

  get usageEstimated(): boolean {
    return this.#writer.usageEstimated;
  }

  push(chunk: Buffer): StreamEvent[] {
    if (this.#over) return [];
    this.#keepOpening(chunk);
    try {
      for (const frame of this.#splitter.push(chunk)) this.#frame(frame);
    } catch (error) {
      if (!(error instanceof FrameTooLarge)) throw error;
      this.#fail('upstream-garbled', error.message);
    }
    return this.#writer.take();
  }

  end(): StreamEvent[] {
    for (const frame of this.#splitter.end()) this.#frame(frame);
    if (!this.#over) this.#endOfStream();
    return this.#writer.take();
  }

  get #over(): boolean {
    return this.#ended || this.failure !== undefined;
  }

  #keepOpening(chunk: Buffer): void {
    if (!this.#opening || this.#openingLength >= openingLimit) return;
    this.#opening.push(chunk);
    this.#openingLength += chunk.length;
  }

  #frame(frame: SseFrame): void {
    if (this.#over || frame.data === undefined) return;
    const text = frame.data.toString('utf8').trim();
    if (text === '' || text === '[DONE]') return;
    const event = parseJson(text);
    if (!isJsonObject(event)) {
      if (frame.event === 'error') this.failure = failureOfError(event ?? text, this.#exchange);
      else this.#fail('upstream-garbled', `the stream holds data that is no JSON object: ${text.slice(0, 80)}`);
      return;
    }
    this.#opening = undefined;
    const named = event.type === undefined && frame.event !== '' ? { ...event, type: frame.event } : event;
    this.failure = this.#reader.event(named);
    this.#endIfFinished();
  }

  #endIfFinished(): void {
    if (this.failure || !this.#reader.isOver) return;
    this.#writer.end();
    this.#ended = true;
  }

  #endOfStream(): void {
    const { reported } = this.#reader;
    if (reported) this.failure = reported;
    else if (this.#opening && this.#openingLength > 0) this.#notAStream(Buffer.concat(this.#opening));
    else this.#fail('upstream-cut', 'the stream ended before the answer was complete');
  }

  /** A whole reply or an error that is laid out over several lines, or an error page. */
  #notAStream(body: Buffer): void {
    const reply = parseJson(body.toString('utf8'));
    if (isJsonObject(reply)) this.failure = this.#reader.whole(reply);
    this.#endIfFinished();
    if (!this.#over) this.#fail('upstream-garbled', `the reply is no stream: ${errorMessageOf(body).slice(0, 200)}`);
  }

  #fail(kind: FailureKind, message: string): void {
    const { provider } = this.#exchange;
    this.failure ??= new Failure(kind, `${provider}: ${message}`, { provider });
  }
}

const openingLimit = 8 * 1024 * 1024;
