import type { CallTrace } from './call-trace.ts';

/** A trace as it is told: plain data. */
export type TraceView = Record<string, unknown>;

/** What happened to a call, so far or to its end. */
export function traceView(trace: CallTrace): TraceView {
  const { id, startedAt, isOver, decision = null, events, record, context } = trace;
  return {
    id,
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
  };
}
