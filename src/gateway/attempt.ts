import type { Call } from '../call/call.ts';
import { Failure } from '../call/failure.ts';
import type { EncodedRequest, EncodeInput, StreamDecoder } from '../dialects/dialect.ts';
import { eventsOfMessage } from '../protocol/events-of-message.ts';
import type { StreamEvent } from '../protocol/stream-event.ts';
import { promptTokensOf } from '../protocol/usage.ts';
import type { WholeMessage } from '../protocol/whole-message.ts';
import { clientCredential, credentialHeaders } from '../providers/auth.ts';
import type { RequestToAuthorize, Target } from '../providers/target.ts';
import type { UpstreamReply } from '../providers/transport.ts';
import { Deadline } from './deadline.ts';
import { emptyAnswer } from './empty-answer.ts';
import { endedBy } from './failure-of.ts';
import { type CredentialHider, hiderOf } from './hidden-credential.ts';
import { withInlineMedia } from './inline-media.ts';
import type { AttemptParts } from './parts.ts';
import { readWhole } from './read-whole.ts';
import { ReplyWatch } from './watch-reply.ts';

/** A target that has begun to answer; `recovered`: what it said in an error. */
export type Opened = { target: Target; warnings: string[]; recovered?: true } & (
  | { kind: 'message'; message: WholeMessage }
  | {
      kind: 'stream';
      /** Up to the first output. */
      events: StreamEvent[];
      /** What follows; throws Failure where the answer is not whole. */
      rest: AsyncGenerator<StreamEvent[]>;
      usageEstimated(): boolean;
    }
);

/**
 * Sends the call to one target with one key and waits for its first output. Where the dialect knows what the provider
 * stumbled over, it is asked once more without that. Throws Failure.
 */
export async function attempt(parts: AttemptParts, asked: Call, target: Target, key?: string): Promise<Opened> {
  const call = target.quirks.mediaAddresses ? asked : await withInlineMedia(parts, asked, target);
  const input = inputOf(parts, call, target);
  try {
    return await ask(parts, call, target, key, input);
  } catch (error) {
    const revision = target.dialect.reviseRequest?.(Failure.from(error), input);
    if (!revision) throw error;
    const opened = await ask(parts, call, target, key, revision.input);
    return { ...opened, warnings: [...opened.warnings, revision.warning] };
  }
}

async function ask(
  parts: AttemptParts,
  call: Call,
  target: Target,
  key: string | undefined,
  input: EncodeInput,
): Promise<Opened> {
  const encoded = target.dialect.encodeRequest(input);
  const empty = emptyAnswer(call, encoded.exchange);
  if (empty) return openedWhole(empty, target, encoded.warnings, input.stream);
  const deadline = new Deadline(call.signal, target);
  let hider = hiderOf(key, {}, target.headers);
  try {
    const { body } = encoded;
    const url = target.url(input.stream, call.query);
    const { signal } = deadline;
    const credentials = await credentialsOf(parts, call, target, key, { url, body, signal });
    hider = hiderOf(key, credentials, target.headers);
    const { exchange } = parts;
    const headers = { ...encoded.headers, ...exchange?.headers, ...credentials, ...target.headers };
    exchange?.sent(url, headers);
    const { provider } = target;
    const reply = await parts.upstream.send({ method: 'POST', url, body, signal, headers, provider });
    exchange?.answered(reply.status, reply.headers);
    deadline.begun();
    return await open(reply, encoded, target, deadline, input.stream, hider);
  } catch (error) {
    deadline.end();
    throw hider.failure(await explained(error, call, target));
  }
}

function inputOf(parts: AttemptParts, call: Call, target: Target): EncodeInput {
  const anthropicHeaders: Record<string, string> = {};
  for (const [name, value] of Object.entries(call.headers)) {
    if (name.startsWith('anthropic-') || name === 'user-agent') anthropicHeaders[name] = value;
  }
  return {
    request: call.request,
    rawBody: call.rawBody,
    callId: call.id,
    provider: target.provider,
    model: target.model,
    stream: call.request.stream === true,
    quirks: target.quirks,
    abilities: { ...target.abilities, promptTokens: () => parts.estimateTokens(call.request, target.model) },
    sessionId: call.sessionId,
    anthropicHeaders,
  };
}

/** The headers that carry the credential of a call to this target. */
export function credentialsOf(
  parts: AttemptParts,
  call: Pick<Call, 'headers'>,
  target: Target,
  key: string | undefined,
  request: RequestToAuthorize,
): Record<string, string> | Promise<Record<string, string>> {
  if (target.passThroughCredential) return clientCredential(call.headers, (value) => parts.isRouterKey(value));
  return credentialHeaders(target, key, request, parts.upstream);
}

async function open(
  reply: UpstreamReply,
  encoded: EncodedRequest,
  target: Target,
  deadline: Deadline,
  stream: boolean,
  hider: CredentialHider,
): Promise<Opened> {
  const { dialect } = target;
  const { warnings, exchange } = encoded;
  const progress = () => deadline.progress();
  if (reply.status < 200 || reply.status >= 300) {
    const body = await readWhole(reply.body, errorBodyLimit, target.provider, progress);
    const error = { status: reply.status, headers: reply.headers, body: hider.bytes(body) };
    const recovered = dialect.recoverResponse?.(error, exchange);
    if (!recovered) throw dialect.decodeFailure(error, exchange);
    deadline.end();
    return { ...openedWhole(recovered, target, warnings, stream), recovered: true };
  }
  if (!stream || isJson(reply)) {
    const body = await readWhole(reply.body, replyBodyLimit, target.provider, progress);
    const message = dialect.decodeResponse(body, exchange);
    deadline.end();
    return openedWhole(message, target, warnings, stream);
  }
  const decoder = dialect.openStream(exchange);
  const batches = decode(reply.body, decoder, deadline, hider);
  const events = await untilOutput(batches);
  return { kind: 'stream', target, warnings, events, rest: batches, usageEstimated: () => decoder.usageEstimated };
}

/** An answer that is there as a whole, in the form that the client asked for. */
function openedWhole(message: WholeMessage, target: Target, warnings: string[], stream: boolean): Opened {
  if (!stream) return { kind: 'message', target, warnings, message };
  const events = eventsOfMessage(message.message);
  return { kind: 'stream', target, warnings, events, rest: nothing(), usageEstimated: () => message.usageEstimated };
}

/** Batches of events until the end of the answer. A connection that breaks behind a reported finish breaks nothing. */
async function* decode(
  body: AsyncIterable<Buffer>,
  decoder: StreamDecoder,
  deadline: Deadline,
  hider: CredentialHider,
): AsyncGenerator<StreamEvent[]> {
  const chunks = body[Symbol.asyncIterator]();
  let whole = false;
  try {
    let broken: unknown;
    for (;;) {
      let chunk: IteratorResult<Buffer>;
      try {
        chunk = await chunks.next();
      } catch (error) {
        broken = error;
        break;
      }
      if (chunk.done) break;
      deadline.progress();
      const events = decoder.push(chunk.value);
      whole = events.at(-1)?.type === 'message_stop';
      if (events.length > 0) yield events;
      if (decoder.failure) throw hider.failure(decoder.failure);
      if (whole) return;
    }
    const events = decoder.end();
    if (decoder.failure) throw broken ?? hider.failure(decoder.failure);
    if (events.length > 0) yield events;
  } finally {
    deadline.end();
    if (whole) leaveOpen(chunks);
    else await chunks.return?.();
  }
}

/** Reads what little may follow the end of an answer, so that the connection can be used again. */
function leaveOpen(chunks: AsyncIterator<Buffer>): void {
  const timer = setTimeout(() => void chunks.return?.(), 500);
  const drain = async () => {
    while (!(await chunks.next()).done);
  };
  drain()
    .catch(() => undefined)
    .finally(() => clearTimeout(timer));
}

/** All events up to the batch that holds the first output: what the client could not be asked to forget. */
async function untilOutput(batches: AsyncGenerator<StreamEvent[]>): Promise<StreamEvent[]> {
  const events: StreamEvent[] = [];
  try {
    for (;;) {
      const { done, value } = await batches.next();
      if (done) return events;
      events.push(...value);
      if (value.some((event) => outputTypes.has(event.type))) return events;
    }
  } catch (error) {
    throw withUsage(Failure.from(error), events);
  }
}

/** A provider that counted the prompt before it failed may charge for it. */
function withUsage(failure: Failure, events: readonly StreamEvent[]): Failure {
  const watch = new ReplyWatch();
  watch.add(events);
  return watch.usage && promptTokensOf(watch.usage) > 0 ? failure.with({ usage: watch.usage }) : failure;
}

const outputTypes = new Set(['content_block_delta', 'content_block_stop', 'message_delta', 'message_stop']);

async function* nothing(): AsyncGenerator<StreamEvent[]> {}

function isJson(reply: UpstreamReply): boolean {
  return /^application\/json\b/i.test(String(reply.headers['content-type'] ?? ''));
}

/** A provider that refuses the client's own credential says so to the client as it is. */
async function explained(error: unknown, call: Call, target: Target): Promise<Failure> {
  const failure = Failure.from(error);
  if (call.signal.aborted) return endedBy(call.signal).with({ usage: failure.details.usage });
  if (
    failure.kind === 'upstream-credential' &&
    target.passThroughCredential &&
    failure.details.upstreamStatus === 401
  ) {
    return failure.with({ status: 401, type: 'authentication_error' });
  }
  return failure;
}

const errorBodyLimit = 1024 * 1024;
const replyBodyLimit = 64 * 1024 * 1024;
