import { Failure, type FailureKind } from '../../call/failure.ts';
import { LineSplitter } from '../../protocol/lines.ts';
import { isJsonObject } from '../../protocol/messages.ts';
import { FrameTooLarge } from '../../protocol/sse.ts';
import { parseJson, type StreamEvent } from '../../protocol/stream-event.ts';
import type { Exchange, StreamDecoder } from '../dialect.ts';
import { BlockWriter } from '../shared/block-writer.ts';
import { errorMessageOf } from '../shared/failure.ts';
import { ReplyReader } from './reply-reader.ts';

/** Decodes lines of JSON. What it writes is over with the line that says `done`; without one the answer is not whole. */
export class LineStream implements StreamDecoder {
  failure: Failure | undefined;
  readonly #exchange: Exchange;
  readonly #writer: BlockWriter;
  readonly #reader: ReplyReader;
  readonly #splitter = new LineSplitter();
  /** What came before the first whole line: where none comes at all, the reply was something else than a stream. */
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
    try {
      for (const line of this.#over ? [] : this.#splitter.push(chunk)) this.#line(line);
    } catch (error) {
      if (!(error instanceof FrameTooLarge)) throw error;
      this.#fail('upstream-garbled', error.message);
    }
    return this.#writer.take();
  }

  end(): StreamEvent[] {
    for (const line of this.#over ? [] : this.#splitter.end()) this.#line(line);
    if (!this.#over) {
      if (this.#openingLength > 0 && this.#opening) this.#notAStream(Buffer.concat(this.#opening));
      else this.#fail('upstream-cut', 'the stream ended before the answer was complete');
    }
    return this.#writer.take();
  }

  get #over(): boolean {
    return this.#ended || this.failure !== undefined;
  }

  #line(line: Buffer): void {
    if (this.#over) return;
    const text = line.toString('utf8').trim();
    if (text === '') return;
    const reply = parseJson(text);
    if (!isJsonObject(reply)) return this.#unreadable(line, text);
    this.#opening = undefined;
    this.failure = this.#reader.read(reply);
    if (!this.failure && this.#writer.finished) this.#close();
  }

  /** The first lines may be those of an error page, or of one reply that is laid out over several lines. */
  #unreadable(line: Buffer, text: string): void {
    if (!this.#opening || this.#openingLength > openingLimit) {
      this.#fail('upstream-garbled', `the stream holds a line that is no JSON object: ${text.slice(0, 80)}`);
      return;
    }
    this.#opening.push(line, lineFeed);
    this.#openingLength += line.length;
  }

  #notAStream(body: Buffer): void {
    const reply = parseJson(body.toString('utf8'));
    if (isJsonObject(reply)) this.failure = this.#reader.read(reply);
    else this.#fail('upstream-garbled', `the reply is no stream: ${errorMessageOf(body).slice(0, 200)}`);
    if (this.failure) return;
    if (this.#writer.finished) this.#close();
    else this.#fail('upstream-cut', 'the stream ended before the answer was complete');
  }

  #close(): void {
    this.#reader.close();
    this.#writer.end();
    this.#ended = true;
  }

  #fail(kind: FailureKind, message: string): void {
    const { provider } = this.#exchange;
    this.failure ??= new Failure(kind, `${provider}: ${message}`, { provider });
  }
}

const openingLimit = 1024 * 1024;
const lineFeed = Buffer.from('\n');
