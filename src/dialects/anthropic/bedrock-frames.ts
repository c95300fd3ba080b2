import { AwsEventStreamSplitter, type AwsMessage } from '../../protocol/aws-event-stream.ts';
import { isJsonObject, type JsonObject } from '../../protocol/messages.ts';
import type { SseFrame } from '../../protocol/sse.ts';
import { parseJson } from '../../protocol/stream-event.ts';
import { statusOfAwsError } from './aws-errors.ts';

/** Bedrock's stream as if it came in SSE frames: each message holds one Messages event, or the exception that ends it. */
export class BedrockFrames {
  readonly #splitter = new AwsEventStreamSplitter();

  /** The frames that `chunk` completes. Throws DamagedMessage and FrameTooLarge. */
  *push(chunk: Buffer): Generator<SseFrame> {
    for (const message of this.#splitter.push(chunk)) {
      const data = dataOf(message);
      if (data) yield { view: data, start: 0, end: data.length, event: '', data };
    }
  }

  /** What is left is no whole message. */
  end(): SseFrame[] {
    return [];
  }
}

function dataOf({ headers, payload }: AwsMessage): Buffer | undefined {
  const kind = headers.get(':message-type');
  if (kind === 'error') return errorData(headers.get(':error-code') ?? '', headers.get(':error-message') ?? '');
  const parsed = parseJson(payload.toString('utf8'));
  const content = isJsonObject(parsed) ? parsed : {};
  if (kind === 'exception') return exceptionData(headers.get(':exception-type') ?? '', content);
  return typeof content.bytes === 'string' ? withoutOwnFields(Buffer.from(content.bytes, 'base64')) : undefined;
}

/** An exception may hand on what the model's own server said. */
function exceptionData(name: string, { message, originalMessage, originalStatusCode }: JsonObject): Buffer {
  const words = [message, originalMessage].filter((word) => typeof word === 'string' && word !== '');
  const status = typeof originalStatusCode === 'number' && originalStatusCode >= 400 ? originalStatusCode : undefined;
  return errorData(name, [...new Set(words)].join(': '), status);
}

function errorData(name: string, message: string, status = statusOfAwsError(name) ?? 500): Buffer {
  return Buffer.from(JSON.stringify({ error: { code: status, type: name, message: message || name } }));
}

/** Bedrock adds fields of its own, such as measurements in the last event, which no client of the Messages form reads. */
function withoutOwnFields(data: Buffer): Buffer {
  if (!data.includes(`"${ownFields}`)) return data;
  const parsed = parseJson(data.toString('utf8'));
  if (!isJsonObject(parsed)) return data;
  return Buffer.from(
    JSON.stringify(Object.fromEntries(Object.entries(parsed).filter(([name]) => !name.startsWith(ownFields)))),
  );
}

const ownFields = 'amazon-bedrock-';
