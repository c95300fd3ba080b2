import { credentialHeaders } from './auth.ts';
import type { Target } from './target.ts';
import type { Upstream } from './transport.ts';

/** What a look at a target found: why it can't be called, or nothing against it. */
export interface CheckResult {
  problem: string | undefined;
  latencyMs: number;
}

/**
 * Asks the provider for something that costs nothing: its models. Undefined where it has nothing of the kind, so that
 * nothing is known.
 */
export async function checkTarget(
  upstream: Upstream,
  target: Target,
  timeoutMs: number,
  now: () => number,
): Promise<CheckResult | undefined> {
  const url = freeUrl(target);
  if (url === undefined) return undefined;
  const startedAt = now();
  const done = (problem: string | undefined) => ({ problem, latencyMs: now() - startedAt });
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const key = target.keys.all()[0];
    const credential = await credentialHeaders(target, key, { url, body: Buffer.alloc(0), signal }, upstream);
    const reply = await upstream.send({
      ...{ method: 'GET', url, signal, provider: target.provider },
      headers: { 'anthropic-version': '2023-06-01', ...credential, ...target.headers },
    });
    for await (const chunk of reply.body) void chunk;
    return done(problemOf(reply.status));
  } catch (error) {
    return done(signal.aborted ? `no answer within ${timeoutMs / 1000} s` : (error as Error).message);
  }
}

/** A provider that has no list of models answers all the same; one that is busy is not broken. */
function problemOf(status: number): string | undefined {
  if (status === 401 || status === 403) return `it refused the credential (${status})`;
  return status >= 500 ? `it answered ${status}` : undefined;
}

/** The address of the list of models that stands beside the address of calls. */
function freeUrl(target: Target): string | undefined {
  if (target.credential || target.passThroughCredential || target.problem !== undefined) return undefined;
  const url = target.url(false, '').split('?')[0]!;
  if (!/^https?:/.test(url)) return undefined;
  const beside = url
    .replace(/\/(chat\/completions|responses|messages)$/, '/models')
    .replace(/(\/models\/[^/:]+):\w+$/, '$1')
    .replace(/\/api\/(chat|generate)$/, '/api/tags');
  return beside === url ? undefined : beside;
}
