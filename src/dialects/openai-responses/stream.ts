import { isJsonObject } from '../../protocol/messages.ts';
import type { SseFrame } from '../../protocol/sse.ts';
import { parseJson } from '../../protocol/stream-event.ts';
import type { Exchange } from '../dialect.ts';
import { EventReplyStream } from '../shared/event-reply-stream.ts';
import { failureOfError } from './failure.ts';
import { ReplyReader } from './reply-reader.ts';

/**
 * Decodes a streamed response. It is over at `response.completed` or `response.incomplete`, and nowhere else: an end
 * without one of them is a cut.
 */
export class ResponsesStream extends EventReplyStream {
  readonly #reader: ReplyReader;

  constructor(exchange: Exchange) {
    super(exchange);
    this.#reader = new ReplyReader(exchange, this.writer);
  }

  protected read(frame: SseFrame): void {
    if (frame.data === undefined) return;
    const text = frame.data.toString('utf8').trim();
    if (text === '' || text === '[DONE]') return;
    const event = parseJson(text);
    if (!isJsonObject(event)) {
      if (frame.event === 'error') this.failure = failureOfError(event ?? text, this.exchange);
      else this.fail('upstream-garbled', `the stream holds data that is no JSON object: ${text.slice(0, 80)}`);
      return;
    }
    this.begun();
    const named = event.type === undefined && frame.event !== '' ? { ...event, type: frame.event } : event;
    this.failure = this.#reader.event(named);
    this.#endIfFinished();
  }

  protected endOfBytes(): void {
    const { reported } = this.#reader;
    const { unread } = this;
    if (reported) this.failure = reported;
    else if (unread) this.#notAStream(unread);
    else this.failAsCut();
  }

  #endIfFinished(): void {
    if (this.failure || !this.#reader.isOver) return;
    this.writer.end();
    this.ended = true;
  }

  /** A whole reply or an error that is laid out over several lines, or an error page. */
  #notAStream(body: Buffer): void {
    const reply = parseJson(body.toString('utf8'));
    if (isJsonObject(reply)) this.failure = this.#reader.whole(reply);
    this.#endIfFinished();
    if (!this.over) this.failAsNoStream(body);
  }
}
