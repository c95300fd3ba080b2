import type { Failure } from '../call/failure.ts';
import type { MessagesRequest } from '../protocol/messages.ts';
import type { StreamEvent } from '../protocol/stream-event.ts';
import type { WholeMessage } from '../protocol/whole-message.ts';
import type { Quirks } from './quirks.ts';

export type DialectName = 'anthropic' | 'openai-chat' | 'openai-responses' | 'gemini' | 'ollama' | 'ollama-generate';

/** A wire format: pure functions, no socket, no clock, no randomness. One exchange is one request to one target and its reply. */
export interface Dialect {
  readonly name: DialectName;
  /** The path behind the provider's base URL with its version (`/v1`, `/v1beta`), query included. */
  path(model: string, stream: boolean): string;
  /** Throws Failure `not-expressible` where the meaning would be lost. */
  encodeRequest(input: EncodeInput): EncodedRequest;
  /** The reply to a call without streaming. Throws Failure: an error body under status 200, a reply that is none. */
  decodeResponse(body: Buffer, exchange: Exchange): WholeMessage;
  /** What a reply with an error status means. */
  decodeFailure(reply: ErrorReply, exchange: Exchange): Failure;
  /** The answer that an error reply holds all the same; undefined where it is only an error. Asked before `decodeFailure`. */
  recoverResponse?(reply: ErrorReply, exchange: Exchange): WholeMessage | undefined;
  /**
   * What to ask instead, where the provider refused something that the request can do without, or answered with nothing.
   * Asked once, before the first output and before the failure counts; undefined where the failure stands.
   */
  reviseRequest?(failure: Failure, input: EncodeInput): Revision | undefined;
  /** True for an address of an image or document that the provider reads itself, though it takes none otherwise. */
  readsAddress?(url: string): boolean;
  /** A decoder for one streamed reply. */
  openStream(exchange: Exchange): StreamDecoder;
}

/** A second request to the same target with the same key. */
export interface Revision {
  /** The first one's, changed: what went into it is never written to. */
  input: EncodeInput;
  /** What the user is told of it, a short line: `thinking left out: the model has none`. */
  warning: string;
}

/** What the mapping of a request needs to know of its target. */
export interface EncodeInput {
  /** The neutral form; never changed. */
  request: MessagesRequest;
  /** The bytes the client sent, where nobody has changed the request since. */
  rawBody: Buffer | undefined;
  /** Identifies the call; seeds every id that has to be made. */
  callId: string;
  /** The configured provider's name, for messages. */
  provider: string;
  /** The upstream's id of the model. */
  model: string;
  stream: boolean;
  quirks: Quirks;
  abilities: ModelAbilities;
  /** The client's session, where it said one: a stable hash of it may go upstream, never the value. */
  sessionId: string | undefined;
  /** `anthropic-*` headers of the client. */
  anthropicHeaders: Readonly<Record<string, string>>;
}

/** What is known of the model; undefined is unknown and never guessed. */
export interface ModelAbilities {
  contextWindow?: number;
  /** True where the user chose it; else it is what is known of the model. */
  windowConfigured?: boolean;
  maxOutput?: number;
  images?: boolean;
  tools?: boolean;
  reasoning?: boolean;
  /** Effort levels, lowest first. */
  efforts?: readonly string[];
  /** Whether `temperature` and its like are taken. */
  sampling?: 'yes' | 'no' | 'when-effort-none';
  /** Takes `temperature` or `top_p`, not both. */
  oneSamplingParameter?: boolean;
  /** Values of `thinking.type`; none where the model does not think. */
  thinkingTypes?: readonly string[];
  /** The highest effort at which thinking can be switched off. */
  disabledUpToEffort?: string;
  /** Whether a tool can be forced: always, only without thinking, or never. */
  forcedToolChoice?: 'yes' | 'thinking-off' | 'no';
  /** Whether a last message of the assistant's is continued. */
  prefill?: boolean;
  /** Takes system messages between the others. */
  midConversationSystem?: boolean;
  /** Set in the config: sent where the client sends none. */
  temperature?: number;
  /** Estimated tokens of the whole prompt, for clamping and for replies without usage. */
  promptTokens?: () => number;
}

export interface EncodedRequest {
  body: Buffer;
  headers: Record<string, string>;
  /** What could not be expressed upstream, a short line each: `top_k dropped: not supported`. */
  warnings: string[];
  /** What decoding the reply needs. */
  exchange: Exchange;
}

/** What the encoder hands to the decoders of the same exchange. */
export interface Exchange {
  callId: string;
  provider: string;
  /** The upstream's id of the model: named in the reply where the upstream names none. */
  model: string;
  quirks: Quirks;
  /** Ids of tool calls that stand in the conversation already. */
  usedToolIds: ReadonlySet<string>;
  /** Names that had to be shortened, by what was sent. */
  toolNames: ReadonlyMap<string, string>;
  /** The schema of each tool, by the client's name for it. */
  toolSchemas: ReadonlyMap<string, unknown>;
  /** Tools, by the client's name, whose optional inputs were sent as required: `null` then stands for what is left out. */
  strictTools?: ReadonlySet<string>;
  /** Stop sequences that the upstream does not enforce. */
  stopSequences: readonly string[];
  /** The estimated prompt, where the upstream reports no usage. */
  promptTokens: (() => number) | undefined;
  /** True where the upstream speaks the Messages form and its bytes go on unchanged. */
  passThrough: boolean;
  /** True where the client takes the last block of an answer for the answer: nothing invisible may stand behind it. */
  answerComesLast?: boolean;
}

/** An upstream reply with an error status. */
export interface ErrorReply {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Buffer;
}

/**
 * Turns the bytes of one streamed reply into Messages events. After `failure` is set nothing more comes; the events
 * handed out before it are legal as far as they go. It makes neither `error` nor `ping`, and `message_stop` only
 * behind a finish that the upstream reported.
 */
export interface StreamDecoder {
  push(chunk: Buffer): StreamEvent[];
  /** The upstream closed the stream in order: what was held back, or a `failure` where the answer is not whole. */
  end(): StreamEvent[];
  readonly failure: Failure | undefined;
  /** Output tokens and the like estimated because the upstream reported none. */
  readonly usageEstimated: boolean;
}
