import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dialect, Exchange } from '../../src/dialects/dialect.ts';
import { plainQuirks } from '../../src/dialects/quirks.ts';
import { dialectOf } from '../../src/dialects/registry.ts';
import { judgeStream, StreamGrammar } from '../../src/protocol/grammar.ts';
import type { MessagesRequest, StreamEventData } from '../../src/protocol/messages.ts';
import { upstreamKey } from '../support/fake-upstream.ts';
import { type HttpReply, http, messagesBody, newMarker } from '../support/http.ts';
import { type RawUpstream, startRawUpstream } from '../support/raw-upstream.ts';
import { type Router, withConfig } from '../support/router.ts';
import { cutAt, type HttpCase, httpCases, type StreamCase, streamCases } from '../support/stream-cases.ts';

/** The same cases every time, unless the environment asks for others; a failure prints its seed. */
const seed = process.env.FUZZ_SEED === undefined ? 20_261_124 : Number(process.env.FUZZ_SEED);
const times = Number(process.env.FUZZ_TIMES ?? 1);
const atOnce = 8;
const batches = 140 * times;
const streamsPerDialect = 3000 * times;
/** Nothing that a case does takes longer than this. */
const endLimitMs = 10_000;

describe('the router over HTTP', () => {
  let upstream: RawUpstream;
  let router: Router;
  beforeAll(async () => {
    upstream = await startRawUpstream();
    router = await withConfig({
      providers: {
        anthropic: { type: 'anthropic', apiKey: upstreamKey, baseUrl: upstream.url, models: { m: {} } },
        openai: { type: 'openai-compatible', apiKey: upstreamKey, baseUrl: `${upstream.url}/v1`, models: { m: {} } },
        gemini: { type: 'google', apiKey: upstreamKey, baseUrl: upstream.url, models: { m: {} } },
      },
      routing: { defaultModel: 'anthropic/m' },
      logging: { level: 'error' },
    });
  });
  afterAll(async () => {
    await router?.stop();
    await upstream?.stop();
  });

  it('answers with a legal stream or an error, whatever the upstream sends', { timeout: 170_000 * times }, async () => {
    const outcomes = new Map<string, number>();
    const property = fc.asyncProperty(fc.array(httpCases, { minLength: atOnce, maxLength: atOnce }), async (cases) => {
      const verdicts = await Promise.all(cases.map((reply) => ask(router, upstream, reply)));
      for (const { outcome } of verdicts) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      expect(verdicts.flatMap(({ faults }) => faults)).toEqual([]);
    });
    await fc.assert(property, { seed, numRuns: batches, endOnFailure: true });
    expect((await http(`${router.url}/health`)).status).toBe(200);
    const ran = [...outcomes.values()].reduce((sum, count) => sum + count, 0);
    process.stdout.write(
      `fuzz: ${ran} cases over HTTP, seed ${seed}: ${JSON.stringify(Object.fromEntries(outcomes))}\n`,
    );
    expect(ran).toBeGreaterThanOrEqual(1000);
    // Neither the cases nor the router are so bad that nothing comes through.
    for (const outcome of ['message_stop', 'error event', 'error reply', 'message']) {
      expect(outcomes.get(outcome), outcome).toBeGreaterThan(10);
    }
  });
});

interface Verdict {
  outcome: 'message_stop' | 'error event' | 'error reply' | 'message' | 'fault';
  faults: string[];
}

async function ask(router: Router, upstream: RawUpstream, reply: HttpCase): Promise<Verdict> {
  const marker = newMarker('fuzz');
  upstream.serve(marker, reply);
  const body = messagesBody(marker, { model: `${reply.format}/m`, stream: reply.stream });
  try {
    const signal = AbortSignal.timeout(endLimitMs);
    return judge(await http(`${router.url}/v1/messages`, { body, signal }), reply);
  } catch (error) {
    return { outcome: 'fault', faults: [`no whole reply: ${error}`] };
  }
}

function judge(reply: HttpReply, { stream }: HttpCase): Verdict {
  if (reply.status !== 200) return judgeError(reply);
  if (!stream) return judgeMessage(reply);
  const faults = judgeStream(reply.body);
  if (!/^text\/event-stream/.test(reply.headers['content-type'] ?? '')) faults.push('a stream of another type');
  return { outcome: reply.text.includes('\nevent: error\n') ? 'error event' : 'message_stop', faults };
}

function judgeError(reply: HttpReply): Verdict {
  const faults: string[] = [];
  if (reply.status < 400) faults.push(`status ${reply.status}`);
  const value = parsed(reply.text) as { type?: unknown; error?: { type?: unknown; message?: unknown } } | undefined;
  const legal =
    value?.type === 'error' && typeof value.error?.type === 'string' && typeof value.error.message === 'string';
  if (!legal) faults.push(`no error of Anthropic's form: ${reply.text.slice(0, 200)}`);
  if (reply.headers['request-id'] === undefined) faults.push('no request-id');
  return { outcome: 'error reply', faults };
}

function judgeMessage(reply: HttpReply): Verdict {
  const value = parsed(reply.text) as Record<string, unknown> | undefined;
  const legal =
    value?.type === 'message' &&
    typeof value.id === 'string' &&
    value.role === 'assistant' &&
    typeof value.model === 'string' &&
    Array.isArray(value.content) &&
    value.content.every((block: { type?: unknown } | null) => typeof block?.type === 'string') &&
    typeof (value.usage as { output_tokens?: unknown } | undefined)?.output_tokens === 'number';
  return { outcome: 'message', faults: legal ? [] : [`no message: ${reply.text.slice(0, 200)}`] };
}

describe.each(['anthropic', 'openai', 'ollama', 'responses', 'gemini'] as const)('the decoder of %s', (format) => {
  const dialect = dialectOf(dialectNames[format]);

  it('makes a legal stream of anything, the same however it is cut', { timeout: 60_000 * times }, () => {
    let ran = 0;
    const property = fc.property(streamCases(format), (reply) => {
      ran += 1;
      const decoded = decode(dialect, reply);
      expect(faultsOf(decoded)).toEqual([]);
      const whole = Buffer.concat(reply.chunks);
      const bytewise = cutAt(
        whole,
        Array.from({ length: whole.length }, (_, at) => at),
      );
      for (const chunks of [[whole], bytewise]) {
        expect(withoutCuts(decode(dialect, { ...reply, chunks }))).toEqual(withoutCuts(decoded));
      }
    });
    fc.assert(property, { seed, numRuns: streamsPerDialect, endOnFailure: true });
    process.stdout.write(`fuzz: ${ran} streams through the decoder of ${format}, seed ${seed}\n`);
    expect(ran).toBeGreaterThanOrEqual(streamsPerDialect);
  });
});

const dialectNames = {
  anthropic: 'anthropic',
  openai: 'openai-chat',
  ollama: 'ollama',
  responses: 'openai-responses',
  gemini: 'gemini',
} as const;

interface Decoded {
  events: StreamEventData[];
  failure: { kind: string } | undefined;
  faults: string[];
}

/** Runs a decoder as the router does: all chunks, then an end only where the upstream ended in order. */
function decode(dialect: Dialect, { chunks, end }: StreamCase): Decoded {
  const decoder = dialect.openStream(exchangeOf(dialect));
  const decoded: Decoded = { events: [], failure: undefined, faults: [] };
  for (const chunk of chunks) {
    const failedBefore = decoder.failure !== undefined;
    const events = decoder.push(Buffer.from(chunk));
    if (failedBefore && events.length > 0) decoded.faults.push('events behind a failure');
    decoded.events.push(...events.map((event) => event.data));
  }
  if (end === 'orderly' && !decoder.failure) decoded.events.push(...decoder.end().map((event) => event.data));
  decoded.failure = decoder.failure;
  return decoded;
}

/** What is wrong with the stream that the client would get. */
function faultsOf({ events, failure, faults }: Decoded): string[] {
  const grammar = new StreamGrammar();
  // An upstream's pings pass where its bytes do.
  const own = events.filter((event) => event.type === 'error');
  for (const event of events) grammar.add(event);
  const open = grammar.ended === 'none';
  if (failure && !open) faults.push(`a failure (${failure.kind}) behind ${grammar.ended}`);
  // A connection that broke, and a failure, become the error event of whoever called the decoder.
  if (open) grammar.add({ type: 'error', error: { type: 'api_error', message: 'cut' } });
  return [...faults, ...own.map(({ type }) => `the decoder itself made ${type}`), ...grammar.finish()];
}

/** What was decoded, with neighbouring deltas joined: where text is cut may depend on where the bytes were. */
function withoutCuts({ events, failure }: Decoded): unknown {
  const joined: unknown[] = [];
  for (const event of events) {
    const last = joined.at(-1) as { delta?: Record<string, unknown> } | undefined;
    const delta = event.type === 'content_block_delta' ? (event.delta as Record<string, unknown>) : undefined;
    const field = ['text', 'thinking', 'partial_json'].find((name) => typeof delta?.[name] === 'string');
    const before = last?.delta;
    if (delta && field && before?.type === delta.type && typeof before?.[field] === 'string') {
      before[field] = `${before[field]}${delta[field]}`;
    } else joined.push(structuredClone(event));
  }
  return { events: joined, failure: failure?.kind };
}

function exchangeOf(dialect: Dialect): Exchange {
  const tool = (name: string) => ({ name, input_schema: { type: 'object', properties: { a: { type: 'number' } } } });
  const request = { ...messagesBody('fuzz'), stream: true, tools: [tool('Read'), tool('Bash')] } as unknown;
  return dialect.encodeRequest({
    request: request as MessagesRequest,
    rawBody: Buffer.from(JSON.stringify(request)),
    callId: 'req_fuzz',
    provider: 'fuzzed',
    model: 'fuzzed',
    stream: true,
    quirks: plainQuirks,
    abilities: {},
    sessionId: undefined,
    anthropicHeaders: {},
  }).exchange;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
