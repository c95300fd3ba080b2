import type { Call } from '../call/call.ts';
import { abortSignalOf, type CallSignal } from '../call/cancellation.ts';
import { Failure } from '../call/failure.ts';
import { sourceOfUrl } from '../dialects/shared/media.ts';
import { isJsonObject, type JsonObject, type MediaSource, type MessagesRequest } from '../protocol/messages.ts';
import type { Target } from '../providers/target.ts';
import type { UpstreamReply } from '../providers/transport.ts';
import type { AttemptParts } from './parts.ts';
import { readWhole } from './read-whole.ts';

/**
 * The call with every image and document that stands at an address fetched and put in its place; the same call where there
 * is none. Callers from elsewhere may name public addresses alone. Throws Failure `not-expressible` for one that can't be
 * fetched.
 */
export async function withInlineMedia(parts: AttemptParts, call: Call, target: Target): Promise<Call> {
  const addresses = [...addressesIn(call.request)].filter((url) => !target.dialect.readsAddress?.(url));
  if (addresses.length === 0) return call;
  const signal = AbortSignal.any([abortSignalOf(call.signal), AbortSignal.timeout(fetchLimitMs)]);
  const sources = new Map<string, MediaSource>();
  await Promise.all(
    addresses.map(async (url) => {
      try {
        sources.set(url, await fetchSource(parts, url, target.provider, signal));
      } catch (error) {
        if (call.signal.aborted) throw new Failure('client-gone', 'the client closed the connection');
        const why = error instanceof Error ? error.message : String(error);
        const provider = { provider: target.provider };
        throw new Failure(
          'not-expressible',
          `${target.provider} takes no addresses, and ${url} failed: ${why}`,
          provider,
        );
      }
    }),
  );
  return { ...call, request: withSources(call.request, sources) as MessagesRequest, rawBody: undefined };
}

const fetchLimitMs = 20_000;
const mediaLimit = 32 * 1024 * 1024;
const redirectLimit = 3;

function addressesIn(request: MessagesRequest): Set<string> {
  const found = new Set<string>();
  const look = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(look);
    if (!isJsonObject(value)) return;
    const url = addressOf(value);
    if (url !== undefined) found.add(url);
    if (Array.isArray(value.content)) look(value.content);
  };
  look(request.messages);
  return found;
}

/** The address at which an image or a document stands. */
function addressOf({ type, source }: JsonObject): string | undefined {
  if ((type !== 'image' && type !== 'document') || !isJsonObject(source)) return undefined;
  return source.type === 'url' && typeof source.url === 'string' ? source.url : undefined;
}

function withSources(value: unknown, sources: ReadonlyMap<string, MediaSource>): unknown {
  if (Array.isArray(value)) return value.map((item) => withSources(item, sources));
  if (!isJsonObject(value)) return value;
  const url = addressOf(value);
  const source = url === undefined ? undefined : sources.get(url);
  const replaced = source ? { ...value, source } : value;
  const inner = replaced.messages ?? replaced.content;
  if (!Array.isArray(inner)) return replaced;
  return { ...replaced, [replaced.messages ? 'messages' : 'content']: withSources(inner, sources) };
}

async function fetchSource(
  parts: AttemptParts,
  address: string,
  provider: string,
  signal: CallSignal,
): Promise<MediaSource> {
  if (address.startsWith('data:')) return sourceOfUrl(address);
  let url = new URL(address);
  for (let redirects = 0; redirects <= redirectLimit; redirects += 1) {
    if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new Error('only http and https are fetched');
    const reply = await parts.upstream.send({
      ...{ method: 'GET', url: url.toString(), headers: { accept: 'image/*, application/pdf' }, signal, provider },
      publicOnly: parts.localOnly !== true,
    });
    const next = locationOf(reply);
    const body = await readWhole(reply.body, mediaLimit, provider, () => undefined);
    if (next !== undefined) url = new URL(next, url);
    else if (reply.status === 200) return sourceOf(body, reply);
    else throw new Error(`it answered ${reply.status}`);
  }
  throw new Error('too many redirects');
}

function locationOf({ status, headers }: UpstreamReply): string | undefined {
  const { location } = headers;
  return status >= 300 && status < 400 && typeof location === 'string' ? location : undefined;
}

/** The bytes tell the kind better than a server does. */
function sourceOf(body: Buffer, { headers }: UpstreamReply): MediaSource {
  const said = String(headers['content-type'] ?? '')
    .split(';')[0]!
    .trim()
    .toLowerCase();
  const kind = kinds.find(([pattern]) => pattern.test(body.toString('latin1', 0, 16)))?.[1] ?? said;
  if (!/^(image\/|application\/pdf$|text\/plain$)/.test(kind))
    throw new Error(`it is no image but ${kind || 'unknown'}`);
  if (kind === 'text/plain') return { type: 'text', media_type: kind, data: body.toString('utf8') };
  return { type: 'base64', media_type: kind, data: body.toString('base64') };
}

const kinds: readonly (readonly [RegExp, string])[] = [
  [/^\x89PNG/, 'image/png'],
  [/^\xff\xd8\xff/, 'image/jpeg'],
  [/^GIF8/, 'image/gif'],
  [/^RIFF....WEBP/s, 'image/webp'],
  [/^%PDF-/, 'application/pdf'],
];
