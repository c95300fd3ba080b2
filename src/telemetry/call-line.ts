import { moneyText } from '../call/money.ts';
import type { CallRecord } from '../call/record.ts';

/** What the line of a call says. */
export function callFields(record: CallRecord): Record<string, unknown> {
  return {
    requestId: record.id,
    requestedModel: record.requestedModel,
    model: record.model ?? null,
    provider: record.provider ?? null,
    rule: record.rule,
    status: record.status,
    outcome: record.outcome,
    stream: record.stream,
    attempts: record.attempts.length,
    ...(record.joined === undefined ? {} : { joined: record.joined }),
    durationMs: record.durationMs,
    firstOutputMs: record.firstOutputMs ?? null,
    inputTokens: record.usage?.input_tokens ?? null,
    outputTokens: record.usage?.output_tokens ?? null,
    cacheReadTokens: record.usage?.cache_read_input_tokens ?? null,
    cacheWriteTokens: record.usage?.cache_creation_input_tokens ?? null,
    cost: moneyText(record.costMicroUsd),
    ...(record.usageEstimated ? { usageEstimated: true } : {}),
    ...(record.warnings.length > 0 ? { warnings: record.warnings } : {}),
    ...(record.failure ? { failure: record.failure.kind, message: record.failure.message } : {}),
  };
}

/** A line for a person: the time, the level where it matters, the message and the fields. */
export function prettyLine(line: string): string {
  const { time, level, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const clock = String(time).slice(11, 19);
  if (msg === 'call') return `${clock} ${callLine(fields)}\n`;
  const rest = Object.entries(fields).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const mark = level === 'info' ? '' : `${String(level).toUpperCase()} `;
  return `${clock} ${mark}${[String(msg), ...rest].join(' ')}\n`;
}

function callLine(fields: Record<string, unknown>): string {
  const answered = fields.model === null ? 'no model' : `${fields.model} (${fields.provider})`;
  const cost = typeof fields.cost === 'string' ? `, $${fields.cost}` : ', price unknown';
  const tokens = fields.inputTokens === null ? '' : `, ${fields.inputTokens}+${fields.outputTokens} tokens${cost}`;
  const why = fields.message === undefined ? '' : `: ${fields.message}`;
  return `${fields.status} ${fields.requestedModel} -> ${answered} [${fields.rule}] ${fields.durationMs} ms${tokens}${why} ${fields.requestId}`;
}
