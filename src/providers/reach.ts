import type { CallSignal } from '../call/cancellation.ts';
import { Failure } from '../call/failure.ts';
import { credentialHeaders } from './auth.ts';
import type { Target } from './target.ts';
import type { Upstream } from './transport.ts';

/** What came of asking a provider for something that costs nothing. */
export interface Reached {
  /** The status of its reply; undefined where there was none. */
  status?: number;
  /** Why there was none. */
  problem?: string;
  /** Its clock, as its reply says, and ours at that moment; milliseconds since 1970. */
  clock?: { theirs: number; ours: number };
  /** True where the request carried the provider's key. */
  withKey: boolean;
}

/** Asks a target's provider for its list of models, with the first key where that is a header alone; no model is asked. */
export async function reachProvider(
  upstream: Upstream,
  target: Target,
  signal: CallSignal,
  now: () => number,
): Promise<Reached> {
  const call = target.url(false, '');
  const list = listUrl(call);
  const [key] = target.keys.all();
  const withKey = list !== undefined && target.credential === undefined && key !== undefined && target.auth !== 'none';
  const url = list ?? new URL('/', call).href;
  try {
    const credential = withKey
      ? await credentialHeaders(target, key, { url, body: Buffer.alloc(0), signal }, upstream)
      : {};
    const version: Record<string, string> =
      target.dialect.name === 'anthropic' ? { 'anthropic-version': '2023-06-01' } : {};
    const headers = { ...version, ...(withKey ? target.headers : {}), ...credential };
    const reply = await upstream.send({ method: 'GET', url, headers, signal, provider: target.provider });
    // The connection is given up with the signal; what the list says is of no interest.
    const theirs = Date.parse(String(reply.headers.date));
    const clock = Number.isNaN(theirs) ? {} : { clock: { theirs, ours: now() } };
    return { status: reply.status, withKey, ...clock };
  } catch (error) {
    if (signal.aborted) return { problem: 'no answer in time', withKey };
    return { problem: Failure.from(error).message, withKey };
  }
}

/** Where a provider lists its models, by the address of its calls; undefined where that is not known. */
function listUrl(call: string): string | undefined {
  const address = call.split('?')[0]!;
  for (const [pattern, list] of lists) if (pattern.test(address)) return address.replace(pattern, list);
  return undefined;
}

const lists: readonly [RegExp, string][] = [
  [/\/(chat\/completions|responses|messages)$/, '/models'],
  [/\/models\/[^/]+:(streamG|g)enerateContent$/, '/models'],
  [/\/api\/(chat|generate)$/, '/api/tags'],
];
