import type { Call } from '../../call/call.ts';

/** Whether two calls ask for the same in the same words: path, caller, headers and body, byte for byte. */
export function isSameRequest(one: Call, other: Call): boolean {
  if (!one.received || !other.received || one.received.path !== other.received.path) return false;
  if (one.caller.name !== other.caller.name || !sameHeaders(one.headers, other.headers)) return false;
  return one.received.body.equals(other.received.body);
}

/** Whether the client says that it has asked this before. */
export function isToldRetry({ headers }: Call): boolean {
  return Number(headers['x-stainless-retry-count']) > 0;
}

/** Whether the client leaves at the moment at which it said that it would wait no longer: it will be back. */
export function leavesInTime({ headers, startedAt }: Call, now: number): boolean {
  const seconds = Number(headers['x-stainless-timeout'] ?? headers['x-stainless-read-timeout']);
  if (!(seconds > 0)) return false;
  const waited = (now - startedAt) / 1000;
  // Whole seconds are told of what may be more, and its clock began before the router's.
  return waited > seconds - 0.5 && waited < seconds + 1.5;
}

type Headers = Readonly<Record<string, string>>;

function sameHeaders(one: Headers, other: Headers): boolean {
  return holdsAll(one, other) && holdsAll(other, one);
}

function holdsAll(one: Headers, other: Headers): boolean {
  return Object.keys(other).every((name) => one[name] === other[name] || ownOfEachTry.has(name));
}

/** What client libraries and proxies say anew each time, and what decides nothing of the answer. */
const ownOfEachTry: ReadonlySet<string> = new Set([
  ...['x-stainless-retry-count', 'connection', 'date', 'traceparent', 'tracestate', 'baggage', 'x-request-id'],
  ...['x-client-request-id', 'x-correlation-id', 'x-amzn-trace-id', 'x-b3-traceid', 'x-b3-spanid', 'x-b3-parentspanid'],
  ...['cf-ray', 'forwarded', 'via', 'x-forwarded-for', 'x-forwarded-port', 'x-real-ip', 'x-envoy-attempt-count'],
]);
