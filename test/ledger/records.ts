import type { AttemptRecord, CallRecord } from '../../src/call/record.ts';
import type { Usage } from '../../src/protocol/messages.ts';

let made = 0;

/** A record of a call that succeeded at one target, unless told otherwise. */
export function recordOf(more: Partial<CallRecord> = {}): CallRecord {
  made += 1;
  return {
    id: `req_${made.toString(16).padStart(8, '0')}`,
    startedAt: 1_000_000,
    durationMs: 100,
    caller: 'local',
    requestedModel: 'claude-opus-5-5',
    stream: false,
    model: 'fast',
    provider: 'one',
    upstreamModel: 'fast-1',
    rule: 'default',
    reason: 'the default model is fast',
    attempts: [attemptOf()],
    warnings: [],
    outcome: 'succeeded',
    status: 200,
    usage: usageOf(10, 5),
    costMicroUsd: 15,
    savedMicroUsd: 0,
    ...more,
  };
}

export function attemptOf(more: Partial<AttemptRecord> = {}): AttemptRecord {
  return {
    target: 'fast',
    provider: 'one',
    model: 'fast-1',
    startedAt: 1_000_000,
    durationMs: 90,
    outcome: 'ok',
    usage: usageOf(10, 5),
    costMicroUsd: 15,
    ...more,
  };
}

export function usageOf(input: number, output: number, cacheRead = 0, cacheWrite = 0): Usage {
  return {
    input_tokens: input,
    output_tokens: output,
    cache_read_input_tokens: cacheRead,
    cache_creation_input_tokens: cacheWrite,
  };
}
