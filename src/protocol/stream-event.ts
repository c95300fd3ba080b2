import { isJsonObject, type StreamEventData } from './messages.ts';
import { type PlainDelta, recognisePlainDelta } from './plain-delta.ts';
import type { SseFrame } from './sse.ts';

/** One event of a Messages stream: written only when sent, parsed only when looked at. */
export class StreamEvent {
  readonly type: string;
  /** What is known of it without parsing it, where it is a delta of nothing but text. */
  readonly plain: PlainDelta | undefined;
  #data: StreamEventData | undefined;
  #json: Buffer | undefined;
  #bytes: Buffer | undefined;
  #text: string | undefined;

  private constructor(
    type: string,
    data: StreamEventData | undefined,
    json?: Buffer,
    bytes?: Buffer,
    plain?: PlainDelta,
  ) {
    this.type = type;
    this.#data = data;
    this.#json = json;
    this.#bytes = bytes;
    this.plain = plain;
  }

  /** An event that the router makes. */
  static of(data: StreamEventData): StreamEvent {
    return new StreamEvent(data.type, data);
  }

  /** A delta of text that the router makes: the commonest, so only its text is turned into JSON. */
  static textDelta(index: number, text: string): StreamEvent {
    const data: StreamEventData = { type: 'content_block_delta', index, delta: { type: 'text_delta', text } };
    const event = new StreamEvent(data.type, data, undefined, undefined, { index, type: 'text_delta' });
    event.#text = `${textDeltaOpening}${index},"delta":{"type":"text_delta","text":${JSON.stringify(text)}}}\n\n`;
    return event;
  }

  /**
   * An event as it came: its bytes are sent on unchanged where the frame names the event as its data does.
   * Undefined where the data is no JSON object with a `type`.
   */
  static fromFrame(frame: SseFrame): StreamEvent | undefined {
    if (frame.data === undefined) return undefined;
    const plain = recognisePlainDelta(frame.data);
    const data = plain ? undefined : parseJson(frame.data.toString('utf8'));
    const type = plain ? 'content_block_delta' : isJsonObject(data) ? data.type : undefined;
    if (typeof type !== 'string') return undefined;
    const framed = frame.event === type && endsWithBlankLine(frame.bytes);
    return new StreamEvent(
      type,
      data as StreamEventData | undefined,
      frame.data,
      framed ? frame.bytes : undefined,
      plain,
    );
  }

  /** The parsed `data:`. */
  get data(): StreamEventData {
    this.#data ??= parseJson(this.#json!.toString('utf8')) as StreamEventData;
    return this.#data;
  }

  /** The SSE frame: `event: TYPE`, `data: JSON`, blank line. */
  get bytes(): Buffer {
    this.#bytes ??= Buffer.from(this.#written);
    return this.#bytes;
  }

  /** How many bytes the frame takes. */
  get size(): number {
    return this.#bytes?.length ?? Buffer.byteLength(this.#written);
  }

  /** The frames of these events, one behind the other; what already stands so in memory is not copied. */
  static join(events: readonly StreamEvent[]): Buffer {
    const parts: Buffer[] = [];
    let index = 0;
    while (index < events.length) {
      const bytes = events[index]!.#bytes;
      if (bytes) {
        let length = bytes.length;
        for (index += 1; index < events.length && follows(bytes, length, events[index]!.#bytes); index += 1) {
          length += events[index]!.#bytes!.length;
        }
        parts.push(length === bytes.length ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, length));
        continue;
      }
      let written = '';
      for (; index < events.length && !events[index]!.#bytes; index += 1) written += events[index]!.#written;
      parts.push(Buffer.from(written));
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  }

  /** The frame as text, where it is not there as bytes. */
  get #written(): string {
    this.#text ??= `event: ${this.type}\ndata: ${this.#json?.toString('utf8').replaceAll('\n', ' ') ?? JSON.stringify(this.#data)}\n\n`;
    return this.#text;
  }
}

const textDeltaOpening = 'event: content_block_delta\ndata: {"type":"content_block_delta","index":';

/** The value, or undefined where the text is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** True where `next` stands in memory right behind `length` bytes from the beginning of `bytes` on. */
function follows(bytes: Buffer, length: number, next: Buffer | undefined): boolean {
  return next !== undefined && bytes.buffer === next.buffer && bytes.byteOffset + length === next.byteOffset;
}

function endsWithBlankLine(bytes: Buffer): boolean {
  const last = bytes.length - 1;
  if (bytes[last] !== 10) return false;
  return bytes[last - 1] === 10 || (bytes[last - 1] === 13 && bytes[last - 2] === 10);
}
