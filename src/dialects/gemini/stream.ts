import { isJsonObject } from '../../protocol/messages.ts';
import type { SseFrame } from '../../protocol/sse.ts';
import { parseJson } from '../../protocol/stream-event.ts';
import type { Exchange } from '../dialect.ts';
import { EventReplyStream } from '../shared/event-reply-stream.ts';
import { failureOfError } from './failure.ts';
import { ReplyReader } from './reply-reader.ts';
import { TextTemplate } from './text-template.ts';

/** Decodes a stream of replies that each hold a part of the answer. It has no mark of its end but the end of the bytes. */
export class GeminiStream extends EventReplyStream {
  readonly #reader: ReplyReader;
  #template: TextTemplate | undefined;

  constructor(exchange: Exchange) {
    super(exchange);
    this.#reader = new ReplyReader(exchange, this.writer);
  }

  protected read(frame: SseFrame): void {
    if (frame.data === undefined) return;
    const known = this.#template?.read(frame.data);
    if (known) return this.#reader.readText(known);
    const text = frame.data.toString('utf8').trim();
    if (text === '' || text === '[DONE]') return;
    const value = parseJson(text);
    if (isReply(value)) {
      this.#readReplies(value);
      if (isJsonObject(value)) this.#template = TextTemplate.of(frame.data, value) ?? this.#template;
    } else if (frame.event === 'error') this.failure = failureOfError(value ?? text, this.exchange);
    else this.fail('upstream-garbled', `the stream holds data that is no reply: ${text.slice(0, 80)}`);
  }

  protected endOfBytes(): void {
    const { unread } = this;
    if (unread) this.#notEvents(unread);
    if (!this.failure) this.#endOfAnswer();
  }

  /** One reply, or several in an array, as a stream that is not one of events has them. */
  #readReplies(value: unknown): void {
    this.begun();
    for (const reply of Array.isArray(value) ? value : [value]) {
      if (!this.failure && isJsonObject(reply)) this.failure = this.#reader.read(reply);
    }
  }

  #endOfAnswer(): void {
    if (!this.writer.finished) return this.failAsCut();
    this.#reader.close();
    this.writer.end();
  }

  /** A whole reply, an array of them, or a page. */
  #notEvents(body: Buffer): void {
    const value = parseJson(body.toString('utf8'));
    if (isReply(value)) this.#readReplies(value);
    else this.failAsNoStream(body);
  }
}

function isReply(value: unknown): value is object {
  return isJsonObject(value) || (Array.isArray(value) && value.every(isJsonObject));
}
