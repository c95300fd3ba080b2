import { isJsonObject, type StreamEventData } from './messages.ts';
import { type PlainDelta, recognisePlainDelta } from './plain-delta.ts';
import type { SseFrame } from './sse.ts';

/** One event of a Messages stream: written only when sent, parsed only when looked at. */
export class StreamEvent {
  readonly type: string;
  /** What is known of it without parsing it, where it is a delta of nothing but text. */
  readonly plain: PlainDelta | undefined;
  /** The frame that it came in. */
  readonly #frame: SseFrame | undefined;
  /** True where it goes on in that frame. */
  readonly #isKept: boolean;
  #data: StreamEventData | undefined;
  #text: string | undefined;

  private constructor(
    type: string,
    data: StreamEventData | undefined,
    plain?: PlainDelta,
    frame?: SseFrame,
    isKept = false,
  ) {
    this.type = type;
    this.plain = plain;
    this.#frame = frame;
    this.#isKept = isKept;
    this.#data = data;
  }

  /** An event that the router makes. */
  static of(data: StreamEventData): StreamEvent {
    return new StreamEvent(data.type, data);
  }

  /** A delta of text that the router makes: the commonest, so only its text is turned into JSON. */
  static textDelta(index: number, text: string): StreamEvent {
    const data: StreamEventData = { type: 'content_block_delta', index, delta: { type: 'text_delta', text } };
    const event = new StreamEvent(data.type, data, { index, type: 'text_delta' });
    event.#text = `${textDeltaOpening}${index},"delta":{"type":"text_delta","text":${JSON.stringify(text)}}}\n\n`;
    return event;
  }

  /**
   * An event as it came: its bytes are sent on unchanged where the frame names the event as its data does.
   * Undefined where the data is no JSON object with a `type`.
   */
  static fromFrame(frame: SseFrame): StreamEvent | undefined {
    if (frame.plain) return new StreamEvent(frame.event, undefined, frame.plain, frame, true);
    if (frame.data === undefined) return undefined;
    const plain = recognisePlainDelta(frame.data);
    const data = plain ? undefined : parseJson(frame.data.toString('utf8'));
    const type = plain ? 'content_block_delta' : isJsonObject(data) ? data.type : undefined;
    if (typeof type !== 'string') return undefined;
    const isKept = frame.event === type && endsWithBlankLine(frame);
    return new StreamEvent(type, data as StreamEventData | undefined, plain, frame, isKept);
  }

  /** The parsed `data:`. */
  get data(): StreamEventData {
    this.#data ??= parseJson(this.#frame!.data!.toString('utf8')) as StreamEventData;
    return this.#data;
  }

  /** The SSE frame: `event: TYPE`, `data: JSON`, blank line. */
  get bytes(): Buffer {
    return StreamEvent.join([this]);
  }

  /** How many bytes the frame takes. */
  get size(): number {
    const frame = this.#kept;
    return frame ? frame.end - frame.start : Buffer.byteLength(this.#written);
  }

  /** The frames of these events, one behind the other; what already stands so in memory is not copied. */
  static join(events: readonly StreamEvent[]): Buffer {
    const parts: Buffer[] = [];
    let index = 0;
    while (index < events.length) {
      const kept = events[index]!.#kept;
      if (kept) {
        const { view, start } = kept;
        let { end } = kept;
        for (index += 1; index < events.length; index += 1) {
          const next = events[index]!.#kept;
          if (next?.view !== view || next.start !== end) break;
          end = next.end;
        }
        parts.push(view.subarray(start, end));
        continue;
      }
      let written = '';
      for (; index < events.length && !events[index]!.#isKept; index += 1) written += events[index]!.#written;
      parts.push(Buffer.from(written));
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  }

  /** The frame that it goes on in. */
  get #kept(): SseFrame | undefined {
    return this.#isKept ? this.#frame : undefined;
  }

  /** The frame as text, where it is not kept as it came. */
  get #written(): string {
    const json = () => this.#frame?.data?.toString('utf8').replaceAll('\n', ' ') ?? JSON.stringify(this.#data);
    this.#text ??= `event: ${this.type}\ndata: ${json()}\n\n`;
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

function endsWithBlankLine({ view, start, end }: SseFrame): boolean {
  if (end - start < 2 || view[end - 1] !== 10) return false;
  return view[end - 2] === 10 || (view[end - 2] === 13 && view[end - 3] === 10);
}
