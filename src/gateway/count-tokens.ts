import type { Call } from '../call/call.ts';
import { isJsonObject, type JsonObject } from '../protocol/messages.ts';
import { parseJson } from '../protocol/stream-event.ts';
import type { Target } from '../providers/target.ts';
import { credentialsOf } from './attempt.ts';
import { Deadline } from './deadline.ts';
import type { GatewayParts } from './parts.ts';
import { readWhole } from './read-whole.ts';
import { routeCall } from './route-call.ts';

/** `{input_tokens}`, and what else the upstream says; an estimate where it has no count or does not answer. */
export async function countPromptTokens(parts: GatewayParts, call: Call): Promise<JsonObject> {
  const { decision } = await routeCall(parts, call);
  const [target] = decision.targets;
  if (target?.dialect.name === 'anthropic' && target.auth !== 'none') {
    const counted = await askUpstream(parts, call, target).catch(() => undefined);
    if (counted) return counted;
  }
  return { input_tokens: parts.estimateTokens(call.request, target?.model ?? call.request.model) };
}

async function askUpstream(parts: GatewayParts, call: Call, target: Target): Promise<JsonObject | undefined> {
  const [key] = target.keys.inTurn();
  const encoded = target.dialect.encodeRequest({
    request: call.request,
    rawBody: call.rawBody,
    callId: call.id,
    provider: target.provider,
    model: target.model,
    stream: false,
    quirks: target.quirks,
    abilities: {},
    sessionId: call.sessionId,
    anthropicHeaders: Object.fromEntries(
      Object.entries(call.headers).filter(([name]) => name.startsWith('anthropic-')),
    ),
  });
  const deadline = new Deadline(call.signal, {
    ...target,
    timeouts: { firstByte: 10_000, idle: 10_000, total: 20_000 },
  });
  try {
    const reply = await parts.upstream.send({
      method: 'POST',
      url: countUrl(target, call.query),
      headers: { ...encoded.headers, ...credentialsOf(parts, call, target, key), ...target.headers },
      body: encoded.body,
      signal: deadline.signal,
      provider: target.provider,
    });
    const body = parseJson((await readWhole(reply.body, 1024 * 1024, target.provider, () => undefined)).toString());
    const counted = reply.status === 200 && isJsonObject(body) && Number.isInteger(body.input_tokens);
    return counted ? (body as JsonObject) : undefined;
  } finally {
    deadline.end();
  }
}

function countUrl(target: Target, query: string): string {
  const [path, ownQuery] = target.url(false, '').split('?');
  const search = ownQuery === undefined ? query : `?${ownQuery}`;
  return `${path}/count_tokens${search}`;
}
