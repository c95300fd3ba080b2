import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/call/failure.ts';
import type { Dialect, Exchange } from '../../src/dialects/dialect.ts';
import { StreamGrammar } from '../../src/protocol/grammar.ts';
import { MessageBuilder } from '../../src/protocol/message-builder.ts';
import type { Message } from '../../src/protocol/messages.ts';
import type { StreamEvent } from '../../src/protocol/stream-event.ts';
import { differences, failureDifferences } from './compare.ts';
import { cutsOf } from './cuts.ts';
import { exchangeFor, formats } from './formats.ts';
import { type Recording, recordingsIn } from './recording.ts';

describe.each(Object.keys(formats))('recorded replies of %s', (format) => {
  const recordings = recordingsIn(format);

  it('are there', () => {
    expect(recordings.length).toBeGreaterThan(5);
  });

  it.each(recordings.map((recording) => [recording.id, recording] as const))('%s', (id, recording) => {
    const { dialect, exchange } = exchangeFor(format, recording);
    const body = Buffer.from(recording.body);
    if (recording.kind !== 'stream') {
      expect(judge(read(dialect, recording, body, exchange), recording)).toEqual([]);
      return;
    }
    const readings = Object.entries(cutsOf(body, id.length)).map(([cut, chunks]) => [cut, stream(dialect, chunks, exchange)] as const);
    for (const [cut, { outcome, violations }] of readings) {
      expect([cut, ...violations, ...judge(outcome, recording)]).toEqual([cut]);
    }
    const [whole] = readings;
    for (const [cut, { outcome }] of readings) expect([cut, outcome]).toEqual([cut, whole![1].outcome]);
  });
});

/** A message, or why there is none. */
type Outcome = Message | Failure;

function judge(outcome: Outcome, { kind, status, expected }: Recording): string[] {
  if (outcome instanceof Failure) {
    if (!expected.error && !expected.truncated && !expected.blocked) return [`failed: ${outcome.message}`];
    return failureDifferences(outcome, expected.error, kind === 'stream' || status < 400);
  }
  return expected.error ? ['the error was not reported'] : differences(outcome, expected);
}

function read(dialect: Dialect, { status, headers }: Recording, body: Buffer, exchange: Exchange): Outcome {
  if (status >= 300) {
    const reply = { status, headers, body };
    return dialect.recoverResponse?.(reply, exchange)?.message ?? dialect.decodeFailure(reply, exchange);
  }
  try {
    return dialect.decodeResponse(body, exchange).message;
  } catch (error) {
    return Failure.from(error);
  }
}

function stream(dialect: Dialect, chunks: Buffer[], exchange: Exchange): { outcome: Outcome; violations: string[] } {
  const decoder = dialect.openStream(exchange);
  const events: StreamEvent[] = chunks.flatMap((chunk) => decoder.push(chunk));
  events.push(...decoder.end());
  const grammar = new StreamGrammar();
  const builder = new MessageBuilder();
  for (const event of events) {
    grammar.add(event.data);
    builder.add(event.data);
  }
  const violations = decoder.failure ? grammar.violations : grammar.finish();
  return { outcome: decoder.failure ?? builder.message!, violations };
}
