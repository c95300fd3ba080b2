import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Call, Caller, ReceivedRequest } from '../call/call.ts';
import type { CallSignal } from '../call/cancellation.ts';
import { Failure } from '../call/failure.ts';
import type { ClientFormat, ReplyWriter, RequestContext } from '../inbound/client-format.ts';
import { messagesFormat } from '../inbound/messages/index.ts';
import { scanBody } from '../protocol/body-scan.ts';
import { isJsonObject, type JsonObject, type MessagesRequest } from '../protocol/messages.ts';
import { parseJson } from '../protocol/stream-event.ts';
import type { RecentBodies } from './recent-bodies.ts';

/** How deep a body may be nested. */
export const maxDepth = 500;

/** A new `request-id`. */
export function newCallId(): string {
  // The moment first: records with ids that rise cost SQLite two fifths less than with random ones.
  return `req_${Date.now().toString(16).padStart(12, '0')}${randomUUID().slice(-12)}`;
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
  signal: CallSignal;
  received?: ReceivedRequest;
}

/** A call, and what tells its reply in the client's form. */
export interface ReadCall {
  call: Call;
  writer: ReplyWriter;
}

/** What earlier calls left. */
export interface CallMemory extends Pick<RequestContext, 'recall' | 'keep'> {
  bodies?: RecentBodies;
}

/** The call that a body of `POST /v1/messages` asks for. Throws Failure `malformed-request`. */
export function readCall(source: CallSource): Call {
  return readCallAs(messagesFormat, source, { recall: () => undefined, keep: () => undefined }).call;
}

/** The call that a body in the client's form asks for. Throws Failure `malformed-request`, `not-expressible`. */
export function readCallAs(format: ClientFormat, source: CallSource, { recall, keep, bodies }: CallMemory): ReadCall {
  const { id, startedAt, caller, headers, signal, body, received } = source;
  const read = format.readRequest(bodyOf(format, body, bodies), body, { callId: id, startedAt, recall, keep });
  const { request, rawBody, warnings, reply } = read;
  const sessionId = sessionOf(headers, request) ?? read.sessionId;
  // Of another API the query has no meaning upstream.
  const query = rawBody === undefined ? '' : source.query;
  const call = { id, startedAt, caller, request, rawBody, query, headers, sessionId, signal, warnings };
  return { call: received ? { ...call, received } : call, writer: reply };
}

function bodyOf(format: ClientFormat, body: Buffer, bodies: RecentBodies | undefined): JsonObject {
  const { depth } = format.parseLazily && bodies ? bodies.scan(body) : scanBody(body);
  if (depth > maxDepth) {
    throw new Failure('malformed-request', `the body is nested deeper than ${maxDepth} levels`);
  }
  const request = format.parseLazily?.(body) ?? parseJson(body.toString('utf8'));
  if (!isJsonObject(request)) throw new Failure('malformed-request', 'the body is not a JSON object');
  return request;
}

/** Claude Code says its session in a header and, as JSON or behind `_session_`, in `metadata.user_id`. */
function sessionOf(headers: Readonly<Record<string, string>>, request: MessagesRequest): string | undefined {
  const header = headers['x-claude-code-session-id'];
  if (header) return header;
  const userId = isJsonObject(request.metadata) ? request.metadata.user_id : undefined;
  if (typeof userId !== 'string') return undefined;
  const parsed = userId.startsWith('{') ? parseJson(userId) : undefined;
  if (isJsonObject(parsed) && typeof parsed.session_id === 'string') return parsed.session_id;
  return /_session_([0-9a-f-]{36})/.exec(userId)?.[1];
}
