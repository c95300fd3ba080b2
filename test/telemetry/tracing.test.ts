import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeUpstream, startFakeUpstream, upstreamKey } from '../support/fake-upstream.ts';
import { http, messagesBody, newMarker } from '../support/http.ts';
import { type InProcessRouter, startInProcess } from '../support/in-process-router.ts';
import { attributesOf, type Collector, startCollector } from './bed.ts';

let upstream: FakeUpstream;
let stops: (() => Promise<void>)[] = [];
beforeEach(async () => {
  upstream = await startFakeUpstream();
  stops = [() => upstream.stop()];
});
afterEach(async () => {
  for (const stop of stops.toReversed()) await stop();
});

const key = { apiKey: upstreamKey, endpoint: '' };
const configOf = (tracing: unknown) => ({
  models: {
    first: { provider: 'openai', model: 'gpt-4o', ...key, endpoint: `${upstream.url}/v1` },
    second: { provider: 'anthropic', model: 'claude-opus-5-5', ...key, endpoint: upstream.url },
  },
  routing: { defaultModel: 'first', fallbacks: ['second'] },
  retry: { attempts: 0 },
  ...(tracing === undefined ? {} : { tracing }),
});

async function start(statuses: number[] = [], path = ''): Promise<{ router: InProcessRouter; collector: Collector }> {
  const collector = await startCollector(statuses);
  stops.push(() => collector.stop());
  const router = await startInProcess(configOf({ enabled: true, endpoint: `${collector.url}${path}` }));
  stops.push(() => router.stop());
  return { router, collector };
}

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const parentId = '00f067aa0ba902b7';

describe('tracing', () => {
  it('sends a span for the call and one below it for each try, within the client’s trace', async () => {
    const marker = newMarker('spans');
    upstream.script(marker, (asked) =>
      asked.model === 'gpt-4o' ? { status: 503, message: 'busy' } : { blocks: [{ type: 'text', text: 'hello' }] },
    );
    const { router, collector } = await start();
    const headers = { traceparent: `00-${traceId}-${parentId}-01`, tracestate: 'vendor=1' };
    const reply = await http(`${router.url}/v1/messages`, { body: messagesBody(marker), headers });
    expect(reply.status).toBe(200);
    const [call, ...tries] = await collector.received(3);
    expect(call).toMatchObject({ traceId, parentSpanId: parentId, name: 'chat claude-opus-5-5', kind: 3, status: {} });
    expect(attributesOf(call!)).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'anthropic',
      'gen_ai.request.model': 'claude-opus-5-5',
      'gen_ai.response.finish_reasons': { values: [{ stringValue: 'end_turn' }] },
      'gen_ai.usage.input_tokens': expect.stringMatching(/^\d+$/),
      'gen_ai.usage.output_tokens': expect.stringMatching(/^\d+$/),
      'claude_router.request_id': reply.headers['request-id'],
      'claude_router.attempts': '2',
    });
    expect(tries.map((span) => [span.traceId, span.parentSpanId, span.name, span.status.code])).toEqual([
      [traceId, call!.spanId, 'attempt first', 2],
      [traceId, call!.spanId, 'attempt second', undefined],
    ]);
    expect(attributesOf(tries[0]!)).toMatchObject({
      'gen_ai.provider.name': 'openai',
      'http.response.status_code': '503',
      'error.type': expect.any(String),
      'server.address': '127.0.0.1',
    });
    for (const span of tries)
      expect(BigInt(span.endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(span.startTimeUnixNano));
    const sent = upstream.calls(marker).map((request) => [request.headers.traceparent, request.headers.tracestate]);
    expect(sent).toEqual(tries.map(({ spanId }) => [`00-${traceId}-${spanId}-01`, 'vendor=1']));
    expect(collector.paths).toEqual(['POST /v1/traces application/json']);
    expect(JSON.stringify(collector.spans)).not.toContain(marker);
    expect(JSON.stringify(collector.spans)).not.toContain(upstreamKey);
  });

  it.each([
    ['none', {}],
    ['one of zeros', { traceparent: `00-${'0'.repeat(32)}-${parentId}-01` }],
    ['one of a forbidden version', { traceparent: `ff-${traceId}-${parentId}-01` }],
    ['nonsense', { traceparent: 'yes please' }],
  ])('begins a trace where the client’s is %s', async (_, headers) => {
    const { router, collector } = await start();
    await http(`${router.url}/v1/messages`, { body: messagesBody('hello'), headers });
    const [call] = await collector.received(1);
    expect([call!.traceId === traceId, call!.parentSpanId]).toEqual([false, undefined]);
  });

  it('records nothing of a trace that is not to be recorded, and tells the upstream the same', async () => {
    const marker = newMarker('unsampled');
    upstream.script(marker, () => ({ blocks: [{ type: 'text', text: 'hello' }] }));
    const { router, collector } = await start();
    const headers = { traceparent: `00-${traceId}-${parentId}-00` };
    await http(`${router.url}/v1/messages`, { body: messagesBody(marker), headers });
    await router.stop();
    stops.pop();
    expect(collector.spans).toEqual([]);
    expect(upstream.calls(marker)[0]!.headers.traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`));
  });

  it('keeps what a collector could not take just now, and sends it again', async () => {
    const { router, collector } = await start([503, 429], '/otlp/v1/traces');
    await http(`${router.url}/v1/messages`, { body: messagesBody('hello') });
    expect(await collector.received(2)).toHaveLength(2);
    expect(collector.paths).toEqual(Array.from({ length: 3 }, () => 'POST /otlp/v1/traces application/json'));
  });

  it('sends what waits when the router stops', async () => {
    const { router, collector } = await start();
    await http(`${router.url}/v1/messages`, { body: messagesBody('hello') });
    await router.stop();
    stops.pop();
    expect(collector.spans).toHaveLength(2);
  });

  it('holds no call up where no collector is', async () => {
    const router = await startInProcess(configOf({ enabled: true, endpoint: 'http://127.0.0.1:9' }));
    stops.push(() => router.stop());
    const reply = await http(`${router.url}/v1/messages`, { body: messagesBody('hello') });
    expect(reply.status).toBe(200);
  });

  it('is off by default: the client’s trace does not reach the upstream', async () => {
    const marker = newMarker('off');
    upstream.script(marker, () => ({ blocks: [{ type: 'text', text: 'hello' }] }));
    const router = await startInProcess(configOf(undefined));
    stops.push(() => router.stop());
    const headers = { traceparent: `00-${traceId}-${parentId}-01` };
    await http(`${router.url}/v1/messages`, { body: messagesBody(marker), headers });
    expect(upstream.calls(marker)[0]!.headers.traceparent).toBeUndefined();
  });
});
