import type { Call } from '../call/call.ts';
import type { Failure } from '../call/failure.ts';
import type { Message } from '../protocol/messages.ts';
import type { StreamEvent } from '../protocol/stream-event.ts';
import { WholeMessage } from '../protocol/whole-message.ts';
import { CallContext, type ContextSource } from './call-context.ts';
import { changedBy } from './change.ts';
import type { Extension, Hooks } from './extension.ts';
import type { ExtensionsSettings } from './extensions.ts';
import { isMessage, isRequest } from './message-shape.ts';
import type { PluginError, PluginRoute } from './plugin.ts';
import { byEvent, byMessage } from './stream-change.ts';

/** Who answers a call, once somebody does. */
export interface AnswerSource {
  model: string;
  provider: string;
  cache: 'hit' | 'miss' | 'off';
}

/** What plugins and transformers do to one call. Its methods throw Failure `plugin-refused` and `plugin-failed` alone. */
export class CallExtensions {
  readonly #settings: ExtensionsSettings;
  readonly #source: ContextSource;
  readonly #contexts = new Map<Extension, CallContext>();
  readonly #id: string;
  readonly #over: () => void;
  #isOver = false;

  constructor(settings: ExtensionsSettings, call: Call, over: () => void) {
    this.#settings = settings;
    this.#source = { call, route: undefined, answer: undefined };
    this.#id = call.id;
    this.#over = over;
  }

  /** The call as plugins want it, before it is decided where it goes. */
  request(call: Call): Promise<Call> {
    return this.#changedCall(
      call,
      'request',
      'onRequest',
      (hooks, extension) => (request) => hooks.request?.(request, this.#context(extension)),
    );
  }

  /** True where requests are changed on their way to a target. */
  get changesTargetRequests(): boolean {
    return this.#with('targetRequest').length > 0;
  }

  /** The call as transformers want it for this target; the call itself stays as it is. */
  targetRequest(call: Call, targetModel: string): Promise<Call> {
    return this.#changedCall(
      call,
      'targetRequest',
      'transform',
      (hooks) => (request) => hooks.targetRequest?.(request, targetModel),
    );
  }

  async route(route: PluginRoute): Promise<void> {
    this.#source.route = route;
    for (const extension of this.#with('route')) {
      const { hooks } = extension.settings;
      const run = () => hooks.route?.(structuredClone(route), this.#context(extension));
      await extension.run('onRoute', this.#id, run);
    }
  }

  /** Who answers. */
  answeredBy(source: AnswerSource): void {
    this.#source.answer = source;
  }

  /** The answer as it is sent: what they return is sent as it is. */
  async message(whole: WholeMessage): Promise<WholeMessage> {
    let answer: object = whole.message;
    for (const extension of this.#with('response')) answer = await this.#response(extension, answer);
    if (answer === whole.message) return whole;
    // Clients of other APIs can only be told what is a message.
    return WholeMessage.fromBytes(Buffer.from(JSON.stringify(answer)), isMessage(answer) ? answer : whole.message);
  }

  /** The stream as it is sent: always a legal one. */
  stream(batches: AsyncGenerator<StreamEvent[]>): AsyncGenerator<StreamEvent[]> {
    let stream = batches;
    for (const extension of this.#settings.extensions) {
      if (extension.takesWholeStreams && extension.has('response')) {
        stream = byMessage(stream, (message) => this.#response(extension, message));
      } else if (extension.has('event')) {
        const { hooks } = extension.settings;
        const run: Parameters<typeof byEvent>[3] = (event) =>
          hooks.event?.(event, this.#model, this.#context(extension));
        stream = byEvent(stream, extension, this.#id, run);
      }
    }
    return stream;
  }

  /** Tells of a failure; nobody waits for what is done about it. */
  failed({ message, kind, status, type }: Failure): void {
    for (const extension of this.#with('error')) {
      const error: PluginError = Object.assign(new Error(message), { kind, status, type });
      const { hooks } = extension.settings;
      void extension.note('onError', this.#id, () => hooks.error?.(error, this.#context(extension)));
    }
  }

  over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#over();
  }

  #response(extension: Extension, answer: object): Promise<object> {
    const { hooks } = extension.settings;
    const run = (copy: object) => hooks.response?.(copy as Message, this.#model, this.#context(extension));
    return changedBy(extension, 'onResponse', this.#id, answer, run, (changed): changed is object => changed !== null);
  }

  async #changedCall(
    call: Call,
    hook: keyof Hooks,
    name: string,
    runner: (hooks: Hooks, extension: Extension) => (request: Call['request']) => unknown,
  ): Promise<Call> {
    let { request } = call;
    for (const extension of this.#with(hook)) {
      const run = runner(extension.settings.hooks, extension);
      request = await changedBy(extension, name, this.#id, request, run, isRequest);
    }
    // How the answer is told is the client's to say.
    return request === call.request
      ? call
      : { ...call, request: withStream(request, call.request.stream), rawBody: undefined };
  }

  get #model(): string {
    return this.#source.answer?.model ?? this.#source.route?.models[0] ?? this.#source.call.request.model;
  }

  #with(hook: keyof Hooks): Extension[] {
    return this.#settings.extensions.filter((extension) => extension.has(hook));
  }

  #context(extension: Extension): CallContext {
    const known = this.#contexts.get(extension);
    if (known) return known;
    const context = new CallContext(this.#source, extension.name, this.#settings);
    this.#contexts.set(extension, context);
    return context;
  }
}

function withStream(request: Call['request'], stream: boolean | undefined): Call['request'] {
  const { stream: _given, ...rest } = request;
  return stream === undefined ? (rest as Call['request']) : ({ ...rest, stream } as Call['request']);
}
