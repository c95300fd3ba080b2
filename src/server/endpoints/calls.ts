import { Failure } from '../../call/failure.ts';
import { type Currency, moneyText } from '../../call/money.ts';
import type { AttemptRecord, CallRecord } from '../../call/record.ts';
import type { Usage } from '../../protocol/messages.ts';
import { readCount, readQuery, readRange } from '../read-query.ts';
import type { Exchange } from '../route-table.ts';
import { sendJson } from '../send-reply.ts';

/** `GET /api/calls`: the newest calls first. Throws Failure `malformed-request`, `records-away`. */
export async function listCalls({ service, response, id, query, startedAt }: Exchange): Promise<void> {
  const { limit, since, until, ...fields } = readQuery(query, [
    ...(['limit', 'since', 'until'] as const),
    ...(['model', 'provider', 'key', 'session', 'rule', 'outcome'] as const),
  ]);
  const range = readRange({ since, until }, startedAt);
  const records = await service.ledger.calls({ ...fields, ...range, limit: readCount('limit', limit, 50, 1000) });
  sendJson(response, id, 200, { calls: records.map((record) => summaryOf(record, service.currency)) });
}

/**
 * `GET /api/calls/{id}`: one call with its decision and its timeline. Recorded bodies are another person's words, so only an
 * administrator gets them. Throws Failure `no-such-path`, `records-away`.
 */
export async function oneCall({ service, response, id, parameter, caller }: Exchange): Promise<void> {
  const record = await service.ledger.call(parameter);
  if (!record) throw new Failure('no-such-path', `there is no record of a call ${parameter}`);
  const { bodies, failure, stopReason, warnings, rule, reason, attempts, hedge } = record;
  sendJson(response, id, 200, {
    ...summaryOf(record, service.currency),
    decision: { rule, reason },
    timeline: attempts.map((attempt) => stepOf(attempt, service.currency)),
    warnings,
    ...(hedge ? { hedge } : {}),
    ...(failure ? { failure } : {}),
    ...(stopReason === undefined ? {} : { stopReason }),
    ...(bodies && caller?.permissions.has('admin')
      ? {
          bodies: {
            request: bodies.request.toString('utf8'),
            reply: bodies.reply.toString('utf8'),
            truncated: bodies.truncated,
          },
        }
      : {}),
  });
}

function summaryOf(record: CallRecord, currency: Currency) {
  return {
    id: record.id,
    startedAt: new Date(record.startedAt).toISOString(),
    durationMs: record.durationMs,
    firstOutputMs: record.firstOutputMs ?? null,
    key: record.caller,
    session: record.sessionId ?? null,
    requestedModel: record.requestedModel,
    model: record.model ?? null,
    provider: record.provider ?? null,
    upstreamModel: record.upstreamModel ?? null,
    rule: record.rule,
    outcome: record.outcome,
    status: record.status,
    stream: record.stream,
    cache: record.cache ?? 'off',
    ...(record.joined === undefined ? {} : { joined: record.joined }),
    attempts: record.attempts.length,
    tokens: record.usage ? tokensOf(record.usage) : null,
    usageEstimated: record.usageEstimated === true,
    cost: moneyText(record.costMicroUsd, currency),
    saved: moneyText(record.savedMicroUsd, currency),
  };
}

function stepOf(attempt: AttemptRecord, currency: Currency) {
  const { target, provider, model, startedAt, durationMs, outcome, failure, usage, priceSource } = attempt;
  return {
    ...{ target, provider, model: model ?? null, startedAt: new Date(startedAt).toISOString(), durationMs, outcome },
    ...(failure ? { failure } : {}),
    ...(usage ? { tokens: tokensOf(usage), cost: moneyText(attempt.costMicroUsd, currency) } : {}),
    ...(attempt.usageEstimated ? { usageEstimated: true } : {}),
    ...(priceSource ? { priceSource } : {}),
  };
}

function tokensOf(usage: Usage) {
  return {
    input: usage.input_tokens,
    output: usage.output_tokens,
    cacheRead: usage.cache_read_input_tokens ?? 0,
    cacheWrite: usage.cache_creation_input_tokens ?? 0,
  };
}
