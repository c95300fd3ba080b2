import { Failure, type FailureKind } from '../../call/failure.ts';
import { isJsonObject } from '../../protocol/messages.ts';
import { FrameTooLarge, type SseFrame, SseSplitter } from '../../protocol/sse.ts';
import { parseJson, type StreamEvent } from '../../protocol/stream-event.ts';
import type { Exchange, StreamDecoder } from '../dialect.ts';
import { BlockWriter } from '../shared/block-writer.ts';
import { errorMessageOf } from '../shared/failure.ts';
import { failureOfError } from './failure.ts';
import { ReplyReader } from './reply-reader.ts';

/** Decodes a stream of replies that each hold a part of the answer. It has no mark of its end but the end of the bytes. */
export class GeminiStream implements StreamDecoder {
  failure: Failure | undefined;
  readonly #exchange: Exchange;
  readonly #writer: BlockWriter;
  readonly #reader: ReplyReader;
  readonly #splitter = new SseSplitter();
  /** What came before the first reply: where none comes at all, the bytes were something else than events. */
  #opening: Buffer[] | undefined = [];
  #openingLength = 0;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
    this.#writer = new BlockWriter(exchange);
    this.#reader = new ReplyReader(exchange, this.#writer);
  }

  get usageEstimated(): boolean {
    return this.#writer.usageEstimated;
  }

  push(chunk: Buffer): StreamEvent[] {
    if (this.failure) return [];
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
    if (!this.failure && this.#opening && this.#openingLength > 0) this.#notEvents(Buffer.concat(this.#opening));
    if (!this.failure) this.#endOfAnswer();
    return this.#writer.take();
  }

  #keepOpening(chunk: Buffer): void {
    if (!this.#opening || this.#openingLength >= openingLimit) return;
    this.#opening.push(chunk);
    this.#openingLength += chunk.length;
  }

  #frame(frame: SseFrame): void {
    if (this.failure || frame.data === undefined) return;
    const text = frame.data.toString('utf8').trim();
    if (text === '' || text === '[DONE]') return;
    const value = parseJson(text);
    if (isReply(value)) this.#read(value);
    else if (frame.event === 'error') this.failure = failureOfError(value ?? text, this.#exchange);
    else this.#fail('upstream-garbled', `the stream holds data that is no reply: ${text.slice(0, 80)}`);
  }

  /** One reply, or several in an array, as a stream that is not one of events has them. */
  #read(value: unknown): void {
    this.#opening = undefined;
    for (const reply of Array.isArray(value) ? value : [value]) {
      if (!this.failure && isJsonObject(reply)) this.failure = this.#reader.read(reply);
    }
  }

  #endOfAnswer(): void {
    if (!this.#writer.finished) return this.#fail('upstream-cut', 'the stream ended before the answer was complete');
    this.#reader.close();
    this.#writer.end();
  }

  /** A whole reply, an array of them, or a page. */
  #notEvents(body: Buffer): void {
    const value = parseJson(body.toString('utf8'));
    if (isReply(value)) this.#read(value);
    else this.#fail('upstream-garbled', `the reply is no stream: ${errorMessageOf(body).slice(0, 200)}`);
  }

  #fail(kind: FailureKind, message: string): void {
    const { provider } = this.#exchange;
    this.failure ??= new Failure(kind, `${provider}: ${message}`, { provider });
  }
}

function isReply(value: unknown): value is object {
  return isJsonObject(value) || (Array.isArray(value) && value.every(isJsonObject));
}

const openingLimit = 8 * 1024 * 1024;
