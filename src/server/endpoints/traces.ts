import { Failure } from '../../call/failure.ts';
import type { Exchange } from '../route-table.ts';
import { sendJson } from '../send-reply.ts';

/**
 * `GET /debug/traces/{id}`: what happened to a call that was sent with `X-Debug: true`, so far or to its end: the decision
 * and each moment, without the words of anybody and without secrets. Throws Failure `no-such-path`.
 */
export function oneTrace({ service, response, id, parameter }: Exchange): void {
  const trace = service.traces.find(parameter);
  if (!trace) {
    throw new Failure('no-such-path', `there is no trace ${parameter}: only the latest of calls with X-Debug are kept`);
  }
  const { startedAt, isOver, decision = null, events, record, context } = trace;
  sendJson(response, id, 200, {
    id: trace.id,
    ...(context ? { traceId: context.traceId } : {}),
    startedAt: new Date(startedAt).toISOString(),
    isOver,
    outcome: isOver ? (record?.outcome ?? null) : null,
    status: isOver ? (record?.status ?? null) : null,
    durationMs: isOver ? (record?.durationMs ?? null) : null,
    warnings: record?.warnings ?? [],
    ...(record?.failure ? { failure: record.failure } : {}),
    decision,
    timeline: events,
  });
}
