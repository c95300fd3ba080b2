import type { Call } from '../../src/call/call.ts';
import type { CallSignal } from '../../src/call/cancellation.ts';
import { Failure } from '../../src/call/failure.ts';
import type { CallRecord } from '../../src/call/record.ts';
import { newMoment } from '../../src/daemon/moment.ts';
import type { DialectName } from '../../src/dialects/dialect.ts';
import { handleCall } from '../../src/gateway/handle-call.ts';
import type { GatewayParts } from '../../src/gateway/parts.ts';
import type { MessagesRequest, StreamEventData } from '../../src/protocol/messages.ts';
import type { StreamEvent } from '../../src/protocol/stream-event.ts';
import { makeTarget } from '../../src/providers/make-target.ts';
import type { Target } from '../../src/providers/target.ts';
import type { Upstream, UpstreamReply, UpstreamRequest } from '../../src/providers/transport.ts';
import type { RoutingTable } from '../../src/routing/table.ts';
import { formats, pathOf, toolsOf } from '../corpus/formats.ts';
import type { Recording } from '../corpus/recording.ts';
import { type Combination, featuresOf, has } from './combination.ts';
import { fallbackReply } from './fallback.ts';
import { errorFrame, type Fault, garbage } from './faults.ts';
import { judge } from './judge.ts';

/** A recording behind the gateway, dying as it is told; everything but the providers is the router's own. */
export class Wall {
  readonly #body: Buffer;
  readonly #target: Target;
  readonly #second: Target;
  readonly #request: MessagesRequest;
  /** The whole answer, as it comes without a fault. */
  #whole: Outcome | undefined;

  constructor(format: string, recording: Recording) {
    this.#body = Buffer.from(recording.body);
    this.#target = targetOf('first', formats[format]!, recording.model ?? 'unnamed', `http://first${pathOf(format)}`);
    this.#second = targetOf('second', 'anthropic', 'claude-sonnet-4-5', 'http://second');
    this.#request = {
      ...{ model: 'any', max_tokens: 4096, stream: true, tools: toolsOf(recording) },
      messages: [{ role: 'user', content: 'Answer.' }],
    };
  }

  get length(): number {
    return this.#body.length;
  }

  /** Runs one case, in which the first target dies behind `at` bytes; what is wrong with what the client got, empty where nothing is. */
  async run(at: number, fault: Fault, combination: Combination, passTime: () => Promise<void>): Promise<string[]> {
    this.#whole ??= await this.#play(this.#body.length, 'close', 0, passTime);
    const outcome = await this.#play(at, fault, combination, passTime);
    const { upstream, records, refused, events } = outcome;
    const wrong = judge(
      { events, refused: refused?.message, saved: upstream.askedSecond, said: upstream.said },
      this.#whole.events,
      has(combination, 'fallback'),
    );
    if (upstream.left > 0) wrong.push(`${upstream.left} upstream connections were left open`);
    if (records.length !== 1) wrong.push(`settled ${records.length} times`);
    return [...wrong, ...outcome.wrong];
  }

  async #play(at: number, fault: Fault, combination: Combination, passTime: () => Promise<void>): Promise<Outcome> {
    const upstream = new DyingUpstream(this.#body.subarray(0, at), fault, this.#target.dialect.name, passTime);
    const records: CallRecord[] = [];
    const second = has(combination, 'fallback') ? this.#second : undefined;
    const features = await featuresOf(combination);
    const parts = { ...partsWith(upstream, this.#target, second, records), ...features.parts };
    const { call, deliver } = callOf(this.#request);
    const reply = await handleCall(parts, call);
    const events: StreamEvent[] = [];
    if (reply.ok && reply.reply.kind === 'stream') {
      for await (const batch of reply.reply.batches) events.push(...batch);
    }
    deliver();
    // A connection whose answer was whole is given a moment to end by itself.
    if (upstream.left > 0) await passTime();
    const wrong = await features.wrong({ events, records, refused: !reply.ok });
    const refused = reply.ok ? undefined : reply.failure;
    return { refused, events: events.map(({ data }) => data), records, upstream, wrong };
  }
}

interface Outcome {
  refused: Failure | undefined;
  events: StreamEventData[];
  records: CallRecord[];
  upstream: DyingUpstream;
  /** With what was switched on beside. */
  wrong: string[];
}

/** The first target dies; the second, where there is one, answers. */
class DyingUpstream implements Upstream {
  /** Connections that nobody closed. */
  left = 0;
  /** What the second target was told was said. */
  said: string | undefined;
  askedSecond = false;
  readonly #bytes: Buffer;
  readonly #fault: Fault;
  readonly #dialect: DialectName;
  readonly #passTime: () => Promise<void>;

  constructor(bytes: Buffer, fault: Fault, dialect: DialectName, passTime: () => Promise<void>) {
    this.#bytes = bytes;
    this.#fault = fault;
    this.#dialect = dialect;
    this.#passTime = passTime;
  }

  async send(request: UpstreamRequest): Promise<UpstreamReply> {
    const headers = { 'content-type': 'text/event-stream' };
    if (new URL(request.url).hostname === 'first') return { status: 200, headers, body: this.#dying(request.signal) };
    const { bytes, said } = fallbackReply(request.body!);
    this.askedSecond = true;
    this.said = said;
    return { status: 200, headers, body: this.#whole(bytes) };
  }

  #dying(signal: CallSignal): AsyncIterableIterator<Buffer> {
    const chunks = this.#bytes.length > 0 ? [this.#bytes] : [];
    if (this.#fault === 'garbage') chunks.push(garbage);
    if (this.#fault === 'error event') chunks.push(errorFrame(this.#dialect));
    const die = async (): Promise<IteratorResult<Buffer>> => {
      if (this.#fault === 'reset') throw new Failure('upstream-cut', 'the connection broke in mid-answer');
      if (this.#fault === 'stall') await this.#stall(signal);
      return { done: true, value: undefined };
    };
    return this.#connection(chunks, die);
  }

  /** Nothing more comes until the router gives up. */
  async #stall(signal: CallSignal): Promise<void> {
    const stalled = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    stalled.catch(() => undefined);
    await this.#passTime();
    return stalled;
  }

  #whole(bytes: Buffer): AsyncIterableIterator<Buffer> {
    return this.#connection([bytes], async () => ({ done: true, value: undefined }));
  }

  /** Counted as open until it ends, or its reader wants no more. */
  #connection(chunks: Buffer[], atEnd: () => Promise<IteratorResult<Buffer>>): AsyncIterableIterator<Buffer> {
    let isOpen = true;
    this.left += 1;
    const close = () => {
      if (isOpen) this.left -= 1;
      isOpen = false;
    };
    return {
      [Symbol.asyncIterator]() {
        return this;
      },
      async next() {
        const value = chunks.shift();
        return value ? { done: false, value } : atEnd().finally(close);
      },
      async return() {
        close();
        return { done: true, value: undefined };
      },
    };
  }
}

/** Longer than any answer is waited for. */
export const idleMs = 60_000;

function targetOf(name: string, type: string, model: string, baseUrl: string): Target {
  return makeTarget(
    {
      ...{ name, aliases: [], provider: name, providerType: type, model, apiKeys: ['a key'] },
      ...{ origin: `providers.${name}`, baseUrl },
    },
    {
      ...{ timeouts: { firstByte: idleMs, idle: idleMs, total: 0 }, slowStartMs: idleMs },
      environment: () => undefined,
      missingVariables: () => [],
    },
  );
}

function partsWith(
  upstream: Upstream,
  first: Target,
  second: Target | undefined,
  records: CallRecord[],
): Omit<GatewayParts, 'admission'> {
  const table: RoutingTable = {
    ...{ find: () => undefined, resolve: () => second, defaultTarget: first, hasCustomRouter: false },
    ...{ rules: [], intelligentRules: [], costRules: [], scenarios: { longContextThreshold: 60_000 }, pool: undefined },
    fallbacks: second ? ['second'] : [],
    priceOf: () => undefined,
  };
  return {
    ...newMoment(),
    ...{ table, upstream, measurePrompt: () => () => 7, customRouter: undefined, estimateTokens: () => 7 },
    ...{ isRouterKey: () => false, now: Date.now, holdMs: idleMs * 2 },
    retry: { attempts: 0, budgetMs: idleMs * 10 },
    settle: (record) => void records.push(record),
  };
}

let made = 0;

/** A call as it comes over HTTP; `deliver` says that its client has the reply. */
function callOf(request: MessagesRequest): { call: Call; deliver: () => void } {
  made += 1;
  const body = Buffer.from(JSON.stringify(request));
  let deliver = () => {};
  const delivered = new Promise<void>((resolve) => {
    deliver = resolve;
  });
  const call = {
    ...{
      id: `req_wall_${made}`,
      startedAt: Date.now(),
      caller: { name: 'local', permissions: new Set<never>() },
      query: '',
    },
    ...{ request, rawBody: body, headers: {}, sessionId: undefined, signal: new AbortController().signal },
    received: { path: '/v1/messages', body, delivered },
  };
  return { call, deliver };
}
