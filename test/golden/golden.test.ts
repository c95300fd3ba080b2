import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/call/failure.ts';
import type { TargetConfig } from '../../src/config/targets.ts';
import type { EncodedRequest } from '../../src/dialects/dialect.ts';
import { StreamGrammar } from '../../src/protocol/grammar.ts';
import { MessageBuilder } from '../../src/protocol/message-builder.ts';
import { makeTarget } from '../../src/providers/make-target.ts';
import type { Target } from '../../src/providers/target.ts';
import { cutsOf } from '../corpus/cuts.ts';
import { expected, type GoldenCase, goldenCases } from './cases.ts';

const cases = goldenCases();

describe.each([...new Set(cases.map(({ dialect }) => dialect))])('%s', (dialect) => {
  for (const golden of cases.filter((each) => each.dialect === dialect)) {
    const numbers = golden.numbers?.length ? `case ${golden.numbers.join(', ')}: ` : '';
    it(`${numbers}${golden.does} (${golden.title})`, () => replay(golden));
  }
});

function replay(golden: GoldenCase): void {
  const target = targetOf(golden);
  let encoded: EncodedRequest;
  try {
    encoded = encode(golden, target);
  } catch (error) {
    return expectOutcome(golden, Failure.from(error));
  }
  const sent: unknown = JSON.parse(encoded.body.toString('utf8'));
  expect(sent).toEqual(expected(golden.folder, 'sent.json', sent));
  expect(encoded.warnings).toEqual(golden.warnings ?? []);
  if (golden.reply?.isStream) expectStream(golden, target, encoded);
  else if (golden.reply) expectOutcome(golden, readWhole(golden, target, encoded));
}

function targetOf({ target }: GoldenCase): Target {
  const { type, model, ...fields } = target;
  const config: TargetConfig = {
    ...{ name: model, aliases: [], provider: type, providerType: type, model, apiKeys: ['a key'] },
    ...{ origin: `providers.${type}`, baseUrl: 'http://127.0.0.1:1' },
    ...fields,
  };
  const timeouts = { firstByte: 0, idle: 0, total: 0 };
  return makeTarget(config, {
    ...{ timeouts, slowStartMs: 0 },
    environment: () => undefined,
    missingVariables: () => [],
  });
}

function encode({ request, headers = {}, session, title, reply }: GoldenCase, target: Target): EncodedRequest {
  return target.dialect.encodeRequest({
    ...{ request, rawBody: Buffer.from(JSON.stringify(request)), callId: title },
    ...{ provider: target.provider, model: target.model, quirks: target.quirks, sessionId: session },
    stream: reply ? reply.isStream : request.stream === true,
    abilities: { ...target.abilities, promptTokens: () => 100 },
    anthropicHeaders: headers,
  });
}

function readWhole(golden: GoldenCase, { dialect }: Target, { exchange }: EncodedRequest): unknown {
  const { body, status = 200, headers = {} } = golden.reply!;
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

/** However the bytes are cut, the events are legal and tell the same. */
function expectStream(golden: GoldenCase, { dialect }: Target, { exchange }: EncodedRequest): void {
  for (const [cut, chunks] of Object.entries(cutsOf(golden.reply!.body, golden.title.length))) {
    const decoder = dialect.openStream(exchange);
    const events = [...chunks.flatMap((chunk) => decoder.push(chunk)), ...decoder.end()];
    const grammar = new StreamGrammar();
    const builder = new MessageBuilder();
    for (const event of events) {
      grammar.add(event.data);
      builder.add(event.data);
    }
    expect([cut, ...(decoder.failure ? grammar.violations : grammar.finish())]).toEqual([cut]);
    expectOutcome(golden, decoder.failure ?? builder.message);
  }
}

function expectOutcome({ folder }: GoldenCase, outcome: unknown): void {
  if (outcome instanceof Failure) {
    const { kind, status, type, message, details } = outcome;
    const { retryAfterSeconds, shouldRetry } = details;
    const told = JSON.parse(JSON.stringify({ kind, status, type, message, retryAfterSeconds, shouldRetry }));
    expect(told).toEqual(expected(folder, 'failure.json', told));
    expect(existsSync(join(folder, 'message.json'))).toBe(false);
  } else {
    const told: unknown = JSON.parse(JSON.stringify(outcome));
    expect(told).toEqual(expected(folder, 'message.json', told));
    expect(existsSync(join(folder, 'failure.json'))).toBe(false);
  }
}
