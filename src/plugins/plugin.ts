import type { Message, MessagesRequest, StreamEventData, Usage } from '../protocol/messages.ts';
import type { RefusalOptions } from './refusal.ts';

export type { Message, MessagesRequest, StreamEventData, Usage } from '../protocol/messages.ts';
export type { RefusalOptions } from './refusal.ts';

type Awaitable<Value> = Value | Promise<Value>;

/** What a hook may answer: something in place of what it was given, or nothing: what it was given, as it is then. */
export type Changed<Value> = Awaitable<Value | undefined | Nothing>;

/** What a function without `return` gives. */
type Nothing = ReturnType<() => void>;

/** Where a call goes, and why. */
export interface PluginRoute {
  /** The configured name of the model that is tried first, and of those that follow; none where nobody can take the call. */
  models: readonly string[];
  /** The rule that chose, or the step: `default`, `hard-choice`, `scenario:think`, … */
  rule: string;
  reason: string;
}

/** Why a call got an error instead of an answer, or an answer broke off. */
export interface PluginError extends Error {
  /** The kind of failure, as `upstream-timeout`. */
  kind: string;
  /** The HTTP status, and the type in the error's envelope. */
  status: number;
  type: string;
}

/** What a plugin may know of a call. The same object for all its hooks of one call. */
export interface PluginContext {
  /** What the client sees as `request-id`. */
  readonly requestId: string;
  readonly requestedModel: string;
  readonly stream: boolean;
  /** The name of the caller's key; `local` where none is asked for. */
  readonly caller: string;
  readonly sessionId: string | undefined;
  /** Of the request, in lower case, without credentials. */
  readonly headers: Readonly<Record<string, string>>;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
  /** Once it is decided. */
  readonly route: PluginRoute | undefined;
  /** The configured name of the model that answers, once one does, and its provider. */
  readonly model: string | undefined;
  readonly provider: string | undefined;
  /** `hit` where the answer was kept from an earlier call. */
  readonly cache: 'hit' | 'miss' | 'off';
  /** The plugin's own notes on this call. */
  readonly notes: Map<string, unknown>;
  /** A line in the router's log. */
  log(message: string, fields?: Record<string, unknown>): void;
  /** What this usage costs at the model that answers, in US dollars; null where its price is not known. */
  costUsd(usage: Usage): number | null;
  /** Ends the call: the client gets this message as an error. Throws what the router knows to be that. */
  refuse(message: string, options?: RefusalOptions): never;
}

/**
 * A plugin: a class with any of these hooks, each plain or async. It may as well be an object, or a class that has nothing to
 * do with this one. What throws, or takes longer than its time limit, is logged and passed over.
 */
export class RouterPlugin<Config = Record<string, unknown>> {
  readonly config: Config;

  constructor(config?: Config) {
    this.config = config ?? ({} as Config);
  }

  /** How `onResponse` sees streams: `message`, held back until they are whole; else it does not see them. */
  readonly stream?: 'message' | 'event' | undefined;

  /** Before it is decided where the call goes. */
  onRequest?(request: MessagesRequest, context: PluginContext): Changed<MessagesRequest>;

  /** When it is. */
  onRoute?(route: PluginRoute, context: PluginContext): Awaitable<unknown>;

  /** The whole answer, before the client gets it. */
  onResponse?(response: Message, context: PluginContext): Changed<object>;

  /** Each event of a stream, before the client gets it. */
  onStreamEvent?(event: StreamEventData, context: PluginContext): Changed<StreamEventData>;

  /** The client gets an error instead of an answer, or a stream ends in one. */
  onError?(error: PluginError, context: PluginContext): Awaitable<unknown>;

  /** The plugin is not used any more. */
  close?(): Awaitable<unknown>;
}

/** Changes requests on their way to one model; it is asked anew, with the client's request, for each model that is tried. */
export interface RequestTransformer {
  /** `targetModel` is the configured name of the model. */
  transform(request: MessagesRequest, targetModel: string): Changed<MessagesRequest>;
}

/** Changes answers on their way to the client. */
export interface ResponseTransformer {
  /** `message`: streams are held back until they are whole, and transformed then. */
  stream?: 'message' | 'event';
  /** `sourceModel` is the configured name of the model that answered. */
  transform?(response: Message, sourceModel: string): Changed<object>;
  /** One event of a stream. */
  event?(event: StreamEventData, sourceModel: string): Changed<StreamEventData>;
}
