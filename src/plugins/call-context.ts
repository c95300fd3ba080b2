import type { Call } from '../call/call.ts';
import { abortSignalOf } from '../call/cancellation.ts';
import type { Usage } from '../protocol/messages.ts';
import type { AnswerSource } from './call-extensions.ts';
import type { ExtensionsSettings } from './extensions.ts';
import type { PluginContext, PluginRoute } from './plugin.ts';
import { Refusal, type RefusalOptions } from './refusal.ts';

/** What is known of a call so far. */
export interface ContextSource {
  readonly call: Call;
  route: PluginRoute | undefined;
  answer: AnswerSource | undefined;
}

/** What one plugin may know of one call. */
export class CallContext implements PluginContext {
  readonly requestId: string;
  readonly requestedModel: string;
  readonly stream: boolean;
  readonly caller: string;
  readonly sessionId: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly notes = new Map<string, unknown>();
  readonly #source: ContextSource;
  #signal: AbortSignal | undefined;
  readonly #plugin: string;
  readonly #settings: Pick<ExtensionsSettings, 'costMicroUsd' | 'report'>;

  constructor(source: ContextSource, plugin: string, settings: Pick<ExtensionsSettings, 'costMicroUsd' | 'report'>) {
    const { id, request, caller, sessionId, headers } = source.call;
    this.requestId = id;
    this.requestedModel = request.model;
    this.stream = request.stream === true;
    this.caller = caller.name;
    this.sessionId = sessionId;
    this.headers = withoutCredentials(headers);
    this.#source = source;
    this.#plugin = plugin;
    this.#settings = settings;
  }

  get signal(): AbortSignal {
    this.#signal ??= abortSignalOf(this.#source.call.signal);
    return this.#signal;
  }

  get route(): PluginRoute | undefined {
    return this.#source.route;
  }

  get model(): string | undefined {
    return this.#source.answer?.model;
  }

  get provider(): string | undefined {
    return this.#source.answer?.provider;
  }

  get cache(): 'hit' | 'miss' | 'off' {
    return this.#source.answer?.cache ?? 'off';
  }

  log = (message: string, fields: Record<string, unknown> = {}): void => {
    this.#settings.report('info', String(message), { ...fields, requestId: this.requestId, plugin: this.#plugin });
  };

  costUsd = (usage: Usage): number | null => {
    const microUsd = this.model === undefined ? null : this.#settings.costMicroUsd(this.model, usage);
    return microUsd === null ? null : microUsd / 1_000_000;
  };

  refuse = (message: string, options: RefusalOptions = {}): never => {
    throw new Refusal(message, options);
  };
}

function withoutCredentials(headers: Readonly<Record<string, string>>): Record<string, string> {
  const isSecret = (name: string) => /^(authorization|proxy-authorization|cookie)$|api-key|token|secret/.test(name);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !isSecret(name)));
}
