/** The place of a call in a distributed trace, as W3C Trace Context has it. */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  traceId: string;
  /** The span of the call itself: 16 hexadecimal digits. */
  spanId: string;
  /** The client's span; undefined where the trace begins here. */
  parentSpanId: string | undefined;
  /** False where who began the trace does not want it recorded. */
  sampled: boolean;
  /** What other systems want carried along. */
  state: string | undefined;
}

/** The context of a call that comes with these headers: the client's trace, or one of its own where it has none. */
export function traceContext(
  headers: Readonly<Record<string, string>>,
  newId: (bytes: number) => string,
): TraceContext {
  const [, version, traceId, parentSpanId, flags, more] = parentPattern.exec(headers.traceparent?.trim() ?? '') ?? [];
  const isKnown = version !== undefined && version !== 'ff' && !(version === '00' && more !== '');
  if (!isKnown || isZero(traceId!) || isZero(parentSpanId!)) {
    return { traceId: newId(16), spanId: newId(8), parentSpanId: undefined, sampled: true, state: undefined };
  }
  const sampled = (Number.parseInt(flags!, 16) & 1) === 1;
  return { traceId: traceId!, spanId: newId(8), parentSpanId, sampled, state: headers.tracestate };
}

/** The headers that tell an upstream of its place: below the span with this id. */
export function contextHeaders({ traceId, sampled, state }: TraceContext, spanId: string): Record<string, string> {
  const traceparent = `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
  return state === undefined ? { traceparent } : { traceparent, tracestate: state };
}

/** Later versions may add fields behind these. */
const parentPattern = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(|-.*)$/;

function isZero(id: string): boolean {
  return /^0+$/.test(id);
}
