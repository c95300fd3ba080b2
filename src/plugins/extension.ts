import { Failure } from '../call/failure.ts';
import type { Message, MessagesRequest, StreamEventData } from '../protocol/messages.ts';
import type { PluginContext, PluginError, PluginRoute } from './plugin.ts';
import { Refusal } from './refusal.ts';
import { problemOf, type Ran, runInTime } from './run-in-time.ts';

/** What a plugin or a transformer does, in one form for both. */
export interface Hooks {
  request?(request: MessagesRequest, context: PluginContext): unknown;
  route?(route: PluginRoute, context: PluginContext): unknown;
  targetRequest?(request: MessagesRequest, targetModel: string): unknown;
  response?(response: Message, sourceModel: string, context: PluginContext): unknown;
  event?(event: StreamEventData, sourceModel: string, context: PluginContext): unknown;
  error?(error: PluginError, context: PluginContext): unknown;
  close?(): unknown;
}

export interface ExtensionSettings {
  /** What the log calls it. */
  name: string;
  hooks: Hooks;
  timeoutMs: number;
  /** Its failure fails the call. */
  required: boolean;
  /** How it sees streams, where it says so. */
  stream: 'message' | 'event' | undefined;
}

/** Told of what happens to plugins. */
export type Report = (level: 'info' | 'warn' | 'error', message: string, fields: Record<string, unknown>) => void;

/** A plugin or transformer in service: run within its time, its failures counted, and switched off after too many in a row. */
export class Extension {
  readonly settings: ExtensionSettings;
  readonly #report: Report;
  /** In a row, of each hook. */
  readonly #failures = new Map<string, number>();
  #off = false;

  constructor(settings: ExtensionSettings, report: Report) {
    this.settings = settings;
    this.#report = report;
  }

  get name(): string {
    return this.settings.name;
  }

  /** True while it has such a hook and is not switched off. */
  has(hook: keyof Hooks): boolean {
    return !this.#off && this.settings.hooks[hook] !== undefined;
  }

  /** True where it sees streams as whole messages. */
  get takesWholeStreams(): boolean {
    return this.settings.stream === 'message' && this.settings.hooks.response !== undefined;
  }

  /**
   * Runs one of its hooks. Undefined where it failed and the call goes on without it. Throws Failure `plugin-refused`
   * where it refuses the call, `plugin-failed` where it is required and failed.
   */
  async run<Value>(
    hook: string,
    requestId: string,
    run: () => Value | PromiseLike<Value>,
  ): Promise<{ value: Value } | undefined> {
    const ran = await runInTime(run, this.settings.timeoutMs);
    if (ran.ok) {
      this.#failures.delete(hook);
      return { value: ran.value };
    }
    if (ran.error instanceof Refusal) throw refusalOf(ran.error);
    this.failed(hook, requestId, ran.error, ran.blocked === true);
    return undefined;
  }

  /** It failed, or answered something that can't be used. Throws Failure `plugin-failed` where it is required. */
  failed(hook: string, requestId: string, error: unknown, atOnce = false): void {
    const failures = (this.#failures.get(hook) ?? 0) + 1;
    this.#failures.set(hook, failures);
    const problem = problemOf(error);
    this.#report('warn', `plugin ${this.name} failed in ${hook}`, { requestId, problem });
    if (this.settings.required) throw new Failure('plugin-failed', `the plugin ${this.name} failed`, { cause: error });
    if (this.#off || (!atOnce && failures < mostFailures)) return;
    this.#off = true;
    const why = atOnce ? 'it blocked the process' : `${failures} failures in a row in ${hook}`;
    this.#report('error', `plugin ${this.name} is switched off until the configuration is loaded again: ${why}`, {
      problem,
    });
  }

  /** Runs what nobody waits for; never throws. */
  async note(hook: string, requestId: string, run: () => unknown): Promise<void> {
    await this.run(hook, requestId, run).catch(() => undefined);
  }

  async close(): Promise<void> {
    const { hooks, timeoutMs } = this.settings;
    if (!hooks.close) return;
    const ran: Ran<unknown> = await runInTime(() => hooks.close?.(), timeoutMs);
    if (!ran.ok) this.#report('warn', `plugin ${this.name} failed in close`, { problem: problemOf(ran.error) });
  }
}

const mostFailures = 5;

function refusalOf({ message, options }: Refusal): Failure {
  const { status = 403, type, retryAfterSeconds } = options;
  return new Failure('plugin-refused', message, {
    ...{ status, type: type ?? errorTypes[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error') },
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}

const errorTypes: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  529: 'overloaded_error',
};
