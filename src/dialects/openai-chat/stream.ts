import { isJsonObject } from '../../protocol/messages.ts';
import type { SseFrame } from '../../protocol/sse.ts';
import { parseJson } from '../../protocol/stream-event.ts';
import type { Exchange } from '../dialect.ts';
import { EventReplyStream } from '../shared/event-reply-stream.ts';
import { ContentTemplate } from './content-template.ts';
import { failureOfError } from './failure.ts';
import { ReplyReader } from './reply-reader.ts';

/** Decodes a stream of chat completion chunks. What it writes is over at `[DONE]`, or at the end behind a finish reason. */
export class ChatStream extends EventReplyStream {
  readonly #reader: ReplyReader;
  #template: ContentTemplate | undefined;

  constructor(exchange: Exchange) {
    super(exchange);
    this.#reader = new ReplyReader(exchange, this.writer);
  }

  protected read(frame: SseFrame): void {
    if (frame.data === undefined) return;
    const content = this.#template?.read(frame.data);
    if (content) return this.#reader.readText(content);
    const text = frame.data.toString('utf8').trim();
    if (text === '') return;
    if (text === '[DONE]') return this.#endOfStream(true);
    const chunk = parseJson(text);
    if (!isJsonObject(chunk)) {
      if (frame.event === 'error') this.failure = failureOfError(chunk ?? text, this.exchange);
      else this.fail('upstream-garbled', `the stream holds data that is no JSON object: ${text.slice(0, 80)}`);
      return;
    }
    this.begun();
    this.failure = this.#reader.read(chunk);
    this.#template = ContentTemplate.of(frame.data, chunk) ?? this.#template;
  }

  protected endOfBytes(): void {
    this.#endOfStream(false);
  }

  #endOfStream(marked: boolean): void {
    const unread = marked ? undefined : this.unread;
    if (this.#mayEnd(marked)) {
      this.#reader.close();
      this.writer.end();
      this.ended = true;
    } else if (unread) this.#notAStream(unread);
    else this.failAsCut();
  }

  #mayEnd(marked: boolean): boolean {
    if (this.writer.finished) return true;
    // Some servers give no finish reason; a report of usage and the mark of the end say as much.
    const saysSo = marked && this.#reader.endsWithUsage;
    const inferred = this.exchange.quirks.inferFinish && this.writer.hasOutput;
    return (saysSo || inferred) && this.writer.callsAreWhole;
  }

  /** A whole reply or an error that is laid out over several lines, or an error page. */
  #notAStream(body: Buffer): void {
    const reply = parseJson(body.toString('utf8'));
    if (isJsonObject(reply)) this.failure = this.#reader.read(reply);
    else this.failAsNoStream(body);
    if (this.failure) return;
    this.begun();
    this.#endOfStream(false);
  }
}
