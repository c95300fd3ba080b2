import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judgeStream } from '../../src/protocol/grammar.ts';
import { http, messagesBody, newMarker } from '../support/http.ts';
import { type InProcessRouter, startInProcess } from '../support/in-process-router.ts';
import { type RawUpstream, startRawUpstream } from '../support/raw-upstream.ts';
import type { HttpCase } from '../support/stream-cases.ts';

let upstream: RawUpstream;
let router: InProcessRouter;

beforeAll(async () => {
  upstream = await startRawUpstream();
  router = await startInProcess({
    providers: {
      chat: { type: 'openai-compatible', apiKey: 'any', baseUrl: `${upstream.url}/v1`, models: { small: {} } },
    },
    routing: { defaultModel: 'chat/small' },
  });
});

afterAll(async () => {
  await router?.stop();
  await upstream?.stop();
});

/** The stream that the client sees of these writes of the upstream. */
async function streamOf(chunks: Buffer[], more: Partial<HttpCase> = {}): Promise<{ text: string; said: string }> {
  const marker = newMarker('raw');
  const usual = { format: 'openai', status: 200, contentType: 'text/event-stream', framing: 'chunked' } as const;
  upstream.serve(marker, { ...usual, stream: true, end: 'orderly', chunks, ...more });
  const reply = await http(`${router.url}/v1/messages`, { body: messagesBody(marker, { stream: true }) });
  expect(reply.status, reply.text).toBe(200);
  expect(judgeStream(reply.body)).toEqual([]);
  const said = [...reply.text.matchAll(/"text_delta","text":("(?:[^"\\]|\\.)*")/g)].map(([, text]) =>
    JSON.parse(text!),
  );
  return { text: reply.text, said: said.join('') };
}

const data = (value: unknown) => Buffer.from(`data: ${JSON.stringify(value)}\n\n`);
const text = (content: string) => data({ id: 'c1', model: 'small', choices: [{ index: 0, delta: { content } }] });
const stop = data({ id: 'c1', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });

describe('a stream of an upstream', () => {
  it.each(['reset', 'close'] as const)(
    'case 99: that breaks in the middle (%s) ends in an error event',
    async (end) => {
      const stream = await streamOf([text('Hi '), text('there')], { end });
      expect(stream.text).toMatch(/event: error\ndata: \{"type":"error","error":\{"type":"api_error"/);
      expect(stream.text).not.toContain('message_stop');
    },
  );

  it('case 100: that closes behind its finish reason is whole', async () => {
    const { text: stream, said } = await streamOf([text('Hi.'), stop]);
    expect([said, stream.includes('message_stop'), stream.includes('event: error')]).toEqual(['Hi.', true, false]);
  });

  it('case 101: that closes before its finish reason ends in an error event', async () => {
    const { text: stream } = await streamOf([text('Hi.')]);
    expect([stream.includes('message_stop'), stream.includes('event: error')]).toEqual([false, true]);
  });

  it('case 102: is read with comments, CRLF, a BOM, no space behind the colon, and events cut between reads', async () => {
    const whole = Buffer.concat([Buffer.from('\ufeff: waiting\n\n'), text('Hi'), text(' there.'), stop]);
    const strange = whole.toString('utf8').replaceAll('data: ', 'data:').replaceAll('\n', '\r\n');
    const chunks = Buffer.from(strange)
      .toString('latin1')
      .match(/[\s\S]{1,7}/g)!;
    expect((await streamOf(chunks.map((chunk) => Buffer.from(chunk, 'latin1')))).said).toBe('Hi there.');
  });

  it('case 103: keeps its characters where they are cut between reads', async () => {
    const whole = Buffer.concat([text('Grüße, 世界 👋🏽'), stop]);
    const { said } = await streamOf([...whole].map((byte) => Buffer.from([byte])));
    expect(said).toBe('Grüße, 世界 👋🏽');
  });
});
