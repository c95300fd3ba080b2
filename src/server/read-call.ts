import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Call, Caller } from '../call/call.ts';
import { Failure } from '../call/failure.ts';
import { scanBody } from '../protocol/body-scan.ts';
import { isJsonObject, type MessagesRequest } from '../protocol/messages.ts';
import { parseJson } from '../protocol/stream-event.ts';

const maxDepth = 500;

/** A new `request-id`. */
export function newCallId(): string {
  return `req_${randomBytes(12).toString('hex')}`;
}

/** The headers of a request, one value each, names in lower case. */
export function headersOf(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}

export interface CallSource {
  id: string;
  startedAt: number;
  caller: Caller;
  body: Buffer;
  query: string;
  headers: Record<string, string>;
  signal: AbortSignal;
}

/** The call that a body of `POST /v1/messages` asks for. Throws Failure `malformed-request`. */
export function readCall(source: CallSource): Call {
  const request = parseRequest(source.body);
  return {
    id: source.id,
    startedAt: source.startedAt,
    caller: source.caller,
    request,
    rawBody: source.body,
    query: source.query,
    headers: source.headers,
    sessionId: sessionOf(source.headers, request),
    signal: source.signal,
  };
}

/** Checks only what the router itself must read; the rest is the upstream's to judge. */
function parseRequest(body: Buffer): MessagesRequest {
  if (scanBody(body).depth > maxDepth) {
    throw new Failure('malformed-request', `the body is nested deeper than ${maxDepth} levels`);
  }
  const request = parseJson(body.toString('utf8'));
  if (!isJsonObject(request)) throw new Failure('malformed-request', 'the body is not a JSON object');
  if (typeof request.model !== 'string' || request.model === '') {
    throw new Failure('malformed-request', 'model: a string is required');
  }
  if (!Array.isArray(request.messages)) throw new Failure('malformed-request', 'messages: an array is required');
  const wrong = request.messages.findIndex((message) => !isJsonObject(message) || typeof message.role !== 'string');
  if (wrong !== -1) throw new Failure('malformed-request', `messages.${wrong}: an object with a role is required`);
  return request as MessagesRequest;
}

/** Claude Code says its session in a header and, as JSON or behind `_session_`, in `metadata.user_id`. */
function sessionOf(headers: Readonly<Record<string, string>>, request: MessagesRequest): string | undefined {
  const header = headers['x-claude-code-session-id'];
  if (header) return header;
  const userId = isJsonObject(request.metadata) ? request.metadata.user_id : undefined;
  if (typeof userId !== 'string') return undefined;
  const parsed = parseJson(userId);
  if (isJsonObject(parsed) && typeof parsed.session_id === 'string') return parsed.session_id;
  return /_session_([0-9a-f-]{36})/.exec(userId)?.[1];
}
