import type { Failure } from '../call/failure.ts';
import type { InputMessage, JsonObject, MessagesRequest } from '../protocol/messages.ts';
import type { StreamEvent } from '../protocol/stream-event.ts';
import type { WholeMessage } from '../protocol/whole-message.ts';

/** The form a client speaks: its body becomes a Messages request; reply, stream and failure are told in its own form. */
export interface ClientFormat {
  readonly name: 'messages' | 'openai-chat' | 'openai-responses';
  /** The body as an object that is parsed as far as it is looked at; undefined where it has to be parsed as a whole. */
  parseLazily?(bytes: Buffer): JsonObject | undefined;
  /** Reads a parsed body, and its bytes. Throws Failure `malformed-request`, `not-expressible`. */
  readRequest(body: JsonObject, bytes: Buffer, context: RequestContext): ReadRequest;
  writeFailure(failure: Failure, callId: string): WrittenFailure;
  /** The headers that tell the client the id of its call. */
  idHeaders(callId: string): Record<string, string>;
}

/** What a request is read with beside its body: the formats themselves know no clock and keep nothing. */
export interface RequestContext {
  callId: string;
  /** Milliseconds since the epoch. */
  startedAt: number;
  /** The conversation behind an earlier response of this caller's; undefined where it is not known any more. */
  recall(responseId: string): KeptConversation | undefined;
  /** Takes the conversation once its reply is whole, before the client has it; not where the client forbade to keep it. */
  keep(response: KeptResponse): void;
}

export interface ReadRequest {
  request: MessagesRequest;
  /** The bytes, where they are the Messages form itself; undefined where the router built the request. */
  rawBody: Buffer | undefined;
  /** What the client asked for and the Messages form can't say, a short line each. */
  warnings: readonly string[];
  /** A name of the conversation, where the body says one. */
  sessionId?: string | undefined;
  reply: ReplyWriter;
}

/** Tells the reply to one request. */
export interface ReplyWriter {
  writeMessage(message: WholeMessage): Buffer;
  openStream(): StreamWriter;
}

/** Turns the batches of a legal Messages stream into the client's bytes. A batch may come to no bytes at all. */
export interface StreamWriter {
  /** What keeps the connection alive while nothing comes. */
  readonly ping: Buffer;
  write(batch: readonly StreamEvent[]): Buffer;
}

export interface WrittenFailure {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

export interface KeptConversation {
  messages: readonly InputMessage[];
  /** About how much memory it takes. */
  bytes: number;
}

export interface KeptResponse extends KeptConversation {
  /** The id of the response that ends it. */
  id: string;
}
