import { isJsonObject, type StreamEventData } from './messages.ts';
import type { SseFrame } from './sse.ts';

/** One event of a Messages stream: written only when sent, parsed only when looked at. */
export class StreamEvent {
  readonly type: string;
  #data: StreamEventData | undefined;
  #json: Buffer | undefined;
  #bytes: Buffer | undefined;

  private constructor(type: string, data: StreamEventData | undefined, json?: Buffer, bytes?: Buffer) {
    this.type = type;
    this.#data = data;
    this.#json = json;
    this.#bytes = bytes;
  }

  /** An event that the router makes. */
  static of(data: StreamEventData): StreamEvent {
    return new StreamEvent(data.type, data);
  }

  /**
   * An event as it came: its bytes are sent on unchanged where the frame names the event as its data does.
   * Undefined where the data is no JSON object with a `type`.
   */
  static fromFrame(frame: SseFrame): StreamEvent | undefined {
    if (frame.data === undefined) return undefined;
    const data = parseJson(frame.data.toString('utf8'));
    if (!isJsonObject(data) || typeof data.type !== 'string') return undefined;
    const framed = frame.event === data.type && endsWithBlankLine(frame.bytes);
    return new StreamEvent(data.type, data as StreamEventData, frame.data, framed ? frame.bytes : undefined);
  }

  /** The parsed `data:`. */
  get data(): StreamEventData {
    return this.#data!;
  }

  /** The SSE frame: `event: TYPE`, `data: JSON`, blank line. */
  get bytes(): Buffer {
    this.#bytes ??= Buffer.from(
      `event: ${this.type}\ndata: ${this.#json?.toString('utf8').replaceAll('\n', ' ') ?? JSON.stringify(this.#data)}\n\n`,
    );
    return this.#bytes;
  }
}

/** The value, or undefined where the text is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function endsWithBlankLine(bytes: Buffer): boolean {
  const last = bytes.length - 1;
  if (bytes[last] !== 10) return false;
  return bytes[last - 1] === 10 || (bytes[last - 1] === 13 && bytes[last - 2] === 10);
}
