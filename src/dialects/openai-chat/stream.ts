import { Failure, type FailureKind } from '../../call/failure.ts';
import { isJsonObject } from '../../protocol/messages.ts';
import { FrameTooLarge, type SseFrame, SseSplitter } from '../../protocol/sse.ts';
import { parseJson, type StreamEvent } from '../../protocol/stream-event.ts';
import type { Exchange, StreamDecoder } from '../dialect.ts';
import { BlockWriter } from '../shared/block-writer.ts';
import { errorMessageOf } from '../shared/failure.ts';
import { ContentTemplate } from './content-template.ts';
import { failureOfError } from './failure.ts';
import { ReplyReader } from './reply-reader.ts';

/** Decodes a stream of chat completion chunks. What it writes is over at `[DONE]`, or at the end behind a finish reason. */
export class ChatStream implements StreamDecoder {
  failure: Failure | undefined;
  readonly #exchange: Exchange;
  readonly #writer: BlockWriter;
  readonly #reader: ReplyReader;
  readonly #splitter = new SseSplitter();
  /** What came before the first chunk: where none comes at all, the reply was something else than a stream. */
  #opening: Buffer[] | undefined = [];
  #openingLength = 0;
  #ended = false;
  #template: ContentTemplate | undefined;

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
    if (!this.#over) this.#endOfStream(false);
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
    const content = this.#template?.read(frame.data);
    if (content) return this.#reader.readText(content);
    const text = frame.data.toString('utf8').trim();
    if (text === '') return;
    if (text === '[DONE]') return this.#endOfStream(true);
    const chunk = parseJson(text);
    if (!isJsonObject(chunk)) {
      if (frame.event === 'error') this.failure = failureOfError(chunk ?? text, this.#exchange);
      else this.#fail('upstream-garbled', `the stream holds data that is no JSON object: ${text.slice(0, 80)}`);
      return;
    }
    this.#opening = undefined;
    this.failure = this.#reader.read(chunk);
    this.#template = ContentTemplate.of(frame.data, chunk) ?? this.#template;
  }

  #endOfStream(marked: boolean): void {
    if (this.#mayEnd(marked)) {
      this.#reader.close();
      this.#writer.end();
      this.#ended = true;
    } else if (this.#opening && this.#openingLength > 0 && !marked) this.#notAStream(Buffer.concat(this.#opening));
    else this.#fail('upstream-cut', 'the stream ended before the answer was complete');
  }

  #mayEnd(marked: boolean): boolean {
    if (this.#writer.finished) return true;
    // Some servers give no finish reason; a report of usage and the mark of the end say as much.
    const saysSo = marked && this.#reader.endsWithUsage;
    const inferred = this.#exchange.quirks.inferFinish && this.#writer.hasOutput;
    return (saysSo || inferred) && this.#writer.callsAreWhole;
  }

  /** A whole reply or an error that is laid out over several lines, or an error page. */
  #notAStream(body: Buffer): void {
    const reply = parseJson(body.toString('utf8'));
    if (isJsonObject(reply)) this.failure = this.#reader.read(reply);
    else this.#fail('upstream-garbled', `the reply is no stream: ${errorMessageOf(body).slice(0, 200)}`);
    if (this.failure) return;
    this.#opening = undefined;
    this.#endOfStream(false);
  }

  #fail(kind: FailureKind, message: string): void {
    const { provider } = this.#exchange;
    this.failure ??= new Failure(kind, `${provider}: ${message}`, { provider });
  }
}

const openingLimit = 8 * 1024 * 1024;
