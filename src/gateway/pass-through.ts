import type { Call } from '../call/call.ts';
import { Failure } from '../call/failure.ts';
import type { Target } from '../providers/target.ts';
import type { UpstreamReply } from '../providers/transport.ts';
import { credentialsOf } from './attempt.ts';
import { hiderOf } from './hidden-credential.ts';
import type { GatewayParts } from './parts.ts';
import { readWhole } from './read-whole.ts';

/** A request for something that Anthropic itself holds, as it came. */
export interface PassedRequest extends Pick<Call, 'headers' | 'signal' | 'caller'> {
  method: string;
  /** From `/v1` on. */
  path: string;
  /** With its `?`, or ''. */
  query: string;
  body: Buffer;
}

/**
 * Sends a request for batches or files on to Anthropic, unchanged but for the credential. Throws Failure `no-such-path`
 * where no Anthropic is configured, `forbidden` for a caller who may use some models only, and those of the transport.
 */
export async function passThrough(
  parts: GatewayParts,
  targets: readonly Target[],
  request: PassedRequest,
): Promise<UpstreamReply> {
  const target = targets.find(({ providerType, problem }) => providerType === 'anthropic' && problem === undefined);
  if (!target)
    throw new Failure('no-such-path', `${request.path} is Anthropic's alone, and no Anthropic is configured`);
  if (request.caller.models) {
    throw new Failure('forbidden', `the key ${request.caller.name} may use some models only: it may not send batches`);
  }
  const [key] = parts.health.keysInTurn(target);
  const [calls] = target.url(false, '').split('?');
  const url = `${calls!.replace(/\/messages$/, '')}${request.path.replace(/^\/v1/, '')}${request.query}`;
  const { method, body, signal } = request;
  const credentials = await credentialsOf(parts, request, target, key, { url, body, signal });
  const reply = await parts.upstream.send({
    ...{ method, url, signal, provider: target.provider },
    headers: { ...forwarded(request.headers), ...credentials, ...target.headers },
    ...(body.length > 0 ? { body } : {}),
  });
  if (reply.status < 400) return reply;
  const refusal = await readWhole(reply.body, refusalLimit, target.provider, () => undefined);
  return { ...reply, body: whole(hiderOf(key, credentials, target.headers).bytes(refusal)) };
}

const refusalLimit = 1024 * 1024;

async function* whole(body: Buffer): AsyncGenerator<Buffer> {
  yield body;
}

function forwarded(headers: Readonly<Record<string, string>>): Record<string, string> {
  const kept = Object.entries(headers).filter(([name]) => /^(anthropic-.*|content-type|accept)$/.test(name));
  return { 'anthropic-version': '2023-06-01', ...Object.fromEntries(kept) };
}
