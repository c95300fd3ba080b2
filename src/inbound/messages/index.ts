import { Failure } from '../../call/failure.ts';
import { isJsonObject, type JsonObject, type MessagesRequest } from '../../protocol/messages.ts';
import { StreamEvent } from '../../protocol/stream-event.ts';
import type { ClientFormat, ReplyWriter, StreamWriter, WrittenFailure } from '../client-format.ts';
import { isUnread, lazyRequest } from './lazy-request.ts';

/** Anthropic Messages, the neutral form itself: request, reply and stream keep their bytes. */
export const messagesFormat: ClientFormat = {
  name: 'messages',
  parseLazily: lazyRequest,
  readRequest: (body, bytes) => ({ request: checked(body), rawBody: bytes, warnings: [], reply: unchanged }),
  writeFailure,
  idHeaders: (callId) => ({ 'request-id': callId }),
};

/** Checks only what the router itself must read; the rest is the upstream's to judge. */
function checked(body: JsonObject): MessagesRequest {
  if (typeof body.model !== 'string' || body.model === '') {
    throw new Failure('malformed-request', 'model: a string is required');
  }
  // What is not parsed yet was seen to be a list of messages by its bytes.
  if (isUnread(body, 'messages')) return body as MessagesRequest;
  if (!Array.isArray(body.messages)) throw new Failure('malformed-request', 'messages: an array is required');
  const wrong = body.messages.findIndex((message) => !isJsonObject(message) || typeof message.role !== 'string');
  if (wrong !== -1) throw new Failure('malformed-request', `messages.${wrong}: an object with a role is required`);
  return body as MessagesRequest;
}

const stream: StreamWriter = {
  ping: StreamEvent.of({ type: 'ping' }).bytes,
  write: (batch) => StreamEvent.join(batch),
};

const unchanged: ReplyWriter = { writeMessage: (message) => message.bytes, openStream: () => stream };

/** An Anthropic upstream's own body goes on unchanged. */
function writeFailure(failure: Failure, callId: string): WrittenFailure {
  const envelope = { type: 'error', error: { type: failure.type, message: failure.message }, request_id: callId };
  const body = failure.details.body ?? Buffer.from(JSON.stringify(envelope));
  return { status: failure.status, headers: {}, body };
}
