import { LineSplitter } from '../../protocol/lines.ts';
import { isJsonObject } from '../../protocol/messages.ts';
import { parseJson } from '../../protocol/stream-event.ts';
import type { Exchange } from '../dialect.ts';
import { ReplyStream } from '../shared/reply-stream.ts';
import { ReplyReader } from './reply-reader.ts';

/** Decodes lines of JSON. What it writes is over with the line that says `done`; without one the answer is not whole. */
export class LineStream extends ReplyStream<Buffer> {
  readonly #reader: ReplyReader;
  /** What came before the first whole line: where none comes at all, the reply was something else than a stream. */
  #opening: Buffer[] | undefined = [];
  #openingLength = 0;

  constructor(exchange: Exchange) {
    super(exchange, new LineSplitter());
    this.#reader = new ReplyReader(exchange, this.writer);
  }

  protected read(line: Buffer): void {
    const text = line.toString('utf8').trim();
    if (text === '') return;
    const reply = parseJson(text);
    if (!isJsonObject(reply)) return this.#unreadable(line, text);
    this.#opening = undefined;
    this.failure = this.#reader.read(reply);
    if (!this.failure && this.writer.finished) this.#close();
  }

  protected endOfBytes(): void {
    if (this.#openingLength > 0 && this.#opening) this.#notAStream(Buffer.concat(this.#opening));
    else this.failAsCut();
  }

  /** The first lines may be those of an error page, or of one reply that is laid out over several lines. */
  #unreadable(line: Buffer, text: string): void {
    if (!this.#opening || this.#openingLength > openingLimit) {
      this.fail('upstream-garbled', `the stream holds a line that is no JSON object: ${text.slice(0, 80)}`);
      return;
    }
    this.#opening.push(line, lineFeed);
    this.#openingLength += line.length;
  }

  #notAStream(body: Buffer): void {
    const reply = parseJson(body.toString('utf8'));
    if (isJsonObject(reply)) this.failure = this.#reader.read(reply);
    else this.failAsNoStream(body);
    if (this.failure) return;
    if (this.writer.finished) this.#close();
    else this.failAsCut();
  }

  #close(): void {
    this.#reader.close();
    this.writer.end();
    this.ended = true;
  }
}

const openingLimit = 1024 * 1024;
const lineFeed = Buffer.from('\n');
